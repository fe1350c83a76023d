package lanewise.testing;

import java.util.Locale;

/// Comparisons of whole tensors. A failure is an `AssertionError` that names the tensor, the index,
/// both values and how many differ.
public final class Compare {

  private Compare() {}

  /// Every value equals the expected one rounded to fp32, bit for bit; except that the sign of a
  /// zero does not count, since it tells the order of a sum and not its value.
  public static void bitEqual(String what, float[] actual, double[] expected) {
    checkLength(what, actual.length, expected.length);
    float[] rounded = new float[expected.length];
    float[] plain = new float[actual.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = withoutSignOfZero((float) expected[i]);
      plain[i] = withoutSignOfZero(actual[i]);
    }
    bitEqual(what, plain, rounded);
  }

  /// Both hold the same bits, the sign of zeros and the payload of NaNs included: the same
  /// computation run twice.
  public static void bitEqual(String what, float[] actual, float[] expected) {
    checkLength(what, actual.length, expected.length);
    int first = -1;
    int differing = 0;
    for (int i = 0; i < actual.length; i++) {
      if (Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i])) {
        first = first < 0 ? i : first;
        differing++;
      }
    }
    if (differing > 0) {
      throw new AssertionError(
          "%s differs in %d of %d values, first at index %d: got %s, expected %s"
              .formatted(what, differing, actual.length, first, actual[first], expected[first]));
    }
  }

  /// The largest absolute difference is at most `tolerance` times the largest absolute expected
  /// value. With nothing but zeros expected that means zeros; a NaN or infinity never passes.
  public static void close(String what, double[] actual, double[] expected, double tolerance) {
    checkLength(what, actual.length, expected.length);
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    int first = -1;
    int beyond = 0;
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      double difference = Math.abs(actual[i] - expected[i]);
      worst = Math.max(worst, difference);
      // Negated so that a NaN counts.
      if (!(difference <= tolerance * largest && largest < Double.POSITIVE_INFINITY)) {
        first = first < 0 ? i : first;
        beyond++;
      }
    }
    if (beyond > 0) {
      throw new AssertionError(
          String.format(
              Locale.ROOT,
              "%s is off in %d of %d values, first at index %d: got %s, expected %s;"
                  + " the largest error is %.3g of the largest value %.6g, allowed is %.3g",
              what,
              beyond,
              actual.length,
              first,
              actual[first],
              expected[first],
              worst / largest,
              largest,
              tolerance));
    }
  }

  /// The same for fp32 results.
  public static void close(String what, float[] actual, double[] expected, double tolerance) {
    close(what, Fill.widen(actual), expected, tolerance);
  }

  private static float withoutSignOfZero(float value) {
    return value == 0 ? 0 : value;
  }

  private static void checkLength(String what, int actual, int expected) {
    if (actual != expected) {
      throw new AssertionError("%s holds %d values, expected %d".formatted(what, actual, expected));
    }
  }
}
