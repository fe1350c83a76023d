package lanewise.data;

import java.util.Arrays;
import lanewise.error.DataException;

/// Brings every channel to mean 0 and standard deviation 1: a byte `b` becomes `(b / 255 - mean) /
/// std`. Means and standard deviations are of values from 0 to 1. Immutable, safe to share between
/// threads.
public final class Normalization {

  private static final int BYTES = 256;

  private final float[] mean;
  private final float[] std;

  /// A normalization by known figures.
  ///
  /// @param mean one mean per channel
  /// @param std one standard deviation per channel, above 0
  /// @throws DataException if the lengths differ or are 0, or a value is not finite or not above 0
  public Normalization(float[] mean, float[] std) {
    this.mean = mean.clone();
    this.std = std.clone();
    if (mean.length == 0 || mean.length != std.length) {
      throw new DataException(
          "normalization: %d means and %d standard deviations, one of each per channel is needed"
              .formatted(mean.length, std.length));
    }
    for (int channel = 0; channel < mean.length; channel++) {
      if (!Float.isFinite(mean[channel]) || !(std[channel] > 0) || Float.isInfinite(std[channel])) {
        throw new DataException(
            "normalization: channel %d has mean %s and standard deviation %s"
                .formatted(channel, mean[channel], std[channel]));
      }
    }
  }

  /// The figures of all images of `dataset`, from exact sums. A channel that holds one value alone
  /// gets the standard deviation 1.
  public static Normalization of(Dataset dataset) {
    int channels = dataset.shape().channels();
    int plane = dataset.shape().pixels();
    byte[] image = new byte[channels * plane];
    // Up to 2^31 images of 2^15 pixels of 255^2 each stay below 2^63.
    long[] sum = new long[channels];
    long[] squares = new long[channels];
    for (int i = 0; i < dataset.size(); i++) {
      dataset.pixels(i, image, 0);
      for (int channel = 0; channel < channels; channel++) {
        for (int p = channel * plane; p < (channel + 1) * plane; p++) {
          int value = image[p] & 0xFF;
          sum[channel] += value;
          squares[channel] += value * value;
        }
      }
    }
    float[] mean = new float[channels];
    float[] std = new float[channels];
    double count = (double) dataset.size() * plane;
    for (int channel = 0; channel < channels; channel++) {
      double average = sum[channel] / count;
      double variance = squares[channel] / count - average * average;
      mean[channel] = (float) (average / 255);
      // Bytes that are not all equal vary by more than the rounding of these doubles.
      std[channel] = variance < 1e-9 ? 1 : (float) (Math.sqrt(variance) / 255);
    }
    return new Normalization(mean, std);
  }

  /// Bytes become 0 to 1, nothing more: mean 0 and standard deviation 1.
  public static Normalization none(int channels) {
    float[] std = new float[channels];
    Arrays.fill(std, 1);
    return new Normalization(new float[channels], std);
  }

  /// The number of channels.
  public int channels() {
    return mean.length;
  }

  /// The mean of every channel, as a copy.
  public float[] mean() {
    return mean.clone();
  }

  /// The standard deviation of every channel, as a copy.
  public float[] std() {
    return std.clone();
  }

  /// The result for every byte: entry `channel * 256 + byte`.
  float[] table() {
    float[] table = new float[channels() * BYTES];
    for (int i = 0; i < table.length; i++) {
      int channel = i / BYTES;
      table[i] = ((i % BYTES) / 255f - mean[channel]) / std[channel];
    }
    return table;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Normalization that
        && Arrays.equals(mean, that.mean)
        && Arrays.equals(std, that.std);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(mean) + Arrays.hashCode(std);
  }

  @Override
  public String toString() {
    return "mean " + Arrays.toString(mean) + " std " + Arrays.toString(std);
  }
}
