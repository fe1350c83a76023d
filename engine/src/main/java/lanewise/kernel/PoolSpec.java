package lanewise.kernel;

import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;

/// The sizes of one pooling layer, for one sample. Padded positions never win a maximum; an average
/// divides by the number of positions of the window that lie inside the padded map (PyTorch's
/// `count_include_pad=True`: padding counts, what ceil mode adds beyond it does not).
///
/// @param channels channels C, unchanged by pooling
/// @param height input rows
/// @param width input columns
/// @param kernel rows and columns of the window
/// @param stride step in both directions
/// @param padding rows and columns added on every side, at most half the kernel
/// @param ceilMode round the output size up instead of down; a window must start inside the map or
///     its left padding
public record PoolSpec(
    int channels, int height, int width, int kernel, int stride, int padding, boolean ceilMode) {

  public PoolSpec {
    if (channels < 1 || height < 1 || width < 1 || kernel < 1 || stride < 1 || padding < 0) {
      throw new InvalidModelException(
          "pooling: sizes and stride must be at least 1 and padding at least 0, got %dx%dx%d, kernel %d, stride %d, padding %d"
              .formatted(channels, height, width, kernel, stride, padding));
    }
    if (padding > kernel / 2) {
      throw new InvalidModelException(
          "pooling: padding %d is more than half the kernel %d".formatted(padding, kernel));
    }
    if (height + 2 * padding < kernel || width + 2 * padding < kernel) {
      throw new InvalidModelException(
          "pooling: the %dx%d window does not fit into the %dx%d map with padding %d"
              .formatted(kernel, kernel, height, width, padding));
    }
  }

  /// Floor mode.
  public static PoolSpec of(Shape input, int kernel, int stride, int padding) {
    return new PoolSpec(
        input.channels(), input.height(), input.width(), kernel, stride, padding, false);
  }

  /// Rows of the output.
  public int outHeight() {
    return outSize(height);
  }

  /// Columns of the output.
  public int outWidth() {
    return outSize(width);
  }

  /// Input shape.
  public Shape input() {
    return new Shape(channels, height, width);
  }

  /// Output shape.
  public Shape output() {
    return new Shape(channels, outHeight(), outWidth());
  }

  private int outSize(int size) {
    int room = size + 2 * padding - kernel;
    int out = (ceilMode ? Math.ceilDiv(room, stride) : room / stride) + 1;
    return ceilMode && (out - 1) * stride >= size + padding ? out - 1 : out;
  }
}
