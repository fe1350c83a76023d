package lanewise.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import lanewise.error.DataException;
import lanewise.error.StorageException;

/// Fetches a file whose size and MD5 are known. It grows as `NAME.part` next to its place; a
/// transfer that breaks goes on where it stopped, at once or in a later run. Only after size and
/// MD5 are right does it move into its place, in one step.
///
/// Immutable, safe to share between threads; of several that fetch into the same folder, in one
/// process or many, one works and the others fail with a message.
public final class Download {

  private static final int BUFFER = 1 << 16;
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final int FRUITLESS_ATTEMPTS = 3;
  private static final int PAUSE_MILLIS = 1000;

  private final RemoteFile file;
  private final Progress progress;
  private final int timeoutMillis;
  private final int pauseMillis;

  /// Is told how far a download has come, from the thread that downloads, after every few
  /// kilobytes.
  @FunctionalInterface
  public interface Progress {

    /// @param done bytes that are here, those of earlier runs included
    /// @param total bytes of the whole file
    void report(long done, long total);
  }

  /// A download that tells `progress` how far it has come.
  public Download(RemoteFile file, Progress progress) {
    this(file, progress, TIMEOUT_MILLIS, PAUSE_MILLIS);
  }

  Download(RemoteFile file, Progress progress, int timeoutMillis, int pauseMillis) {
    this.file = file;
    this.progress = progress;
    this.timeoutMillis = timeoutMillis;
    this.pauseMillis = pauseMillis;
  }

  /// Brings the file into `folder`, which is made if it is missing. A file that is there already
  /// and is the right one is kept; a wrong one is left alone and reported.
  ///
  /// @return the file in its place
  /// @throws StorageException if the connection fails for good or the disk has no room; what has
  ///     come stays for the next run
  /// @throws DataException if the content is not the expected one, or the address is not acceptable
  public Path to(Path folder) {
    Path target = folder.resolve(file.name());
    Path part = folder.resolve(file.name() + ".part");
    try {
      Files.createDirectories(folder);
      if (Files.exists(target)) {
        requireRight(target);
        return target;
      }
      String md5 = fetch(part);
      if (!md5.equals(file.md5())) {
        Files.delete(part);
        throw new DataException(
            "%s: the content has MD5 %s, not %s, and was discarded: try again or another address"
                .formatted(file.address(), md5, file.md5()));
      }
      return Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StorageException(folder + " cannot be written: " + e, e);
    }
  }

  private void requireRight(Path target) throws IOException {
    try (FileChannel channel = FileChannel.open(target)) {
      if (channel.size() != file.size() || !md5(channel).equals(file.md5())) {
        throw new DataException(
            "%s is there, but is not the file of %s: move it away to download that"
                .formatted(target, file.address()));
      }
    }
  }

  /// Completes the partial file.
  ///
  /// @return its MD5
  private String fetch(Path part) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      try (FileLock _ = lock(channel, part)) {
        if (channel.size() > file.size()) {
          channel.truncate(0);
        }
        requireRoom(part, file.size() - channel.size());
        transfer(channel, part);
        channel.force(true);
        return md5(channel);
      }
    }
  }

  private static FileLock lock(FileChannel channel, Path part) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException _) {
      lock = null;
    }
    if (lock == null) {
      throw new StorageException(part + " is being downloaded already: wait for that to end");
    }
    return lock;
  }

  private static void requireRoom(Path part, long needed) throws IOException {
    long room = Files.getFileStore(part).getUsableSpace();
    if (room < needed) {
      throw new StorageException(
          "%s needs %,d more bytes, its disk has %,d left: make room or choose another folder"
              .formatted(part, needed, room));
    }
  }

  /// Connects until everything is here; gives up after some attempts in a row that brought nothing.
  private void transfer(FileChannel channel, Path part) throws IOException {
    int fruitless = 0;
    while (channel.size() < file.size()) {
      long before = channel.size();
      String fault;
      try {
        attempt(channel);
        fault = "the connection ended early";
      } catch (IOException e) {
        fault = e.toString();
      }
      if (channel.size() == file.size()) {
        return;
      }
      fruitless = channel.size() > before ? 0 : fruitless + 1;
      if (fruitless == FRUITLESS_ATTEMPTS) {
        throw new StorageException(
            ("%s: %,d of %,d bytes are in %s (%s): check the network and run the same again to go"
                    + " on, or give another address")
                .formatted(file.address(), channel.size(), file.size(), part, fault));
      }
      pause();
    }
  }

  /// One connection, for as long as it lasts.
  ///
  /// @throws IOException if it breaks
  private void attempt(FileChannel channel) throws IOException {
    try (HttpSource source = HttpSource.open(file.address(), channel.size(), timeoutMillis)) {
      if (source.isPastEnd()) {
        // The server's file is shorter than the part that is here, so one of them is another file.
        write(() -> channel.truncate(0));
        return;
      }
      long offset = source.offset();
      if (offset != channel.size() && offset != 0) {
        throw new IOException("the server sends from byte %,d on".formatted(offset));
      }
      long total = source.total();
      if (total >= 0 && total != file.size()) {
        throw new DataException(
            "%s has %,d bytes, expected are %,d: give another address"
                .formatted(file.address(), total, file.size()));
      }
      write(() -> channel.truncate(offset).position(offset));
      copy(source.body(), channel);
    }
  }

  private void copy(InputStream body, FileChannel channel) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long done = channel.position();
    while (done < file.size()) {
      progress.report(done, file.size());
      int read = body.read(buffer, 0, (int) Math.min(BUFFER, file.size() - done));
      if (read < 0) {
        return;
      }
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
      while (bytes.hasRemaining()) {
        write(() -> channel.write(bytes));
      }
      done += read;
    }
    progress.report(done, file.size());
  }

  private interface Write {
    Object run() throws IOException;
  }

  /// Keeps faults of the disk, which no new connection mends, apart from those of the network.
  private void write(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new StorageException(
          file.name() + " cannot be written: " + e.getMessage() + ": check the disk's room", e);
    }
  }

  private void pause() {
    try {
      Thread.sleep(pauseMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("the download of " + file.address() + " was interrupted", e);
    }
  }

  private static String md5(FileChannel channel) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      for (long position = 0; channel.read(buffer, position) > 0; buffer.clear()) {
        position += buffer.position();
        digest.update(buffer.flip());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
