package lanewise.kernel.reference;

import java.util.Arrays;

/// Array sizes, so that an oracle that was called with the wrong array says so instead of
/// answering.
final class Sizes {

  private Sizes() {}

  /// The product of the sizes; throws `ArithmeticException` where it exceeds an int.
  static int product(int... sizes) {
    int product = 1;
    for (int size : sizes) {
      product = Math.multiplyExact(product, size);
    }
    return product;
  }

  /// Throws `IllegalArgumentException` unless the array `name` holds `length` values, the product
  /// of the sizes.
  static void check(String name, int length, int... sizes) {
    if (length != product(sizes)) {
      throw new IllegalArgumentException(
          "%s holds %d values, expected %d = the product of %s"
              .formatted(name, length, product(sizes), Arrays.toString(sizes)));
    }
  }
}
