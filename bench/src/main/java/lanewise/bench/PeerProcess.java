package lanewise.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanewise.error.EnvironmentException;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// A program that measures: it reads JSON requests from its input, a line each, writes a line of
/// JSON to its output for each, and ends with its input. What it says on stderr is told only if it
/// fails.
final class PeerProcess implements AutoCloseable {

  private static final long LIMIT_SECONDS = 900;
  private static final Executor LIMIT =
      CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS);

  private final String name;
  private final Path errors;
  private final Process process;
  private final Writer requests;
  private final BufferedReader answers;

  /// Starts the program.
  ///
  /// @param name of the peer, for messages
  /// @throws EnvironmentException if it does not start
  PeerProcess(String name, List<String> command) {
    this.name = name;
    try {
      errors = Files.createTempFile("lanewise-peer", ".log");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    } catch (IOException e) {
      deleteErrors();
      throw new EnvironmentException("%s did not start: %s".formatted(name, e.getMessage()));
    }
    requests = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /// Runs a program for one request.
  ///
  /// @throws EnvironmentException if it fails, does not end or answers nonsense
  static Map<String, Object> ask(String name, List<String> command, Map<String, Object> request) {
    try (PeerProcess process = new PeerProcess(name, command)) {
      return process.ask(request);
    }
  }

  /// The answer to a request.
  ///
  /// @throws EnvironmentException if the program fails, does not answer or answers nonsense
  Map<String, Object> ask(Map<String, Object> request) {
    String answer = line(request);
    if (answer == null) {
      throw failure();
    }
    try {
      return Json.parseObject(answer);
    } catch (JsonException e) {
      throw new EnvironmentException("%s gave no figures: %s".formatted(name, e.getMessage()));
    }
  }

  private String line(Map<String, Object> request) {
    CompletableFuture<Void> limit = CompletableFuture.runAsync(process::destroyForcibly, LIMIT);
    try {
      requests.write(Json.write(request) + "\n");
      requests.flush();
      return answers.readLine();
    } catch (IOException _) {
      return null; // it has ended; its exit code says more
    } finally {
      limit.cancel(false);
    }
  }

  private EnvironmentException failure() {
    try {
      if (process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        return new EnvironmentException(
            "%s failed with exit code %d: %s".formatted(name, process.exitValue(), lastError()));
      }
      return new EnvironmentException("%s did not end in %d s".formatted(name, LIMIT_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new EnvironmentException("interrupted while %s was measured".formatted(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String lastError() throws IOException {
    return Files.readString(errors)
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((before, line) -> line)
        .orElse("no reason given");
  }

  @Override
  public void close() {
    process.destroyForcibly();
    deleteErrors();
  }

  private void deleteErrors() {
    try {
      Files.deleteIfExists(errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Deletes a folder of files.
  static void delete(Path folder) {
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
