package lanewise.storage;

/// The element types of safetensors files that are read and written here, by their names in the
/// format. All are stored little-endian.
public enum DType {
  /// IEEE 754 double.
  F64(8),
  /// IEEE 754 single.
  F32(4),
  /// IEEE 754 half.
  F16(2),
  /// The upper half of a single.
  BF16(2),
  /// Signed 64-bit integer.
  I64(8),
  /// Signed 32-bit integer.
  I32(4),
  /// Unsigned byte.
  U8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one element in bytes.
  public int bytes() {
    return bytes;
  }

  /// Whether the elements are floating-point numbers.
  public boolean isFloat() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }
}
