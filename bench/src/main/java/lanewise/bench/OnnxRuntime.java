package lanewise.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lanewise.bench.onnx.OnnxModel;
import lanewise.choice.ConvChooser;
import lanewise.error.EnvironmentException;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;

/// ONNX Runtime: inference of an ONNX model with our weights, in a file that is kept until another
/// network comes.
final class OnnxRuntime implements Peer {

  /// Of the largest output.
  static final double TOLERANCE = 1e-3;

  private static final long WEIGHTS_SEED = 1;
  private static final long IMAGES_SEED = 2;

  private final JavaPeer program;
  private final Path folder;
  private final Path model;
  private String written = "";

  OnnxRuntime(JavaPeer program) {
    this.program = program;
    try {
      folder = Files.createTempDirectory("lanewise-onnx");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    model = folder.resolve("model.onnx");
  }

  @Override
  public String name() {
    return program.name();
  }

  @Override
  public Set<Suite> suites() {
    return Set.of(Suite.INFERENCE);
  }

  @Override
  public void prepare(Network network) {
    if (written.equals(network.name())) {
      return;
    }
    written = "";
    try (Memory memory = Memory.withDefaultBudget()) {
      OnnxModel.write(network, parameters(network, memory), model);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    written = network.name();
  }

  /// Parameters with statistics and scales that differ from channel to channel, so that a mistake
  /// with them shows.
  static Parameters parameters(Network network, Memory memory) {
    Parameters parameters = Parameters.create(network, memory, WEIGHTS_SEED);
    long seed = WEIGHTS_SEED;
    for (Parameters.Entry entry : parameters.entries()) {
      if (entry.parameter().shape().size() > 1) {
        continue; // weights of convolutions and linear layers
      }
      String name = entry.name().substring(entry.name().lastIndexOf('.') + 1);
      boolean positive = name.equals("running_var") || name.equals("weight");
      float[] values = Noise.values(seed++, entry.parameter().elements());
      for (int i = 0; i < values.length; i++) {
        values[i] = (positive ? 1 : 0) + 0.1f * Math.clamp(values[i], -3, 3);
      }
      parameters.set(entry.name(), values);
    }
    return parameters;
  }

  @Override
  public Optional<String> compareOutputs(
      Network network, int batch, int threads, ConvChooser chooser) {
    prepare(network);
    float[] images = Noise.values(IMAGES_SEED, batch * network.input().elements());
    Path input = folder.resolve("input");
    Path output = folder.resolve("output");
    write(input, images);
    Map<String, Object> request = request("outputs", network.input(), batch);
    request.put("images", input.toString());
    request.put("outputs", output.toString());
    program.ask(request, threads);
    double apart = distance(ours(network, images, batch, threads, chooser), read(output));
    if (!(apart <= TOLERANCE)) {
      throw new EnvironmentException(
          Text.format(
              "%s computes other outputs than ours for %s: %.1e of the largest apart, at most"
                  + " %.0e is allowed",
              name(), network.name(), apart, TOLERANCE));
    }
    return Optional.of(Text.format("outputs agree with ours to %.1e of the largest", apart));
  }

  private static float[] ours(
      Network network, float[] images, int batch, int threads, ConvChooser chooser) {
    try (Memory memory = Memory.withDefaultBudget();
        Parallel parallel = new Parallel(threads)) {
      Parameters parameters = parameters(network, memory);
      Program program =
          Program.compile(network, batch, Mode.INFERENCE, parameters, memory, parallel, chooser);
      program.setInput(images, batch);
      program.forward();
      return program.outputs().get(0).toArray();
    }
  }

  /// Largest difference, in units of the largest value of ours; infinite where one is not finite.
  static double distance(float[] ours, float[] theirs) {
    if (ours.length != theirs.length) {
      return Double.POSITIVE_INFINITY;
    }
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < ours.length; i++) {
      difference = Math.max(difference, Math.abs((double) ours[i] - theirs[i])); // NaN stays
      largest = Math.max(largest, Math.abs(ours[i]));
    }
    return Double.isFinite(difference) ? difference / largest : Double.POSITIVE_INFINITY;
  }

  @Override
  public Contestant model(Suite suite, Network network, int batch, int threads) {
    prepare(network);
    return program.start(request("inference", network.input(), batch), threads, batch);
  }

  private Map<String, Object> request(String task, Shape input, int batch) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", task);
    request.put("model", model.toString());
    request.put("shape", List.of(batch, input.channels(), input.height(), input.width()));
    return request;
  }

  private static void write(Path file, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    try {
      Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] read(Path file) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      float[] values = new float[bytes.capacity() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      return values;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    PeerProcess.delete(folder);
  }
}
