package lanewise.bench.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// A protobuf message: fields in the order in which they are added. Large values are fetched only
/// while the message is written, one at a time.
///
/// The format: https://protobuf.dev/programming-guides/encoding
final class ProtoMessage {

  private static final int VARINT = 0;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;
  private static final int CHUNK_FLOATS = 1 << 14;

  /// Some bytes of the message, written when it is their turn.
  private record Part(long size, Content content) {}

  @FunctionalInterface
  private interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private final List<Part> parts = new ArrayList<>();
  private long size;

  /// An integer of any width; negative ones take ten bytes.
  ProtoMessage integer(int field, long value) {
    ByteArrayOutputStream bytes = tag(field, VARINT);
    varint(bytes, value);
    return add(bytes.toByteArray());
  }

  /// A repeated integer.
  ProtoMessage integers(int field, long... values) {
    for (long value : values) {
      integer(field, value);
    }
    return this;
  }

  /// A `float`.
  ProtoMessage real(int field, float value) {
    ByteArrayOutputStream bytes = tag(field, FIXED32);
    bytes.writeBytes(littleEndian(Float.BYTES).putFloat(value).array());
    return add(bytes.toByteArray());
  }

  /// A string.
  ProtoMessage text(int field, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return length(field, utf8.length).add(utf8);
  }

  /// 64-bit integers as raw bytes, the lowest first.
  ProtoMessage rawLongs(int field, long... values) {
    ByteBuffer bytes = littleEndian(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    return length(field, bytes.capacity()).add(bytes.array());
  }

  /// Floats as raw bytes, the lowest first.
  ///
  /// @param values `count` of them, fetched whenever the message is written
  ProtoMessage rawFloats(int field, long count, Supplier<float[]> values) {
    length(field, count * Float.BYTES);
    return add(new Part(count * Float.BYTES, out -> write(values.get(), out)));
  }

  /// A message within this one, as it is now.
  ProtoMessage message(int field, ProtoMessage value) {
    return length(field, value.size).embed(value);
  }

  /// The fields of another message, as they are now, among those of this one.
  ProtoMessage embed(ProtoMessage other) {
    other.parts.forEach(this::add);
    return this;
  }

  /// Bytes of the whole message.
  long size() {
    return size;
  }

  void writeTo(OutputStream out) throws IOException {
    for (Part part : parts) {
      part.content.writeTo(out);
    }
  }

  private ProtoMessage length(int field, long length) {
    ByteArrayOutputStream bytes = tag(field, LENGTH);
    varint(bytes, length);
    return add(bytes.toByteArray());
  }

  private ProtoMessage add(byte[] bytes) {
    return add(new Part(bytes.length, out -> out.write(bytes)));
  }

  private ProtoMessage add(Part part) {
    parts.add(part);
    size += part.size;
    return this;
  }

  private static ByteArrayOutputStream tag(int field, int wireType) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    varint(bytes, (long) field << 3 | wireType);
    return bytes;
  }

  /// Seven bits a byte, the lowest first; the top bit says that more follow.
  private static void varint(ByteArrayOutputStream bytes, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  private static void write(float[] values, OutputStream out) throws IOException {
    ByteBuffer chunk = littleEndian(Math.min(values.length, CHUNK_FLOATS) * Float.BYTES);
    for (int start = 0; start < values.length; start += CHUNK_FLOATS) {
      int count = Math.min(CHUNK_FLOATS, values.length - start);
      chunk.asFloatBuffer().put(values, start, count);
      out.write(chunk.array(), 0, count * Float.BYTES);
    }
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
