package lanewise.train;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import lanewise.choice.ConvChooser;
import lanewise.data.Batch;
import lanewise.data.BatchOptions;
import lanewise.data.Batches;
import lanewise.data.Dataset;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;

/// Measures a network on data sets: loss, top-1 and top-5.
///
/// ```java
/// try (Evaluator evaluator = Evaluator.load(checkpoint, network, 128, threads)) {
///   Evaluation evaluation = evaluator.evaluate(dataset);
/// }
/// ```
///
/// Not safe to share between threads.
public final class Evaluator implements AutoCloseable {

  private final Program program;
  private final SoftmaxCrossEntropy.Bound loss;
  private final BatchOptions options;
  private final Runnable release;

  /// Shares what it is given, and so measures the parameters as they are at the time.
  ///
  /// @param release what closing does
  Evaluator(
      Network network,
      BatchOptions options,
      Parameters parameters,
      Memory memory,
      Parallel parallel,
      ConvChooser chooser,
      Runnable release) {
    this.options = options;
    this.release = release;
    program =
        Program.compile(
            network, options.batchSize(), Mode.INFERENCE, parameters, memory, parallel, chooser);
    loss = new SoftmaxCrossEntropy(0).bind(program.outputs().get(0), null, 1, parallel);
  }

  /// Loads a checkpoint, to measure it within 80 % of the memory that is free; convolutions run as
  /// the fixed rule says.
  ///
  /// @see #load(Path, Network, int, int, ConvChooser)
  public static Evaluator load(Path checkpoint, Network network, int batch, int threads) {
    return load(checkpoint, network, batch, threads, ConvChooser.rule());
  }

  /// Loads a checkpoint, to measure it within 80 % of the memory that is free.
  ///
  /// @param chooser chooses the algorithms of convolutions
  /// @see #load(Path, Network, int, int, long)
  public static Evaluator load(
      Path checkpoint, Network network, int batch, int threads, ConvChooser chooser) {
    return load(checkpoint, network, batch, threads, Memory.withDefaultBudget(), chooser);
  }

  /// Loads a checkpoint, to measure it; images are normalized as it says.
  ///
  /// @param network the network that was trained
  /// @param batch images at a time; the figures depend on it no more than by rounding
  /// @param threads threads that compute, the caller's included
  /// @param memoryBudget bytes of off-heap memory that it may use
  /// @throws InvalidModelException if the checkpoint is damaged or of another model
  /// @throws lanewise.error.StorageException if it cannot be read
  /// @throws lanewise.error.MemoryBudgetException if the batch does not fit into the budget
  public static Evaluator load(
      Path checkpoint, Network network, int batch, int threads, long memoryBudget) {
    return load(checkpoint, network, batch, threads, memoryBudget, ConvChooser.rule());
  }

  /// Loads a checkpoint, to measure it.
  ///
  /// @param chooser chooses the algorithms of convolutions
  /// @see #load(Path, Network, int, int, long)
  public static Evaluator load(
      Path checkpoint,
      Network network,
      int batch,
      int threads,
      long memoryBudget,
      ConvChooser chooser) {
    return load(checkpoint, network, batch, threads, Memory.withBudget(memoryBudget), chooser);
  }

  /// Bytes of off-heap memory that measuring needs: parameters and the buffers of inference.
  /// Nothing is allocated.
  ///
  /// @param chooser the one that the evaluator will get
  public static long memoryBytes(Network network, int batch, int threads, ConvChooser chooser) {
    return Parameters.bytes(network)
        + Program.plan(network, batch, Mode.INFERENCE, threads, chooser).bytes();
  }

  private static Evaluator load(
      Path file, Network network, int batch, int threads, Memory memory, ConvChooser chooser) {
    Parallel parallel = new Parallel(threads);
    Runnable release =
        () -> {
          parallel.close();
          memory.close();
        };
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      BatchOptions options = BatchOptions.evaluation(batch, checkpoint.info().normalization());
      Parameters parameters = Parameters.create(network, memory, 0);
      checkpoint.load(parameters);
      return new Evaluator(network, options, parameters, memory, parallel, chooser, release);
    } catch (RuntimeException | Error e) {
      release.run();
      throw e;
    }
  }

  /// Measures all images of a data set.
  ///
  /// @throws InvalidModelException if images or classes are not those of the network
  /// @throws NumericException if the loss is not finite; names the layer
  public Evaluation evaluate(Dataset dataset) {
    return evaluate(dataset, () -> false).orElseThrow();
  }

  /// The same, but gives up between two batches as soon as it is told to stop.
  ///
  /// @return nothing if it was stopped
  Optional<Evaluation> evaluate(Dataset dataset, BooleanSupplier stop) {
    requireMatch(program.network(), dataset);
    long start = System.nanoTime();
    double lossSum = 0;
    int top1 = 0;
    int top5 = 0;
    try (Batches batches = Batches.of(dataset, options)) {
      for (batches.start(0, 0); batches.hasNext(); ) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        Batch batch = batches.next();
        program.setInput(batch.images(), batch.size());
        program.forward();
        lossSum += loss.compute(batch.labels(), batch.size()) * batch.size();
        top1 += loss.top1();
        top5 += loss.top5();
        if (!Double.isFinite(lossSum)) {
          throw new NumericException(
              "evaluation on %s: the loss is %s; %s"
                  .formatted(dataset.name(), lossSum, source(program)));
        }
      }
    }
    double images = dataset.size();
    double seconds = (System.nanoTime() - start) * 1e-9;
    return Optional.of(
        new Evaluation(dataset.size(), lossSum / images, top1 / images, top5 / images, seconds));
  }

  /// @throws InvalidModelException unless the network takes such images and knows so many classes
  static void requireMatch(Network network, Dataset dataset) {
    if (!network.input().equals(dataset.shape())
        || network.output().elements() != dataset.classes()) {
      throw new InvalidModelException(
          "%s takes %s and gives %s classes, but %s has images of %s in %d classes"
              .formatted(
                  network.name(),
                  network.input(),
                  network.output(),
                  dataset.name(),
                  dataset.shape(),
                  dataset.classes()));
    }
  }

  /// Where the first value that is not finite comes from, in words.
  static String source(Program program) {
    return program
        .firstNonFinite()
        .map(layer -> "the first value that is not finite comes from " + layer)
        .orElse("all layers are finite");
  }

  /// Frees the memory and stops the threads, if they are its own. Closing twice does nothing.
  @Override
  public void close() {
    release.run();
  }
}
