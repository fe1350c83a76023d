package lanewise.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanewise.error.EnvironmentException;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// A program that measures a peer: reads one JSON request from its input, writes one JSON answer to
/// its output, and ends. What it says on stderr is told only if it fails.
final class PeerProcess {

  private static final long LIMIT_SECONDS = 900;

  private PeerProcess() {}

  /// Runs the program once.
  ///
  /// @param name of the peer, for messages
  /// @throws EnvironmentException if it fails, does not end or answers nonsense
  static Map<String, Object> ask(String name, List<String> command, Map<String, Object> request) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("lanewise-peer");
      Path input = folder.resolve("request.json");
      Path output = folder.resolve("answer.json");
      Path errors = folder.resolve("errors.log");
      Files.writeString(input, Json.write(request));
      Process process =
          new ProcessBuilder(command)
              .redirectInput(input.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      int code = exitCode(name, process);
      if (code != 0) {
        throw new EnvironmentException(
            "%s failed with exit code %d: %s".formatted(name, code, lastLine(errors)));
      }
      return Json.parseObject(Files.readString(output));
    } catch (JsonException e) {
      throw new EnvironmentException("%s gave no figures: %s".formatted(name, e.getMessage()));
    } catch (IOException e) {
      throw new EnvironmentException("%s did not start: %s".formatted(name, e.getMessage()));
    } finally {
      delete(folder);
    }
  }

  /// A figure of an answer.
  static double figure(String name, Map<String, Object> answer, String key) {
    if (answer.get(key) instanceof Number number) {
      return number.doubleValue();
    }
    throw new EnvironmentException("%s gave no figures: no %s".formatted(name, key));
  }

  private static int exitCode(String name, Process process) {
    try {
      if (process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue();
      }
      throw new EnvironmentException("%s did not end within %d s".formatted(name, LIMIT_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentException("interrupted while %s was measured".formatted(name));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String lastLine(Path log) throws IOException {
    return Files.readString(log)
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((before, line) -> line)
        .orElse("no reason given");
  }

  /// Deletes a folder of files, if there is one.
  static void delete(Path folder) {
    if (folder == null) {
      return;
    }
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
