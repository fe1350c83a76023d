package lanewise.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import lanewise.error.EnvironmentException;
import lanewise.kernel.ConvSpec;
import lanewise.network.Network;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// PyTorch as a peer: a Python process per measurement, running `bench/peers/torch_peer.py`.
final class TorchPeer implements AutoCloseable {

  static final String HOW_TO_INSTALL =
      "PyTorch was not found through python3: install it (apt-get install python3-torch, or pip"
          + " install torch), then run this again; measuring ours alone";

  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");
  private static final long START_SECONDS = 120;
  private static final long LIMIT_SECONDS = 600;

  private final String python;
  private final String version;
  private final Path script;

  private TorchPeer(String python, String version) throws IOException {
    this.python = python;
    this.version = version;
    script = Files.createTempFile("lanewise-torch-peer", ".py");
    try (InputStream in = TorchPeer.class.getResourceAsStream("peers/torch_peer.py")) {
      Files.write(script, in.readAllBytes());
    }
  }

  /// PyTorch, if one of the Pythons of this machine has it.
  static Optional<TorchPeer> find() {
    for (String python : PYTHONS) {
      try {
        Process process =
            new ProcessBuilder(python, "-c", "import torch; print(torch.__version__)")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String version = output(process, START_SECONDS);
        if (process.exitValue() == 0) {
          return Optional.of(new TorchPeer(python, version));
        }
      } catch (IOException _) {
        // no such Python: the next one
      }
    }
    return Optional.empty();
  }

  /// `PyTorch 2.7.1`.
  String name() {
    return "PyTorch " + version;
  }

  /// Images a second of a training step.
  double step(Network network, int batch, int threads, double seconds) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", "step");
    request.put("network", NetworkJson.of(network));
    return ask(request, batch, threads, seconds, "images_per_s")[0];
  }

  /// GFLOP/s of a convolution, forward and backward.
  ///
  /// @param first whether the gradient of the input is not wanted
  double[] layer(ConvSpec spec, boolean first, int batch, int threads, double seconds) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", "layer");
    request.put("linear", spec.input().isVector() && spec.kernelHeight() == 1);
    request.put("input", List.of(spec.channels(), spec.height(), spec.width()));
    request.put("filters", spec.filters());
    request.put("kernel", spec.kernelHeight());
    request.put("stride", spec.stride());
    request.put("padding", spec.padding());
    request.put("groups", spec.groups());
    request.put("first", first);
    double perImage = 2e-9 * spec.multiplyAdds();
    double[] images = ask(request, batch, threads, seconds, "forward_per_s", "backward_per_s");
    return new double[] {images[0] * perImage, images[1] * perImage * (first ? 1 : 2)};
  }

  private double[] ask(
      Map<String, Object> request, int batch, int threads, double seconds, String... answers) {
    request.put("batch", batch);
    request.put("threads", threads);
    request.put("seconds", seconds);
    Path errors = null;
    try {
      errors = Files.createTempFile("lanewise-torch-peer", ".log");
      Process process =
          new ProcessBuilder(python, script.toString()).redirectError(errors.toFile()).start();
      process.getOutputStream().write(Json.write(request).getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      String answer = output(process, LIMIT_SECONDS);
      if (process.exitValue() != 0) {
        List<String> lines = Files.readAllLines(errors);
        throw new EnvironmentException(
            "%s failed: %s"
                .formatted(name(), lines.isEmpty() ? "no reason given" : lines.getLast()));
      }
      Map<String, Object> object = Json.parseObject(answer);
      double[] values = new double[answers.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = Json.get(object, answers[i], Double.class);
      }
      return values;
    } catch (JsonException e) {
      throw new EnvironmentException("%s gave no figures: %s".formatted(name(), e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(errors);
    }
  }

  /// What a process writes until it ends.
  private static String output(Process process, long seconds) throws IOException {
    try (InputStream in = process.getInputStream()) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new EnvironmentException("the peer did not end within %d s".formatted(seconds));
      }
      return text;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new EnvironmentException("interrupted while a peer was measured");
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    delete(script);
  }
}
