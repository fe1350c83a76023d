package lanewise.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.error.InvalidModelException;
import lanewise.error.StorageException;
import lanewise.storage.SafeTensorsHeader.MalformedException;

/// Reads a safetensors file: the header at once, tensors one by one, never the whole file. No size
/// in a file is believed before it was held against the size of the file, so a damaged or hostile
/// one costs memory in proportion to its own bytes and no more.
///
/// May be shared between threads. Format: <https://github.com/huggingface/safetensors#format>.
public final class SafeTensorsReader implements AutoCloseable {

  private static final int PREFIX_BYTES = 8;
  private static final int CHUNK_BYTES = 1 << 18;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfFloat F32 = FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final FileChannel channel;
  private final SafeTensorsHeader header;
  private final Map<String, TensorEntry> byName = new LinkedHashMap<>();
  private final long dataStart;

  private SafeTensorsReader(Path file, FileChannel channel) throws IOException, MalformedException {
    this.file = file;
    this.channel = channel;
    long fileBytes = channel.size();
    if (fileBytes < PREFIX_BYTES) {
      throw new MalformedException(
          "it is cut off: %d bytes, not even a header's length".formatted(fileBytes));
    }
    long headerBytes = MemorySegment.ofArray(readAt(0, PREFIX_BYTES)).get(I64, 0);
    if (headerBytes < 0 || headerBytes > SafeTensorsHeader.MAX_BYTES) {
      throw new MalformedException(
          "bytes 0 to 7 ask for a header of %s bytes, more than the %d allowed"
              .formatted(Long.toUnsignedString(headerBytes), SafeTensorsHeader.MAX_BYTES));
    }
    dataStart = PREFIX_BYTES + headerBytes;
    if (dataStart > fileBytes) {
      throw new MalformedException(
          "it is cut off: %d bytes, its header alone ends at %d".formatted(fileBytes, dataStart));
    }
    byte[] json = readAt(PREFIX_BYTES, (int) headerBytes);
    header = SafeTensorsHeader.parse(json, fileBytes - dataStart);
    header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
  }

  /// Opens the file and checks its header.
  ///
  /// @throws InvalidModelException if the file is truncated, foreign or malformed; says what and
  ///     where
  /// @throws StorageException if there is no such file or it cannot be read
  public static SafeTensorsReader open(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new StorageException(
          "Cannot read %s: it is %s; choose a safetensors file"
              .formatted(file, Files.isDirectory(file) ? "a folder" : "not a regular file"));
    }
    FileChannel channel = null;
    SafeTensorsReader reader = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      reader = new SafeTensorsReader(file, channel);
      return reader;
    } catch (IOException failure) {
      throw FileFailures.reading(file, failure);
    } catch (MalformedException failure) {
      throw malformed(file, failure);
    } finally {
      if (reader == null) {
        closeQuietly(channel);
      }
    }
  }

  /// The file, as it was given to [#open].
  public Path file() {
    return file;
  }

  /// The file's free-form strings.
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /// All tensors in the order of their data.
  public List<TensorEntry> tensors() {
    return header.tensors();
  }

  /// Whether there is a tensor of that name.
  public boolean contains(String name) {
    return byName.containsKey(name);
  }

  /// The description of one tensor.
  ///
  /// @throws InvalidModelException if the file has none of that name
  public TensorEntry tensor(String name) {
    TensorEntry tensor = byName.get(name);
    if (tensor == null) {
      throw new InvalidModelException("%s has no tensor %s".formatted(file, Json.quote(name)));
    }
    return tensor;
  }

  /// Reads a tensor of any float type, rounded to single precision.
  ///
  /// @throws InvalidModelException if there is no such tensor, it holds integers, or too many for
  ///     an array
  /// @throws StorageException if reading fails
  public float[] readFloats(String name) {
    var values = new float[arrayLength(name)];
    readFloats(name, MemorySegment.ofArray(values));
    return values;
  }

  /// Reads a tensor of any float type, rounded to single precision, into memory in native byte
  /// order.
  ///
  /// @param target of exactly 4 bytes per element
  /// @throws InvalidModelException if there is no such tensor or it holds integers
  /// @throws StorageException if reading fails
  public void readFloats(String name, MemorySegment target) {
    TensorEntry tensor = tensor(name);
    if (!tensor.dtype().isFloat()) {
      throw wrongType(tensor, "floating-point numbers");
    }
    if (target.byteSize() != Math.multiplyExact(tensor.elements(), Float.BYTES)) {
      throw new IllegalArgumentException(
          "a target of %d bytes for the %d elements of %s"
              .formatted(target.byteSize(), tensor.elements(), name));
    }
    readChunks(
        tensor, (chunk, first, count) -> toFloats(tensor.dtype(), chunk, target, first, count));
  }

  /// Reads a tensor of any integer type; bytes are unsigned.
  ///
  /// @throws InvalidModelException if there is no such tensor, it holds floats, or too many for an
  ///     array
  /// @throws StorageException if reading fails
  public long[] readLongs(String name) {
    TensorEntry tensor = tensor(name);
    if (tensor.dtype().isFloat()) {
      throw wrongType(tensor, "integers");
    }
    var values = new long[arrayLength(name)];
    readChunks(
        tensor,
        (chunk, first, count) -> {
          for (int i = 0; i < count; i++) {
            values[(int) first + i] =
                switch (tensor.dtype()) {
                  case I64 -> chunk.getAtIndex(I64, i);
                  case I32 -> chunk.getAtIndex(I32, i);
                  default -> Byte.toUnsignedLong(chunk.get(ValueLayout.JAVA_BYTE, i));
                };
          }
        });
    return values;
  }

  /// Reads a tensor of type U8.
  ///
  /// @throws InvalidModelException if there is no such tensor, it is of another type, or too large
  ///     for an array
  /// @throws StorageException if reading fails
  public byte[] readBytes(String name) {
    TensorEntry tensor = tensor(name);
    if (tensor.dtype() != DType.U8) {
      throw wrongType(tensor, "bytes");
    }
    try {
      return readAt(dataStart + tensor.begin(), arrayLength(name));
    } catch (IOException failure) {
      throw FileFailures.reading(file, failure);
    }
  }

  /// Closes the file.
  @Override
  public void close() {
    closeQuietly(channel);
  }

  private interface ChunkConsumer {
    void accept(MemorySegment chunk, long first, int count);
  }

  /// Hands out the tensor's bytes piece by piece, each a whole number of elements.
  private void readChunks(TensorEntry tensor, ChunkConsumer consumer) {
    int elementBytes = tensor.dtype().bytes();
    try {
      for (long offset = 0; offset < tensor.bytes(); offset += CHUNK_BYTES) {
        int bytes = (int) Math.min(CHUNK_BYTES, tensor.bytes() - offset);
        byte[] chunk = readAt(dataStart + tensor.begin() + offset, bytes);
        consumer.accept(MemorySegment.ofArray(chunk), offset / elementBytes, bytes / elementBytes);
      }
    } catch (IOException failure) {
      throw FileFailures.reading(file, failure);
    }
  }

  private static void toFloats(
      DType dtype, MemorySegment chunk, MemorySegment target, long first, int count) {
    if (dtype == DType.F32) {
      MemorySegment.copy(chunk, F32, 0, target, FLOAT, first * Float.BYTES, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      float value =
          switch (dtype) {
            case F64 -> (float) chunk.getAtIndex(F64, i);
            case F16 -> Float.float16ToFloat(chunk.getAtIndex(I16, i));
            case BF16 -> Float.intBitsToFloat(chunk.getAtIndex(I16, i) << 16);
            default -> throw new AssertionError(dtype);
          };
      target.setAtIndex(FLOAT, first + i, value);
    }
  }

  private byte[] readAt(long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new InvalidModelException(
            file + " became shorter while it was read; copy the file again");
      }
    }
    return buffer.array();
  }

  private int arrayLength(String name) {
    TensorEntry tensor = tensor(name);
    if (tensor.elements() > Integer.MAX_VALUE - 8) {
      throw new InvalidModelException(
          "%s: tensor %s has %d elements, more than an array holds"
              .formatted(file, Json.quote(name), tensor.elements()));
    }
    return (int) tensor.elements();
  }

  private InvalidModelException wrongType(TensorEntry tensor, String wanted) {
    return new InvalidModelException(
        "%s: tensor %s is of type %s where %s were expected"
            .formatted(file, Json.quote(tensor.name()), tensor.dtype(), wanted));
  }

  private static InvalidModelException malformed(Path file, MalformedException cause) {
    return new InvalidModelException(
        "Cannot read %s as safetensors: %s".formatted(file, cause.getMessage()), cause);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException nothingToLose) {
      return; // the file was only read
    }
  }
}
