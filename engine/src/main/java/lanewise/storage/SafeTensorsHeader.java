package lanewise.storage;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The JSON header of a safetensors file, with the checks of the official implementation: the
/// tensors lie back to back from the start of the data to its end, and each has as many bytes as
/// its shape and type ask for.
///
/// @param metadata the strings under `__metadata__`, in the order of the file
/// @param tensors in the order of their data
record SafeTensorsHeader(Map<String, String> metadata, List<TensorEntry> tensors) {

  static final String METADATA = "__metadata__";

  /// The limit of the official implementation, in bytes.
  static final int MAX_BYTES = 100_000_000;

  /// What is wrong and what to do about it; the reader adds the file.
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(String what) {
      this(what, "copy the file again or use another");
    }

    MalformedException(String what, String advice) {
      super(what + "; " + advice);
    }
  }

  /// @param json the header's bytes
  /// @param dataBytes the size of what follows the header in the file
  static SafeTensorsHeader parse(byte[] json, long dataBytes) throws MalformedException {
    var metadata = new LinkedHashMap<String, String>();
    var tensors = new ArrayList<TensorEntry>();
    for (Map.Entry<String, Object> member : members(json).entrySet()) {
      if (member.getKey().equals(METADATA)) {
        readMetadata(member.getValue(), metadata);
      } else {
        tensors.add(tensor(member.getKey(), member.getValue()));
      }
    }
    tensors.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    checkCoverage(tensors, dataBytes);
    return new SafeTensorsHeader(
        Collections.unmodifiableSequencedMap(metadata), Collections.unmodifiableList(tensors));
  }

  private static Map<String, Object> members(byte[] json) throws MalformedException {
    if (json.length == 0 || json[0] != '{') {
      throw new MalformedException("the header, from byte 8 on, does not begin with '{'");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return Json.parseObject(text);
    } catch (CharacterCodingException notText) {
      throw new MalformedException("the header is not UTF-8 text");
    } catch (JsonException notJson) {
      throw new MalformedException("the header is not correct JSON: " + notJson.getMessage());
    }
  }

  private static void readMetadata(Object value, Map<String, String> metadata)
      throws MalformedException {
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> strings)) {
      throw new MalformedException(METADATA + " is " + Json.kind(value) + ", not an object");
    }
    for (Map.Entry<?, ?> entry : strings.entrySet()) {
      if (!(entry.getValue() instanceof String text)) {
        throw new MalformedException(
            "%s: %s is %s, not a string"
                .formatted(
                    METADATA, Json.quote((String) entry.getKey()), Json.kind(entry.getValue())));
      }
      metadata.put((String) entry.getKey(), text);
    }
  }

  private static TensorEntry tensor(String name, Object value) throws MalformedException {
    String where = "tensor " + Json.quote(name) + ": ";
    if (!(value instanceof Map<?, ?> fields)) {
      throw new MalformedException(where + "its description is not an object");
    }
    try {
      DType dtype = dtype(Json.get(fields, "dtype", String.class), where);
      List<Long> shape = sizes(Json.get(fields, "shape", List.class), where + "shape");
      String offsetsField = "data_offsets";
      List<Long> offsets = sizes(Json.get(fields, offsetsField, List.class), where + offsetsField);
      if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
        throw new MalformedException(where + "data_offsets are not a first and a last byte");
      }
      var entry = new TensorEntry(name, dtype, shape, offsets.get(0), offsets.get(1));
      if (Math.multiplyExact(TensorEntry.elements(shape), dtype.bytes()) != entry.bytes()) {
        throw new MalformedException(
            "%s%s of type %s are not the %d bytes that its data_offsets span"
                .formatted(where, describe(shape), dtype, entry.bytes()));
      }
      return entry;
    } catch (JsonException missing) {
      throw new MalformedException(where + missing.getMessage());
    } catch (ArithmeticException overflow) {
      throw new MalformedException(where + "its shape exceeds 64 bits");
    }
  }

  private static DType dtype(String name, String where) throws MalformedException {
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(name)) {
        return dtype;
      }
    }
    throw new MalformedException(
        where + "type " + Json.quote(name) + " is not supported",
        "convert it to one of " + Arrays.toString(DType.values()));
  }

  private static List<Long> sizes(List<?> values, String where) throws MalformedException {
    var sizes = new ArrayList<Long>(values.size());
    for (Object value : values) {
      if (!(value instanceof Long size) || size < 0) {
        throw new MalformedException(where + " holds something else than integers from 0 up");
      }
      sizes.add(size);
    }
    return sizes;
  }

  private static String describe(List<Long> shape) {
    return shape.size() <= 16 ? "shape " + shape : "a shape of " + shape.size() + " dimensions";
  }

  private static void checkCoverage(List<TensorEntry> tensors, long dataBytes)
      throws MalformedException {
    long expected = 0;
    for (TensorEntry tensor : tensors) {
      if (tensor.begin() != expected) {
        throw new MalformedException(
            "tensor %s begins at data byte %d, %s byte %d"
                .formatted(
                    Json.quote(tensor.name()),
                    tensor.begin(),
                    tensor.begin() < expected ? "overlapping what ends at" : "leaving a hole from",
                    expected));
      }
      expected = tensor.end();
    }
    if (expected != dataBytes) {
      throw new MalformedException(
          expected > dataBytes
              ? "it is cut off: %d bytes of data, the header describes %d"
                  .formatted(dataBytes, expected)
              : "%d bytes follow the last tensor".formatted(dataBytes - expected));
    }
  }
}
