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
/// @param leavesGaps whether pixels of the destination map stay that are none of the result: zeros,
///     or as they were where the result is added
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

  /// Blocks that are gathered together at most.
  static final int MOST_BLOCKS = 4;

  /// How far [#copy] goes at most: half of the room behind a tensor, for one vector more.
  private static final long MOST_BYTES = Tensor.ROOM / 2;

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
  public void inputs(
      Tensor src,
      int from,
      int to,
      int block,
      int blocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long tileStep,
      long step) {
    boolean direct = isDirect(src);
    for (int b = 0; b < blocks; ) {
      int left = Math.min(blocks - b, MOST_BLOCKS);
      int inRow = kernelWidth - (block + b) % kernelWidth;
      int some = direct ? left : Math.min(left, inRow);
      for (int tile = from; tile < to; ) {
        long t = at + b * V + (tile - from) * tileStep;
        tile +=
            direct
                ? pixels(src, tile, to, block + b, some, dst, t, tileStep)
                : rowOfTaps(src, tile, to, block + b, some, dst, t, tileStep);
      }
      b += some;
    }
  }

  /// What pixels from `tile` on see of some blocks where a patch is a single pixel.
  ///
  /// @return the number of pixels
  private int pixels(
      Tensor src,
      int tile,
      int to,
      int block,
      int blocks,
      MemorySegment dst,
      long t,
      long tileStep) {
    long stride = srcStride * V;
    long between = (long) src.blockStride() * Float.BYTES;
    int count = Math.min(run(tile, to, srcStride), (int) (MOST_BYTES / stride));
    long s = at(src, tile, block, srcStride);
    copy(src.segment(), s, between, blocks, stride, count, dst, t, tileStep);
    return count;
  }

  /// Whether pixel (y, x) of the result sees pixel (y, x) times the stride of the source alone.
  private boolean isDirect(Tensor src) {
    boolean alone = taps() == 1 && top == 0 && left == 0;
    boolean whole = src.shape().height() == height && src.shape().width() == width;
    return alone && (srcStride > 1 || whole);
  }

  /// What some taps of one row of the kernel see of one block, for the pixels of one row of the
  /// result from `tile` on: zeros outside of the map.
  ///
  /// @param block the first of the taps, `[block of C][tap]`
  /// @return the number of pixels
  private int rowOfTaps(
      Tensor src, int tile, int to, int block, int taps, MemorySegment dst, long t, long tileStep) {
    int inImage = tile % tilesPerImage();
    int column = inImage % width;
    int count = Math.min(width - column, to - tile);
    count = Math.min(count, (int) (MOST_BYTES / (srcStride * V)));
    int tap = block % taps();
    int y = inImage / width * srcStride + tap / kernelWidth - top;
    if (y < 0 || y >= src.shape().height()) {
      for (int k = 0; k < taps; k++) {
        zero(dst, t + k * V, count, tileStep);
      }
      return count;
    }
    long image = (long) (tile / tilesPerImage()) * src.imageStride();
    int columns = src.shape().width();
    long line =
        (image + (long) (block / taps()) * src.blockStride()) * Float.BYTES + y * columns * V;
    int x = column * srcStride + tap % kernelWidth - left;
    // Pixels whose taps all lie inside of the map.
    int first = Math.clamp(Math.ceilDiv(-x, srcStride), 0, count);
    int end = Math.clamp(Math.floorDiv(columns - taps - x, srcStride) + 1L, first, count);
    rim(src, line, x, 0, first, taps, dst, t, tileStep);
    if (end > first) {
      long s = line + (x + first * srcStride) * V;
      long inside = t + first * tileStep;
      copy(src.segment(), s, V, taps, srcStride * V, end - first, dst, inside, tileStep);
    }
    rim(src, line, x, end, count, taps, dst, t, tileStep);
    return count;
  }

  /// The same of the pixels `from` to `to`, some of whose taps lie outside of the map.
  private void rim(
      Tensor src,
      long line,
      int x,
      int from,
      int to,
      int taps,
      MemorySegment dst,
      long t,
      long tileStep) {
    for (int i = from; i < to; i++) {
      for (int k = 0; k < taps; k++) {
        int at = x + i * srcStride + k;
        long there = t + i * tileStep + k * V;
        if (at >= 0 && at < src.shape().width()) {
          Vectors.copy(src.segment(), line + at * V, dst, there);
        } else {
          zero(dst, there, 1, 0);
        }
      }
    }
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

  @Override
  public int adjoining(int from, int to) {
    return dstStride == 1 ? run(from, to, 1) : 0;
  }

  @Override
  public long resultAt(Tensor dst, int tile, int block) {
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
    gather(src, at, V, count, dst, to, step);
  }

  /// Copies `count` vectors from `stride` bytes apart to `step` bytes apart.
  static void gather(
      MemorySegment src, long at, long stride, int count, MemorySegment dst, long to, long step) {
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * stride, ORDER)
          .intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  /// The same of up to [#MOST_BLOCKS] vectors, `between` bytes apart, to lie side by side: four are
  /// whole cache lines, which are then written once. Slices have a constant size, see
  /// [NarrowTiles#sliced2x6].
  ///
  /// @param src with [Tensor#ROOM] bytes behind the last vector
  /// @param count times `stride`, a number of floats, is [#MOST_BYTES] at most
  /// @param dst with as many vectors behind `to` as [#MOST_BLOCKS] even where they are fewer
  static void copy(
      MemorySegment src,
      long at,
      long between,
      int blocks,
      long stride,
      int count,
      MemorySegment dst,
      long to,
      long step) {
    // Slices that depend on a condition would be objects on the heap; offsets are none.
    MemorySegment s0 = src.asSlice(at, Tensor.ROOM);
    MemorySegment s1 = src.asSlice(blocks > 1 ? at + between : at, Tensor.ROOM);
    MemorySegment s2 = src.asSlice(blocks > 2 ? at + 2 * between : at, Tensor.ROOM);
    MemorySegment s3 = src.asSlice(blocks > 3 ? at + 3 * between : at, Tensor.ROOM);
    long s = 0;
    for (int i = 0; i < count; i++) {
      MemorySegment t = dst.asSlice(to + i * step, MOST_BLOCKS * V);
      fromMemorySegment(SPECIES, s0, s, ORDER).intoMemorySegment(t, 0, ORDER);
      if (blocks > 1) {
        fromMemorySegment(SPECIES, s1, s, ORDER).intoMemorySegment(t, V, ORDER);
        if (blocks > 2) {
          fromMemorySegment(SPECIES, s2, s, ORDER).intoMemorySegment(t, 2 * V, ORDER);
          if (blocks > 3) {
            fromMemorySegment(SPECIES, s3, s, ORDER).intoMemorySegment(t, 3 * V, ORDER);
          }
        }
      }
      s = (s + stride) & (MOST_BYTES - Float.BYTES); // i * stride
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
      long step) {
    long pair = (long) dstBlock * srcBlocks + srcBlock;
    gather(packed, at + pair * Lanes.COUNT * V, Lanes.COUNT, dst, to, V);
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
      long t = resultAt(dst, tile, block);
      long stride = dstStride * V;
      if (leavesGaps && bias != null) {
        clear(dst, tile, count, block);
      }
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

  /// Zeroes the destination's pixels from those of some tiles of one row to those of the next ones,
  /// to the right and below.
  private void clear(Tensor dst, int tile, int count, int block) {
    int y = tile % tilesPerImage() / width;
    int x = tile % width;
    int columns = dst.shape().width();
    int bottom = y + 1 == height ? dst.shape().height() : (y + 1) * dstStride;
    int right = x + count == width ? columns : (x + count) * dstStride;
    long at = at(dst, tile, block, dstStride);
    for (int row = y * dstStride; row < bottom; row++) {
      Vectors.zero(dst.segment(), at, (right - x * dstStride) * V);
      at += columns * V;
    }
  }

  @Override
  public void gather(Epilogue epilogue, int slot, int from, int to, int block, Tensor dst) {
    for (int tile = from; tile < to; ) {
      int count = run(tile, to, dstStride);
      long at = resultAt(dst, tile, block);
      epilogue.take(slot, block, dst.segment(), at, 1, 0, count);
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
