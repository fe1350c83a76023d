package lanewise.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Reads the regular files of a tar archive (POSIX.1-1988 ustar, GNU tar, pax) one after the other.
/// Folders, links and the headers of extended attributes are passed over, so a name that only such
/// a header holds (over 255 bytes) is seen cut off. Belongs to one thread.
final class TarReader {

  private static final int BLOCK = 512;

  private final InputStream in;
  private final byte[] header = new byte[BLOCK];
  private long left;
  private long padding;

  /// A file of the archive.
  ///
  /// @param name its path in the archive
  /// @param size its length in bytes
  record Entry(String name, long size) {}

  /// What is read is no tar archive.
  static final class FormatException extends IOException {

    private static final long serialVersionUID = 1L;

    FormatException(String message) {
      super(message);
    }
  }

  /// A reader of an archive that is already decompressed.
  TarReader(InputStream in) {
    this.in = in;
  }

  /// The next regular file, or nothing at the end of the archive. What was not read of the last one
  /// is passed over.
  ///
  /// @throws EOFException if the archive ends within a file
  /// @throws FormatException if this is no tar archive
  /// @throws IOException if reading fails
  Optional<Entry> next() throws IOException {
    while (true) {
      in.skipNBytes(left + padding);
      left = 0;
      padding = 0;
      int read = in.readNBytes(header, 0, BLOCK);
      if (read == 0 || isZero()) {
        return Optional.empty();
      }
      if (read < BLOCK) {
        throw new EOFException("ends within a header");
      }
      checkSum();
      left = number(124, 12);
      padding = -left & (BLOCK - 1);
      byte type = header[156];
      if (type == '0' || type == 0 || type == '7') {
        return Optional.of(new Entry(name(), left));
      }
    }
  }

  /// The next bytes of the current file.
  ///
  /// @throws EOFException if the file or the archive ends before `length` bytes
  void readFully(byte[] dst, int offset, int length) throws IOException {
    int read = in.readNBytes(dst, offset, (int) Math.min(length, left));
    left -= read;
    if (read < length) {
      throw new EOFException("ends early");
    }
  }

  private boolean isZero() {
    for (byte b : header) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private void checkSum() throws IOException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      // The field of the sum itself counts as spaces.
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
    }
    if (sum != number(148, 8)) {
      throw new FormatException(
          "not a tar archive, or a damaged one: a header's checksum is wrong");
    }
  }

  /// An octal number, or the big-endian binary one that GNU tar writes for large files.
  private long number(int offset, int length) throws IOException {
    long value = 0;
    if (header[offset] < 0) {
      for (int i = offset + length - 8; i < offset + length; i++) {
        value = value << 8 | header[i] & 0xFF;
      }
    } else {
      String digits = text(offset, length).strip();
      try {
        value = digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
      } catch (NumberFormatException _) {
        throw new FormatException("not a tar archive: a header holds no number where one belongs");
      }
    }
    if (value < 0) {
      throw new FormatException("not a tar archive, or a damaged one: a size is negative");
    }
    return value;
  }

  private String name() {
    String name = text(0, 100);
    // GNU tar writes "ustar " and keeps other things in the prefix.
    boolean posix = header[262] == 0;
    String prefix = posix && text(257, 5).equals("ustar") ? text(345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private String text(int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return new String(header, offset, end - offset, StandardCharsets.UTF_8);
  }
}
