package lanewise.storage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import lanewise.error.StorageException;

/// Turns what the operating system says into one line: which file, what happened, what to do.
final class FileFailures {

  private FileFailures() {}

  static StorageException reading(Path file, IOException cause) {
    return new StorageException("Cannot read %s: %s".formatted(file, explain(cause)), cause);
  }

  static StorageException writing(Path file, IOException cause) {
    return new StorageException(
        "Cannot write %s: %s; what the file held before is kept".formatted(file, explain(cause)),
        cause);
  }

  private static String explain(IOException cause) {
    String reason = reason(cause);
    if (contains(reason, "no space left") || contains(reason, "not enough space")) {
      return "no space left on the disk; free some space or choose another folder";
    } else if (contains(reason, "quota")) {
      return "the disk quota is used up; free some space or choose another folder";
    } else if (contains(reason, "permission denied") || cause instanceof AccessDeniedException) {
      return "permission denied; change the permissions or choose another folder";
    } else if (contains(reason, "read-only")) {
      return "the file system is read-only; choose another folder";
    } else if (cause instanceof NoSuchFileException) {
      return "there is no such file; check the path";
    }
    return reason + "; check the path and the disk";
  }

  private static String reason(IOException cause) {
    String reason =
        cause instanceof FileSystemException failure ? failure.getReason() : cause.getMessage();
    return reason == null
        ? cause.getClass().getSimpleName()
        : reason.lines().findFirst().orElse("");
  }

  private static boolean contains(String text, String part) {
    return text.toLowerCase(Locale.ROOT).contains(part);
  }
}
