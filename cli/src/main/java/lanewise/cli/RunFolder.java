package lanewise.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import lanewise.error.StorageException;
import lanewise.storage.Json;

/// The folder of one training run: its checkpoints and its log.
///
/// @param path the folder
record RunFolder(Path path) {

  /// Where runs go unless the user says otherwise.
  static final Path RUNS = Path.of("runs");

  private static final String LAST = "last.safetensors";
  private static final String BEST = "best.safetensors";
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  /// A folder of its own for a run that starts now: `runs/MODEL-DATE-TIME`.
  static RunFolder named(String model, LocalDateTime now) {
    String name = model + "-" + STAMP.format(now);
    Path path = RUNS.resolve(name);
    for (int i = 2; Files.exists(path); i++) {
      path = RUNS.resolve(name + "-" + i);
    }
    return new RunFolder(path);
  }

  /// The checkpoint of the run's last epoch, or of where it was stopped.
  Path last() {
    return path.resolve(LAST);
  }

  /// The checkpoint of the epoch with the best validation accuracy.
  Path best() {
    return path.resolve(BEST);
  }

  /// One JSON object per line: the settings, every epoch, the end.
  Path log() {
    return path.resolve("log.jsonl");
  }

  /// Makes the folder and tries whether it can be written to: better now than after an epoch.
  ///
  /// @throws StorageException if not
  void prepare() {
    try {
      Files.createDirectories(path);
      Files.writeString(log(), "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new StorageException(
          "the output folder %s cannot be written (%s): choose another with --output"
              .formatted(path, reason(e)),
          e);
    }
  }

  /// What the operating system says, without the path that the message has already.
  private static String reason(IOException e) {
    return e instanceof FileSystemException failure && failure.getReason() != null
        ? failure.getReason()
        : e.getClass().getSimpleName();
  }

  /// Adds a line to the log.
  ///
  /// @throws StorageException if it cannot be written
  void append(Map<String, Object> event) {
    try {
      Files.writeString(
          log(), Json.write(event) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new StorageException(
          "%s cannot be written (%s): the checkpoints beside it are kept"
              .formatted(log(), reason(e)),
          e);
    }
  }

  /// The checkpoint file that a user means: the file itself, or in a folder the one of the last
  /// step.
  static Path lastIn(Path named) {
    return Files.isDirectory(named) ? named.resolve(LAST) : named;
  }

  /// The checkpoint file that a user means: the file itself, or in a folder the best one.
  static Path bestIn(Path named) {
    if (!Files.isDirectory(named)) {
      return named;
    }
    Path best = named.resolve(BEST);
    return Files.exists(best) ? best : named.resolve(LAST);
  }

  /// The last checkpoint of the run that was saved most recently.
  static Optional<Path> newest() {
    if (!Files.isDirectory(RUNS)) {
      return Optional.empty();
    }
    try (Stream<Path> folders = Files.list(RUNS)) {
      return folders
          .map(folder -> folder.resolve(LAST))
          .filter(Files::isRegularFile)
          .max(Comparator.comparing(RunFolder::modified));
    } catch (IOException e) {
      throw new StorageException(RUNS + " cannot be read: " + e, e);
    }
  }

  private static FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // deleted in the meantime
    }
  }
}
