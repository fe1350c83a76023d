package lanewise.kernel;

import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;

/// The sizes of one 2-d convolution (cross-correlation, as in every framework), for one sample:
///
/// `dst[k, y, x] = bias[k] + sum over c, i, j of weights[k, c, i, j] * src[c, y*stride + i -
/// padding, x*stride + j - padding]`
///
/// with zeros outside of the map. With groups, output channels of group g see only the input
/// channels of group g; weights are `K x (C/groups) x kernelHeight x kernelWidth`.
///
/// @param channels input channels C, a multiple of groups
/// @param height input rows
/// @param width input columns
/// @param filters output channels K, a multiple of groups
/// @param kernelHeight rows of the kernel
/// @param kernelWidth columns of the kernel
/// @param stride step in both directions, at least 1
/// @param padding rows and columns of zeros on every side, at least 0
/// @param groups number of groups, at least 1
public record ConvSpec(
    int channels,
    int height,
    int width,
    int filters,
    int kernelHeight,
    int kernelWidth,
    int stride,
    int padding,
    int groups) {

  public ConvSpec {
    if (channels < 1
        || height < 1
        || width < 1
        || filters < 1
        || kernelHeight < 1
        || kernelWidth < 1) {
      throw new InvalidModelException(
          "convolution: every size must be at least 1, got "
              + text(
                  channels,
                  height,
                  width,
                  filters,
                  kernelHeight,
                  kernelWidth,
                  stride,
                  padding,
                  groups));
    }
    if (stride < 1 || padding < 0 || groups < 1) {
      throw new InvalidModelException(
          "convolution: stride and groups must be at least 1 and padding at least 0, got "
              + text(
                  channels,
                  height,
                  width,
                  filters,
                  kernelHeight,
                  kernelWidth,
                  stride,
                  padding,
                  groups));
    }
    if (channels % groups != 0 || filters % groups != 0) {
      throw new InvalidModelException(
          "convolution: %d input and %d output channels cannot be split into %d groups"
              .formatted(channels, filters, groups));
    }
    if (height + 2 * padding < kernelHeight || width + 2 * padding < kernelWidth) {
      throw new InvalidModelException(
          "convolution: the %dx%d kernel does not fit into the %dx%d map with padding %d"
              .formatted(kernelHeight, kernelWidth, height, width, padding));
    }
  }

  /// A square kernel without groups.
  public static ConvSpec of(Shape input, int filters, int kernel, int stride, int padding) {
    return new ConvSpec(
        input.channels(),
        input.height(),
        input.width(),
        filters,
        kernel,
        kernel,
        stride,
        padding,
        1);
  }

  /// Rows of the output.
  public int outHeight() {
    return (height + 2 * padding - kernelHeight) / stride + 1;
  }

  /// Columns of the output.
  public int outWidth() {
    return (width + 2 * padding - kernelWidth) / stride + 1;
  }

  /// Input channels that one output channel sees.
  public int channelsPerGroup() {
    return channels / groups;
  }

  /// Output channels of one group.
  public int filtersPerGroup() {
    return filters / groups;
  }

  /// Number of weights without biases.
  public long weights() {
    return (long) filters * channelsPerGroup() * kernelHeight * kernelWidth;
  }

  /// Multiply-adds of one sample's forward pass, padding counted (as the lecture and the papers
  /// count).
  public long multiplyAdds() {
    return weights() * outHeight() * outWidth();
  }

  /// Input shape.
  public Shape input() {
    return new Shape(channels, height, width);
  }

  /// Output shape.
  public Shape output() {
    return new Shape(filters, outHeight(), outWidth());
  }

  /// `64x32x32 -> 128, 3x3/2 pad 1`.
  @Override
  public String toString() {
    return text(
        channels, height, width, filters, kernelHeight, kernelWidth, stride, padding, groups);
  }

  private static String text(
      int c, int h, int w, int k, int kh, int kw, int stride, int padding, int groups) {
    return "%dx%dx%d -> %d, %dx%d/%d pad %d%s"
        .formatted(c, h, w, k, kh, kw, stride, padding, groups == 1 ? "" : " groups " + groups);
  }
}
