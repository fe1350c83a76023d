package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// A convolution as one product over patches (im2col): tiles are pixels of the result, with one
/// point each, and what a pixel sees is gathered side by side in the order of the packed weights,
/// `[block of C][tap][lanes of C]`. So products run over all channels of all taps in one loop,
/// whatever kernel, stride and padding. A 1x1 kernel is a plain product, and with maps of 1x1 it
/// is a linear layer.
///
/// @param height rows of the side without stride (forward: the result)
/// @param width columns of that side
/// @param srcStride from one row or column to the next in the source map
/// @param dstStride the same in the destination map
/// @param kernelHeight rows of a patch
/// @param kernelWidth columns of a patch
/// @param top rows of the patch of pixel (0, 0) above the source map, or minus those skipped
/// @param left columns of it left of the source map, or minus those skipped
/// @param dstTop row of the destination map that pixel (0, 0) is
/// @param dstLeft column of it
/// @param leavesGaps whether pixels of the destination map stay that are none of the result
record PatchTransform(
    int height,
    int width,
    int srcStride,
    int dstStride,
    int kernelHeight,
    int kernelWidth,
    int top,
    int left,
    int dstTop,
    int dstLeft,
    boolean leavesGaps)
    implements TileTransform {

  private static final long V = Lanes.BYTES;

  /// Patches of a convolution's source, for its result and for the gradient of its weights.
  static PatchTransform forward(ConvSpec c) {
    return new PatchTransform(
        c.outHeight(),
        c.outWidth(),
        c.stride(),
        1,
        c.kernelHeight(),
        c.kernelWidth(),
        c.padding(),
        c.padding(),
        0,
        0,
        false);
  }

  /// Patches of the result's gradient, for the source's: with stride 1 of the turned kernel, and
  /// of a 1x1 kernel, whose source pixels between the strides see nothing. [StridedData] has the
  /// others.
  static PatchTransform backwardData(ConvSpec c) {
    if (c.stride() > 1) {
      return new PatchTransform(c.outHeight(), c.outWidth(), 1, c.stride(), 1, 1, 0, 0, 0, 0, true);
    }
    int top = c.kernelHeight() - 1 - c.padding();
    int left = c.kernelWidth() - 1 - c.padding();
    return new PatchTransform(
        c.height(), c.width(), 1, 1, c.kernelHeight(), c.kernelWidth(), top, left, 0, 0, false);
  }

  /// Channels that a patch has side by side when all blocks are whole, of so many per pixel.
  int rows(int perPixel) {
    return Math.ceilDiv(perPixel, Lanes.COUNT) * Lanes.COUNT * taps();
  }

  /// The same without what fills up the last block, which can be left out where it comes last.
  int channels(int perPixel) {
    return taps() == 1 ? perPixel : rows(perPixel);
  }

  @Override
  public int points() {
    return 1;
  }

  @Override
  public int tilesPerImage() {
    return height * width;
  }

  private int taps() {
    return kernelHeight * kernelWidth;
  }

  @Override
  public boolean transformsWeights() {
    return false;
  }

  @Override
  public int scratchBytes() {
    return 0;
  }

  @Override
  public void input(
      Tensor src,
      int from,
      int to,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long tileStep,
      long step) {
    int tap = block % taps();
    int srcBlock = block / taps();
    boolean direct = isDirect(src);
    for (int tile = from; tile < to; ) {
      long t = at + (tile - from) * tileStep;
      if (!direct) {
        tile += rowOfTap(src, tile, to, srcBlock, tap, dst, t, tileStep);
        continue;
      }
      int count = run(tile, to, srcStride);
      long s = at(src, tile, srcBlock, srcStride);
      if (srcStride == 1) {
        gather(src.segment(), s, count, dst, t, tileStep);
      } else {
        gather(src.segment(), s, srcStride * V, count, dst, t, tileStep);
      }
      tile += count;
    }
  }

  /// Whether pixel (y, x) of the result sees pixel (y, x) times the stride of the source alone.
  private boolean isDirect(Tensor src) {
    boolean alone = taps() == 1 && top == 0 && left == 0;
    boolean whole = src.shape().height() == height && src.shape().width() == width;
    return alone && (srcStride > 1 || whole);
  }

  /// What one tap sees of one block, for the pixels of one row of the result from `tile` on: zeros
  /// outside of the map.
  ///
  /// @return the number of pixels
  private int rowOfTap(
      Tensor src,
      int tile,
      int to,
      int srcBlock,
      int tap,
      MemorySegment dst,
      long t,
      long tileStep) {
    int inImage = tile % tilesPerImage();
    int column = inImage % width;
    int count = Math.min(width - column, to - tile);
    int y = inImage / width * srcStride + tap / kernelWidth - top;
    int shift = tap % kernelWidth - left;
    int columns = src.shape().width();
    boolean inside = y >= 0 && y < src.shape().height();
    int first = inside ? Math.clamp(Math.ceilDiv(-shift, srcStride) - column, 0, count) : count;
    int end = Math.clamp(Math.floorDiv(columns - 1 - shift, srcStride) + 1L - column, first, count);
    zero(dst, t, first, tileStep);
    long image = tile / tilesPerImage();
    long pixel = (long) y * columns + (long) (column + first) * srcStride + shift;
    long s = (image * src.imageStride() + srcBlock * src.blockStride()) * Float.BYTES + pixel * V;
    if (end > first) {
      gather(src.segment(), s, srcStride * V, end - first, dst, t + first * tileStep, tileStep);
    }
    zero(dst, t + end * tileStep, count - end, tileStep);
    return count;
  }

  /// Zeroes `count` vectors, `step` bytes apart.
  static void zero(MemorySegment dst, long to, int count, long step) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < count; i++) {
      zero.intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  /// Pixels from `tile` on that lie one step apart: of one image, with a stride of one row.
  private int run(int tile, int to, int stride) {
    int inImage = tile % tilesPerImage();
    int there = stride == 1 ? tilesPerImage() - inImage : width - inImage % width;
    return Math.min(there, to - tile);
  }

  private long dstAt(Tensor dst, int tile, int block) {
    return at(dst, tile, block, dstStride) + ((long) dstTop * dst.shape().width() + dstLeft) * V;
  }

  private long at(Tensor t, int tile, int block, int stride) {
    int inImage = tile % tilesPerImage();
    long pixel =
        (long) inImage / width * stride * t.shape().width() + (long) inImage % width * stride;
    long image = tile / tilesPerImage();
    return (image * t.imageStride() + block * t.blockStride()) * Float.BYTES + pixel * V;
  }

  /// Copies `count` vectors side by side to `step` bytes apart.
  static void gather(MemorySegment src, long at, int count, MemorySegment dst, long to, long step) {
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * V, ORDER)
          .intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  /// Copies `count` vectors from `stride` bytes apart to `step` bytes apart.
  static void gather(
      MemorySegment src, long at, long stride, int count, MemorySegment dst, long to, long step) {
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * stride, ORDER)
          .intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  /// A copy: patches have the order of the packed weights.
  @Override
  public void weights(
      MemorySegment packed,
      long at,
      int dstBlock,
      int srcBlock,
      int srcBlocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long row,
      long step) {
    long pair = (long) dstBlock * srcBlocks + srcBlock;
    gather(packed, at + pair * Lanes.COUNT * V, Lanes.COUNT, dst, to, row);
  }

  @Override
  public void output(
      MemorySegment points,
      long at,
      long step,
      int from,
      int to,
      int block,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment scratch,
      long tmp) {
    for (int tile = from; tile < to; ) {
      int count = run(tile, to, dstStride);
      long s = at + (tile - from) * V;
      long t = dstAt(dst, tile, block);
      long stride = dstStride * V;
      if (bias == null) {
        add(points, s, count, dst.segment(), t, stride, floor);
      } else if (dstStride == 1) {
        put(points, s, count, bias, block * V, dst.segment(), t, floor);
      } else {
        put(points, s, count, bias, block * V, dst.segment(), t, stride, floor);
      }
      tile += count;
    }
  }

  @Override
  public void gather(
      ChannelStatistics statistics, int slot, int from, int to, int block, Tensor dst) {
    for (int tile = from; tile < to; ) {
      int count = run(tile, to, dstStride);
      long at = dstAt(dst, tile, block);
      statistics.add(slot, block, dst.segment(), at, 1, 0, count);
      tile += count;
    }
  }

  /// `dst = max(src + bias, floor)` of `count` vectors side by side.
  static void put(
      MemorySegment src,
      long at,
      int count,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long to,
      float floor) {
    FloatVector start = fromMemorySegment(SPECIES, bias, biasAt, ORDER);
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * V, ORDER)
          .add(start)
          .max(floor)
          .intoMemorySegment(dst, to + i * V, ORDER);
    }
  }

  private static void put(
      MemorySegment src,
      long at,
      int count,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long to,
      long stride,
      float floor) {
    FloatVector start = fromMemorySegment(SPECIES, bias, biasAt, ORDER);
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * V, ORDER)
          .add(start)
          .max(floor)
          .intoMemorySegment(dst, to + i * stride, ORDER);
    }
  }

  /// `dst = max(src + dst, floor)` of `count` vectors, those of dst `stride` bytes apart.
  static void add(
      MemorySegment src, long at, int count, MemorySegment dst, long to, long stride, float floor) {
    for (int i = 0; i < count; i++) {
      long t = to + i * stride;
      fromMemorySegment(SPECIES, src, at + i * V, ORDER)
          .add(fromMemorySegment(SPECIES, dst, t, ORDER))
          .max(floor)
          .intoMemorySegment(dst, t, ORDER);
    }
  }
}
