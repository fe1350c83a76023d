package lanewise.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.data.Normalization;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// A trained network at work: images in, classes out.
///
/// ```java
/// try (Classifier classifier = Classifier.load(Path.of("best.safetensors"), network)) {
///   System.out.println(classifier.classify(pixels, 5));
/// }
/// ```
///
/// Class names and normalization come from the checkpoint. Images are plain C x H x W: all of the
/// first channel row by row, then the next.
///
/// Safe to share between threads; they take turns. For several images at the same time, load one
/// per thread.
public final class Classifier implements AutoCloseable {

  private final Memory memory;
  private final Parallel parallel;
  private final Network network;
  private final List<String> classNames;
  private final float[] mean;
  private final float[] std;
  private final Program program;
  private final float[] input;

  private Classifier(Checkpoint checkpoint, Network network, Memory memory, Parallel parallel) {
    this.memory = memory;
    this.parallel = parallel;
    this.network = network;
    classNames = checkpoint.info().classNames();
    Normalization normalization = checkpoint.info().normalization();
    mean = normalization.mean();
    std = normalization.std();
    if (network.output().elements() != classNames.size()
        || network.input().channels() != normalization.channels()) {
      throw new InvalidModelException(
          "%s is for %d classes and %d channels, %s has %s and %d"
              .formatted(
                  checkpoint.file(),
                  classNames.size(),
                  normalization.channels(),
                  network.name(),
                  network.output(),
                  network.input().channels()));
    }
    Parameters parameters = Parameters.create(network, memory, 0);
    checkpoint.load(parameters);
    program = Program.compile(network, 1, Mode.INFERENCE, parameters, memory, parallel);
    input = new float[Math.toIntExact(network.input().elements())];
  }

  /// Loads a checkpoint, to classify on the calling thread alone.
  ///
  /// @param network the network that was trained
  /// @throws InvalidModelException if the checkpoint is damaged or of another model
  /// @throws lanewise.error.StorageException if it cannot be read
  public static Classifier load(Path checkpoint, Network network) {
    return load(checkpoint, network, 1);
  }

  /// Loads a checkpoint.
  ///
  /// @param network the network that was trained
  /// @param threads threads that share the work of an image, the caller's included
  /// @throws InvalidModelException if the checkpoint is damaged or of another model
  /// @throws lanewise.error.StorageException if it cannot be read
  public static Classifier load(Path checkpoint, Network network, int threads) {
    Memory memory = Memory.withDefaultBudget();
    Parallel parallel = new Parallel(threads);
    try (Checkpoint saved = Checkpoint.open(checkpoint)) {
      return new Classifier(saved, network, memory, parallel);
    } catch (RuntimeException | Error e) {
      parallel.close();
      memory.close();
      throw e;
    }
  }

  /// The names of the classes, in the order of the labels.
  public List<String> classNames() {
    return classNames;
  }

  /// The shape of an image.
  public Shape imageShape() {
    return network.input();
  }

  /// The probability of every class.
  ///
  /// @param image C x H x W, one unsigned byte per value
  /// @throws IllegalArgumentException if it is not as large as [#imageShape()]
  /// @throws NumericException if the network gives numbers that are not finite
  public synchronized float[] probabilities(byte[] image) {
    requireLength(image.length);
    int plane = network.input().pixels();
    for (int i = 0; i < image.length; i++) {
      input[i] = ((image[i] & 0xFF) / 255f - mean[i / plane]) / std[i / plane];
    }
    return run();
  }

  /// The probability of every class.
  ///
  /// @param image C x H x W, values from 0 (black) to 1; they are normalized here
  /// @throws IllegalArgumentException if it is not as large as [#imageShape()]
  /// @throws NumericException if the network gives numbers that are not finite
  public synchronized float[] probabilities(float[] image) {
    requireLength(image.length);
    int plane = network.input().pixels();
    for (int i = 0; i < image.length; i++) {
      input[i] = (image[i] - mean[i / plane]) / std[i / plane];
    }
    return run();
  }

  /// The most probable classes, best first; of equal ones the lower label first.
  ///
  /// @param image see [#probabilities(byte[])]
  /// @param count how many; all if there are fewer
  public List<Prediction> classify(byte[] image, int count) {
    return best(probabilities(image), count);
  }

  /// The most probable classes, best first; of equal ones the lower label first.
  ///
  /// @param image see [#probabilities(float[])]
  /// @param count how many; all if there are fewer
  public List<Prediction> classify(float[] image, int count) {
    return best(probabilities(image), count);
  }

  private void requireLength(int length) {
    if (length != input.length) {
      throw new IllegalArgumentException(
          "an image of %d values, %s takes %s: %d"
              .formatted(length, network.name(), network.input(), input.length));
    }
  }

  private float[] run() {
    program.setInput(input, 1);
    program.forward();
    Tensor logits = program.outputs().get(0);
    int classes = classNames.size();
    double max = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      max = Math.max(max, logits.get(0, k, 0, 0));
    }
    double sum = 0;
    double[] powers = new double[classes];
    for (int k = 0; k < classes; k++) {
      powers[k] = Math.exp(logits.get(0, k, 0, 0) - max);
      sum += powers[k];
    }
    if (!Double.isFinite(sum)) {
      throw new NumericException(
          "%s: the scores of an image are not finite; %s"
              .formatted(network.name(), Evaluator.source(program)));
    }
    float[] probabilities = new float[classes];
    for (int k = 0; k < classes; k++) {
      probabilities[k] = (float) (powers[k] / sum);
    }
    return probabilities;
  }

  private List<Prediction> best(float[] probabilities, int count) {
    List<Prediction> all = new ArrayList<>();
    for (int k = 0; k < probabilities.length; k++) {
      all.add(new Prediction(k, classNames.get(k), probabilities[k]));
    }
    all.sort((a, b) -> Float.compare(b.probability(), a.probability()));
    return List.copyOf(all.subList(0, Math.min(count, all.size())));
  }

  /// Frees the memory and stops the threads. Closing twice does nothing.
  @Override
  public synchronized void close() {
    parallel.close();
    memory.close();
  }
}
