package lanewise.data;

import java.util.Arrays;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;

/// Random changes to a training image that leave its class alone: a crop from the image with
/// `padding` black pixels around it, then a flip from left to right for every second image. Black
/// is the byte 0, before normalization.
///
/// The choice depends on the seed, the epoch and the index of the image alone, so any thread makes
/// the same one. Immutable, safe to share between threads.
///
/// @param padding pixels added on every side before the crop; 0 leaves the image where it is
/// @param flip whether images are flipped with probability one half
public record Augmentation(int padding, boolean flip) {

  /// The image as it is.
  public static final Augmentation NONE = new Augmentation(0, false);

  /// A crop with padding 4 and the flip: what CIFAR's results are usually reported with (He et al.
  /// 2015, section 4.2).
  public static final Augmentation STANDARD = new Augmentation(4, true);

  public Augmentation {
    if (padding < 0) {
      throw new IllegalArgumentException("padding " + padding + " must not be negative");
    }
  }

  /// The key of the choice for image `index` in `epoch`.
  static long key(long seed, long epoch, int index) {
    return CounterRandom.key(seed, Purpose.AUGMENTATION, epoch, index);
  }

  /// The first row of the crop within the padded image, 0 to 2 `padding`.
  int row(long key) {
    return CounterRandom.bounded(CounterRandom.bits(key, 0), 2 * padding + 1);
  }

  /// The first column of the crop within the padded image, 0 to 2 `padding`.
  int column(long key) {
    return CounterRandom.bounded(CounterRandom.bits(key, 1), 2 * padding + 1);
  }

  /// Whether the crop is flipped.
  boolean flipped(long key) {
    return flip && CounterRandom.bits(key, 2) < 0;
  }

  /// Crops, flips and normalizes one image.
  ///
  /// @param src the image, `shape` in bytes
  /// @param table see [Normalization#table()]
  /// @param dst where the result goes, `shape` in floats from `offset` on
  void apply(long key, byte[] src, Shape shape, float[] table, float[] dst, int offset) {
    int height = shape.height();
    int width = shape.width();
    int down = row(key) - padding;
    int right = column(key) - padding;
    boolean flipped = flipped(key);
    // Columns of the result that lie on the image.
    int from = Math.clamp(-right, 0, width);
    int to = Math.clamp(width - right, from, width);
    for (int channel = 0; channel < shape.channels(); channel++) {
      int colour = channel * 256;
      float black = table[colour];
      for (int y = 0; y < height; y++) {
        int out = offset + (channel * height + y) * width;
        int srcRow = y + down;
        if (srcRow < 0 || srcRow >= height || from == to) {
          Arrays.fill(dst, out, out + width, black);
          continue;
        }
        int in = (channel * height + srcRow) * width + right;
        if (flipped) {
          int last = out + width - 1;
          Arrays.fill(dst, last - from + 1, last + 1, black);
          for (int x = from; x < to; x++) {
            dst[last - x] = table[colour + (src[in + x] & 0xFF)];
          }
          Arrays.fill(dst, out, last - to + 1, black);
        } else {
          Arrays.fill(dst, out, out + from, black);
          for (int x = from; x < to; x++) {
            dst[out + x] = table[colour + (src[in + x] & 0xFF)];
          }
          Arrays.fill(dst, out + to, out + width, black);
        }
      }
    }
  }
}
