package lanewise.testing;

import java.util.SplittableRandom;

/// Tensor fills that depend on nothing but their arguments.
public final class Fill {

  private Fill() {}

  /// Small integers, most of them zero: each value is non-zero with probability `density`, and then
  /// one of 1 ... magnitude with either sign. A sum of `t` products of two such fills is exact in
  /// fp32 in whatever order it is taken, because every partial sum is an integer of at most
  /// `t * magnitude^2`, which must stay below 2^24.
  public static float[] integers(long seed, int n, int magnitude, double density) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      if (random.nextDouble() < density) {
        int value = random.nextInt(1, magnitude + 1);
        values[i] = random.nextBoolean() ? value : -value;
      }
    }
    return values;
  }

  /// Uniform in [-1, 1), in steps of 2^-23.
  public static float[] uniform(long seed, int n) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(-(1 << 23), 1 << 23) * 0x1p-23f;
    }
    return values;
  }

  /// The same values in double precision, for the reference.
  public static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
