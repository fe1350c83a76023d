package lanewise.storage;

import java.util.List;

/// Where one tensor of a safetensors file lies and what it is.
///
/// @param name unique within the file
/// @param dtype type of the elements
/// @param shape outermost dimension first, row-major; empty for a scalar, and a dimension may be 0
/// @param begin first byte, counted from the start of the file's data section
/// @param end byte after the last, counted likewise
public record TensorEntry(String name, DType dtype, List<Long> shape, long begin, long end) {

  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /// Size in bytes.
  public long bytes() {
    return end - begin;
  }

  /// The number of elements: the product of the shape.
  public long elements() {
    return bytes() / dtype.bytes();
  }

  /// The product of the dimensions.
  ///
  /// @throws ArithmeticException if it exceeds a long
  static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
