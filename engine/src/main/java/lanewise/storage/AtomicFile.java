package lanewise.storage;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import lanewise.error.StorageException;

/// Replaces a file as a whole or not at all.
///
/// The bytes go to a temporary file in the same folder, are forced to the disk, and the file is
/// then renamed over its target. Whoever looks, at any moment and after a kill or a power failure
/// at any moment, finds the old file or the new one, complete. An interrupt of the writing thread
/// does not stop it.
public final class AtomicFile {

  /// A temporary file that nobody has written to for so long belongs to a process that was killed.
  private static final Duration ABANDONED = Duration.ofDays(1);

  private static final String PREFIX = ".lanewise-";
  private static final String SUFFIX = ".tmp";

  private AtomicFile() {}

  /// What the file will hold.
  @FunctionalInterface
  public interface Content {

    /// Writes all bytes of the file; need not flush or close.
    void writeTo(OutputStream out) throws IOException;
  }

  /// Writes the file, or leaves it as it was. If it is a symbolic link, the file it points to is
  /// replaced. Safe to call from several threads and processes: the last one to finish wins.
  ///
  /// @throws StorageException if the folder is missing, access is denied, the disk is full, or
  ///     `target` is anything but a file; what `content` throws besides an IOException comes
  ///     through unchanged
  public static void write(Path target, Content content) {
    Path file = resolve(target);
    Path folder = file.getParent();
    removeAbandoned(folder);
    Path temporary = folder.resolve(PREFIX + UUID.randomUUID() + SUFFIX);
    try {
      fill(temporary, content);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw FileFailures.writing(target, failure);
    } finally {
      deleteQuietly(temporary); // after a successful move there is nothing left to delete
    }
    syncFolder(folder);
  }

  private static Path resolve(Path target) {
    Path file = target.toAbsolutePath();
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      try {
        file = file.toRealPath();
      } catch (IOException failure) {
        throw FileFailures.writing(target, failure);
      }
      if (!Files.isRegularFile(file)) {
        throw new StorageException(
            "Cannot write %s: it is %s; choose another name"
                .formatted(target, Files.isDirectory(file) ? "a folder" : "not a regular file"));
      }
    } else if (!Files.isDirectory(file.getParent())) {
      throw new StorageException(
          "Cannot write %s: %s; create the folder or choose another"
              .formatted(
                  target,
                  file.getParent()
                      + (Files.exists(file.getParent()) ? " is not a folder" : " does not exist")));
    }
    return file;
  }

  private static void fill(Path temporary, Content content) throws IOException {
    // a plain stream, not a channel: an interrupt would close a channel in the middle
    try (var file = new FileOutputStream(temporary.toFile())) {
      var out =
          new BufferedOutputStream(file, 1 << 16) {
            @Override
            public void close() throws IOException {
              flush(); // a content that closes its stream must not close the file before the sync
            }
          };
      content.writeTo(out);
      out.flush();
      file.getFD().sync();
    }
  }

  /// Forces the new name to the disk. Some file systems (and Windows) cannot; the file is in place
  /// and complete all the same, so that is no failure.
  private static void syncFolder(Path folder) {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException unsupported) {
      return;
    }
  }

  private static void removeAbandoned(Path folder) {
    FileTime limit = FileTime.from(Instant.now().minus(ABANDONED));
    try (DirectoryStream<Path> leftovers =
        Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      for (Path leftover : leftovers) {
        if (Files.getLastModifiedTime(leftover).compareTo(limit) < 0) {
          Files.delete(leftover);
        }
      }
    } catch (IOException | DirectoryIteratorException cannotClean) {
      return; // tidying is a courtesy; writing itself reports what is wrong with the folder
    }
  }

  private static void deleteQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException stillThere) {
      return; // the failure that led here is the one worth reporting
    }
  }
}
