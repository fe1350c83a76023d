package lanewise.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Safetensors files as no writer of ours would write them.
final class SafeTensorsFiles {

  private SafeTensorsFiles() {}

  /// Stores the header's length, the header as it is, and the data.
  static void store(Path file, String json, byte[] data) throws IOException {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    store(file, header.length, header, data);
  }

  static void store(Path file, long headerLength, byte[] header, byte[] data) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(headerLength).put(header).put(data);
    Files.write(file, bytes.array());
  }
}
