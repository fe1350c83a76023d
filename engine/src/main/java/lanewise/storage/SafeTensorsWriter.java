package lanewise.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes a safetensors file: name the tensors and strings, then [#write]. The same calls give the
/// same bytes.
///
/// Values are not copied when they are added: they must stay as they are until the file is written.
/// Wide types come first in the file, so that every tensor is aligned to its element size; the data
/// begins at a multiple of 64 bytes. Not to be shared between threads. Format:
/// <https://github.com/huggingface/safetensors#format>.
public final class SafeTensorsWriter {

  private static final int DATA_ALIGNMENT = 64;
  private static final int CHUNK_BYTES = 1 << 18;

  private record Tensor(String name, DType dtype, List<Long> shape, MemorySegment values) {}

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /// A file that holds nothing yet.
  public SafeTensorsWriter() {}

  /// Adds a free-form string.
  ///
  /// @throws IllegalArgumentException if the key was added before
  public SafeTensorsWriter metadata(String key, String value) {
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("metadata " + key + " twice");
    }
    return this;
  }

  /// Adds a tensor of type F32, row-major.
  public SafeTensorsWriter addFloats(String name, float[] values, long... shape) {
    return add(name, DType.F32, MemorySegment.ofArray(values), shape);
  }

  /// Adds a tensor of type I64, row-major.
  public SafeTensorsWriter addLongs(String name, long[] values, long... shape) {
    return add(name, DType.I64, MemorySegment.ofArray(values), shape);
  }

  /// Adds a tensor of type U8, row-major.
  public SafeTensorsWriter addBytes(String name, byte[] values, long... shape) {
    return add(name, DType.U8, MemorySegment.ofArray(values), shape);
  }

  /// Adds a tensor of any type, row-major.
  ///
  /// @param values elements in native byte order, as many bytes as `shape` and `dtype` ask for
  /// @param shape outermost dimension first; none for a scalar
  /// @throws IllegalArgumentException if the bytes do not match or the name was added before
  public SafeTensorsWriter add(String name, DType dtype, MemorySegment values, long... shape) {
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    boolean negative = dimensions.stream().anyMatch(size -> size < 0);
    if (negative || bytes(dtype, dimensions) != values.byteSize()) {
      throw new IllegalArgumentException(
          "tensor %s: %d bytes for shape %s of type %s"
              .formatted(name, values.byteSize(), dimensions, dtype));
    }
    var tensor = new Tensor(name, dtype, dimensions, values);
    if (name.equals(SafeTensorsHeader.METADATA) || tensors.putIfAbsent(name, tensor) != null) {
      throw new IllegalArgumentException("tensor name " + name + " is taken");
    }
    return this;
  }

  private static long bytes(DType dtype, List<Long> shape) {
    return Math.multiplyExact(TensorEntry.elements(shape), dtype.bytes());
  }

  /// Writes the file through [AtomicFile]: whole or not at all.
  ///
  /// @throws lanewise.error.StorageException if that fails
  /// @throws IllegalArgumentException if names and metadata exceed the format's 100 MB
  public void write(Path file) {
    List<Tensor> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparing(tensor -> -tensor.dtype.bytes()));
    byte[] header = header(ordered);
    AtomicFile.write(
        file,
        out -> {
          out.write(header);
          byte[] buffer = new byte[CHUNK_BYTES];
          for (Tensor tensor : ordered) {
            writeData(tensor, buffer, out);
          }
        });
  }

  /// The length and the JSON, padded with spaces up to where the data begins.
  private byte[] header(List<Tensor> ordered) {
    var members = new LinkedHashMap<String, Object>();
    if (!metadata.isEmpty()) {
      members.put(SafeTensorsHeader.METADATA, metadata);
    }
    long offset = 0;
    for (Tensor tensor : ordered) {
      long end = Math.addExact(offset, tensor.values.byteSize());
      var fields = new LinkedHashMap<String, Object>();
      fields.put("dtype", tensor.dtype.name());
      fields.put("shape", tensor.shape);
      fields.put("data_offsets", List.of(offset, end));
      members.put(tensor.name, fields);
      offset = end;
    }
    byte[] json = Json.write(members).getBytes(StandardCharsets.UTF_8);
    int dataStart = Math.ceilDiv(Long.BYTES + json.length, DATA_ALIGNMENT) * DATA_ALIGNMENT;
    int headerBytes = dataStart - Long.BYTES;
    if (headerBytes > SafeTensorsHeader.MAX_BYTES) {
      throw new IllegalArgumentException("a safetensors header of " + headerBytes + " bytes");
    }
    ByteBuffer header = ByteBuffer.allocate(dataStart).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(headerBytes).put(json);
    Arrays.fill(header.array(), header.position(), dataStart, (byte) ' ');
    return header.array();
  }

  private static void writeData(Tensor tensor, byte[] buffer, OutputStream out) throws IOException {
    MemorySegment chunk = MemorySegment.ofArray(buffer);
    ValueLayout element =
        switch (tensor.dtype.bytes()) {
          case 8 -> ValueLayout.JAVA_LONG_UNALIGNED;
          case 4 -> ValueLayout.JAVA_INT_UNALIGNED;
          case 2 -> ValueLayout.JAVA_SHORT_UNALIGNED;
          default -> ValueLayout.JAVA_BYTE;
        };
    long total = tensor.values.byteSize();
    for (long offset = 0; offset < total; offset += buffer.length) {
      int bytes = (int) Math.min(buffer.length, total - offset);
      MemorySegment.copy(
          tensor.values,
          element,
          offset,
          chunk,
          element.withOrder(ByteOrder.LITTLE_ENDIAN),
          0,
          bytes / element.byteSize());
      out.write(buffer, 0, bytes);
    }
  }
}
