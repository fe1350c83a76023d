package lanewise.bench;

import java.util.SplittableRandom;

/// Values to compute with: normally distributed, the same at every run.
final class Noise {

  private Noise() {}

  static float[] values(long seed, long count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static int[] labels(long seed, int count, int classes) {
    return new SplittableRandom(seed).ints(count, 0, classes).toArray();
  }
}
