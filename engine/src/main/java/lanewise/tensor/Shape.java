package lanewise.tensor;

import lanewise.error.InvalidModelException;

/// The shape of one sample, in the order channels, height, width (the C, H, W of NCHW). A vector of
/// `n` features is `n x 1 x 1`. The batch size is not part of it: a network is described for one
/// sample.
///
/// @param channels number of channels (or features), at least 1
/// @param height rows in pixels, at least 1
/// @param width columns in pixels, at least 1
public record Shape(int channels, int height, int width) {

  public Shape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new InvalidModelException(
          "shape %dx%dx%d: every dimension must be at least 1".formatted(channels, height, width));
    }
  }

  /// A vector of features: `features x 1 x 1`.
  public static Shape vector(int features) {
    return new Shape(features, 1, 1);
  }

  /// The number of values in one sample: channels x height x width.
  public long elements() {
    return (long) channels * height * width;
  }

  /// The number of positions of one channel: height x width.
  public int pixels() {
    return Math.multiplyExact(height, width);
  }

  /// Whether this is a vector of features (1x1 map).
  public boolean isVector() {
    return height == 1 && width == 1;
  }

  /// `64x32x32`, or `100` for a vector.
  @Override
  public String toString() {
    return isVector() ? Integer.toString(channels) : channels + "x" + height + "x" + width;
  }
}
