package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// What a band of rows of a convolution's result sees of as many images as a vector has lanes, one
/// image per lane (the layout CHWN, of which a vector is a part of N): zeros of the padding
/// included, `grid[block of channels][row][column][channel][image]`. A plain image is one block of
/// its channels.
///
/// @param plain whether images are plain
/// @param channels of the images
/// @param height rows of the images
/// @param width columns of the images
/// @param top rows of zeros above the image, or minus the rows left out
/// @param left columns of zeros left of it, or minus the columns left out
/// @param rows rows of the grid
/// @param columns columns of the grid
record ImageGrid(
    boolean plain, int channels, int height, int width, int top, int left, int rows, int columns) {

  private static final int LANES = Lanes.COUNT;
  private static final long V = Lanes.BYTES;

  /// Of a convolution's source, for so many rows of its result.
  static ImageGrid forward(ConvSpec c, boolean plain, int bandRows) {
    return new ImageGrid(
        plain,
        c.channels(),
        c.height(),
        c.width(),
        c.padding(),
        c.padding(),
        (bandRows - 1) * c.stride() + c.kernelHeight(),
        (c.outWidth() - 1) * c.stride() + c.kernelWidth());
  }

  /// Of the result's gradient, for so many rows of the source's; stride 1.
  static ImageGrid backwardData(ConvSpec c, int bandRows) {
    return new ImageGrid(
        false,
        c.filters(),
        c.outHeight(),
        c.outWidth(),
        c.kernelHeight() - 1 - c.padding(),
        c.kernelWidth() - 1 - c.padding(),
        bandRows + c.kernelHeight() - 1,
        c.width() + c.kernelWidth() - 1);
  }

  /// Of the result's gradient beside a grid of the source: as many columns, so that a pixel's
  /// number there is a multiple of its number here.
  static ImageGrid gradient(ConvSpec c, int bandRows) {
    return new ImageGrid(
        false,
        c.filters(),
        c.outHeight(),
        c.outWidth(),
        0,
        0,
        bandRows,
        (c.outWidth() - 1) * c.stride() + c.kernelWidth());
  }

  /// Vectors of one pixel: the channels of a block.
  private int vectors() {
    return plain ? channels : LANES;
  }

  private int blocks() {
    return plain ? 1 : WeightPacking.blocks(channels);
  }

  /// Bytes from one column to the next.
  long pixelBytes() {
    return vectors() * V;
  }

  /// Bytes from one row to the next.
  long rowBytes() {
    return columns * pixelBytes();
  }

  /// Bytes from one block of channels to the next.
  long blockBytes() {
    return rows * rowBytes();
  }

  /// Bytes of the grid, and of pixels behind it that tiles read and throw away.
  ///
  /// @param stride columns from one pixel of a tile to the next
  long bytes(int stride) {
    return blocks() * blockBytes() + stride * pixelBytes();
  }

  /// Bytes from a pixel to what it sees, per step: for each row of the kernel channel by channel,
  /// so that the steps of some rows follow each other.
  int[] offsets(int kernelHeight, int kernelWidth) {
    int[] offsets = new int[kernelHeight * channels * kernelWidth];
    for (int i = 0; i < offsets.length; i++) {
      int channel = i / kernelWidth % channels;
      int ky = i / kernelWidth / channels;
      long pixel = ky * rowBytes() + i % kernelWidth * pixelBytes();
      long block = channel / vectors() * blockBytes();
      offsets[i] = Math.toIntExact(block + pixel + channel % vectors() * V);
    }
    return offsets;
  }

  /// Where the weight of a step and a filter lies in the packed order.
  long packed(int step, int filter, int kernelHeight, int kernelWidth) {
    int channel = step / kernelWidth % channels;
    int tap = step / kernelWidth / channels * kernelWidth + step % kernelWidth;
    int taps = kernelHeight * kernelWidth;
    return WeightPacking.index(filter, channel, channels, tap, taps) * Float.BYTES;
  }

  /// Copies what the band sees whose first row sees row `y` of the image first (without padding).
  ///
  /// @param image the first image
  /// @param images how many; the lanes of others become zero
  void build(Tensor src, int image, int images, int y, MemorySegment dst, long at) {
    int firstColumn = Math.clamp(left, 0, columns);
    int count = Math.clamp((long) width - (firstColumn - left), 0, columns - firstColumn);
    for (int block = 0; block < blocks(); block++) {
      for (int r = 0; r < rows; r++) {
        long to = at + block * blockBytes() + r * rowBytes();
        int row = y + r - top;
        if (row < 0 || row >= height || count == 0) {
          Vectors.zero(dst, to, rowBytes());
          continue;
        }
        long pixel = (long) row * width + firstColumn - left;
        long from = image * src.imageStride() + block * src.blockStride() + pixel * vectors();
        long start = to + firstColumn * pixelBytes();
        long end = start + count * pixelBytes();
        Vectors.zero(dst, to, start - to);
        copy(src, from * Float.BYTES, images, count * vectors(), dst, start);
        Vectors.zero(dst, end, to + rowBytes() - end);
      }
    }
  }

  /// `count` floats, side by side in each image.
  private static void copy(
      Tensor src, long from, int images, int count, MemorySegment dst, long to) {
    long step = src.imageStride() * Float.BYTES;
    if (images < LANES || count < LANES) {
      copySlowly(src.segment(), from, step, images, count, dst, to);
      return;
    }
    for (int i = 0; i < count; i += LANES) {
      // The last square may overlap the one before.
      int first = Math.min(i, count - LANES);
      Squares.transpose(src.segment(), from + first * 4L, step, dst, to + first * V, V);
    }
  }

  private static void copySlowly(
      MemorySegment src, long from, long step, int images, int count, MemorySegment dst, long to) {
    for (int lane = 0; lane < LANES; lane++) {
      for (int i = 0; i < count; i++) {
        float value =
            lane < images ? src.get(JAVA_FLOAT_UNALIGNED, from + lane * step + i * 4L) : 0;
        dst.set(JAVA_FLOAT_UNALIGNED, to + i * V + lane * 4L, value);
      }
    }
  }
}
