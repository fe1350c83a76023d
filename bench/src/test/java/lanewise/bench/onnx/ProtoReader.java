package lanewise.bench.onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A protobuf message taken apart: the values of every field in their order.
record ProtoReader(Map<Integer, List<Object>> fields) {

  static ProtoReader of(ProtoMessage message) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      message.writeTo(out);
      if (out.size() != message.size()) {
        throw new IllegalStateException("%d bytes, not %d".formatted(out.size(), message.size()));
      }
      return of(out.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ProtoReader of(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    Map<Integer, List<Object>> fields = new TreeMap<>();
    while (in.hasRemaining()) {
      long tag = varint(in);
      Object value =
          switch ((int) (tag & 7)) {
            case 0 -> varint(in);
            case 2 -> {
              byte[] bytes = new byte[Math.toIntExact(varint(in))];
              in.get(bytes);
              yield bytes;
            }
            case 5 -> in.getFloat();
            default -> throw new IllegalStateException("wire type of tag " + tag);
          };
      fields.computeIfAbsent((int) (tag >>> 3), _ -> new ArrayList<>()).add(value);
    }
    return new ProtoReader(fields);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    byte next;
    do {
      next = in.get();
      value |= (next & 0x7fL) << shift;
      shift += 7;
    } while (next < 0);
    return value;
  }

  List<Object> all(int field) {
    return fields.getOrDefault(field, List.of());
  }

  Object one(int field) {
    if (all(field).size() != 1) {
      throw new IllegalStateException("field %d: %s".formatted(field, all(field)));
    }
    return all(field).get(0);
  }

  String text(int field) {
    return new String((byte[]) one(field), StandardCharsets.UTF_8);
  }

  List<String> texts(int field) {
    return all(field).stream()
        .map(bytes -> new String((byte[]) bytes, StandardCharsets.UTF_8))
        .toList();
  }

  ProtoReader message(int field) {
    return of((byte[]) one(field));
  }

  List<ProtoReader> messages(int field) {
    return all(field).stream().map(bytes -> of((byte[]) bytes)).toList();
  }

  ByteBuffer raw(int field) {
    return ByteBuffer.wrap((byte[]) one(field)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
