package lanewise.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.error.EnvironmentException;
import lanewise.network.Network;
import lanewise.storage.Json;
import lanewise.storage.SafeTensorsReader;

/// What PyTorch computes for a network with weights that it draws: a file that
/// `bench/peers/torch_reference.py` writes, in a folder that goes away with this.
final class PeerReference implements AutoCloseable {

  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");
  private static final List<String> SCRIPTS = List.of("torch_peer.py", "torch_reference.py");

  private final String python;
  private final Path folder;
  private final Map<String, Object> request = new LinkedHashMap<>();

  private PeerReference(String python, Network network, int batch, long seed) throws IOException {
    this.python = python;
    folder = Files.createTempDirectory("lanewise-reference");
    request.put("network", NetworkJson.of(network));
    request.put("names", network.nodes().stream().map(Network.Node::name).toList());
    request.put("seed", seed);
    request.put("batch", batch);
    request.put("output", file().toString());
    for (String script : SCRIPTS) {
      try (InputStream in = PeerReference.class.getResourceAsStream("peers/" + script)) {
        Files.copy(in, folder.resolve(script));
      }
    }
  }

  /// Lets PyTorch compute the reference.
  ///
  /// @throws EnvironmentException if there is no PyTorch, or it fails; it says why on stderr
  static PeerReference compute(Network network, int batch, long seed) {
    String python =
        PYTHONS.stream()
            .filter(PeerReference::hasTorch)
            .findFirst()
            .orElseThrow(
                () ->
                    new EnvironmentException(
                        "PyTorch was not found through python3: install it (apt-get install"
                            + " python3-torch, or pip install torch), then run this again"));
    try {
      PeerReference reference = new PeerReference(python, network, batch, seed);
      try {
        reference.run();
        return reference;
      } catch (IOException | RuntimeException e) {
        reference.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Computes again from the same weights; ReLUs and max poolings choose as ours did.
  ///
  /// @param choices as [PeerDifferences#choices()] gives them
  void recompute(byte[] choices) {
    try {
      Path file = folder.resolve("choices");
      Files.write(file, choices);
      request.put("choices", file.toString());
      run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void run() throws IOException {
    Path input = folder.resolve("request.json");
    Files.writeString(input, Json.write(request));
    Process process =
        new ProcessBuilder(python, "-B", folder.resolve(SCRIPTS.getLast()).toString())
            .redirectInput(input.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (exitCode(process) != 0) {
      throw new EnvironmentException("PyTorch failed; the last lines above say why");
    }
  }

  private Path file() {
    return folder.resolve("reference.safetensors");
  }

  SafeTensorsReader open() {
    return SafeTensorsReader.open(file());
  }

  private static boolean hasTorch(String python) {
    try {
      return exitCode(
              new ProcessBuilder(python, "-c", "import torch")
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .redirectError(ProcessBuilder.Redirect.DISCARD)
                  .start())
          == 0;
    } catch (IOException _) {
      return false; // no such Python
    }
  }

  private static int exitCode(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new EnvironmentException("interrupted while PyTorch computed");
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
