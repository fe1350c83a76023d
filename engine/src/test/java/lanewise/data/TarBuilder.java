package lanewise.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/// Writes small tar archives, also odd ones.
final class TarBuilder {

  static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /// A regular file.
  TarBuilder file(String name, byte[] content) {
    return entry(
        name,
        "",
        '0',
        content,
        "%011o\0".formatted(content.length).getBytes(StandardCharsets.UTF_8));
  }

  /// An entry with everything given.
  ///
  /// @param prefix the start of the path, by POSIX
  /// @param type the type of the entry, such as '5' for a folder
  /// @param size the 12 bytes of the field with the size
  TarBuilder entry(String name, String prefix, char type, byte[] content, byte[] size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name.getBytes(StandardCharsets.UTF_8));
    put(header, 100, "0000644\0".getBytes(StandardCharsets.UTF_8));
    put(header, 124, size);
    header[156] = (byte) type;
    put(header, 257, "ustar\000000".getBytes(StandardCharsets.UTF_8));
    put(header, 345, prefix.getBytes(StandardCharsets.UTF_8));
    int sum = 8 * ' ';
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum).getBytes(StandardCharsets.UTF_8));
    out.writeBytes(header);
    out.writeBytes(content);
    out.writeBytes(new byte[-content.length & (BLOCK - 1)]);
    return this;
  }

  /// The archive with its end mark.
  byte[] bytes() {
    byte[] end = new byte[2 * BLOCK];
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(out.toByteArray());
    whole.writeBytes(end);
    return whole.toByteArray();
  }

  /// The archive compressed, in a file.
  Path gzip(Path file) {
    try {
      Files.write(file, compress(bytes()));
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] compress(byte[] bytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(bytes);
    }
    return compressed.toByteArray();
  }

  private static void put(byte[] header, int offset, byte[] bytes) {
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }
}
