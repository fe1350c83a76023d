package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// A 1x1 convolution as products: tiles are pixels, with one point each. Its pixels are gathered
/// side by side with all their channels, so that the products run over all channels in one loop
/// whatever the stride; with maps of 1x1 it is a linear layer.
///
/// @param height rows of the side without stride (forward: the result)
/// @param width columns of that side
/// @param srcStride from one row or column to the next in the source map
/// @param dstStride the same in the destination map
record PixelTransform(int height, int width, int srcStride, int dstStride)
    implements TileTransform {

  private static final long V = Lanes.BYTES;

  @Override
  public int points() {
    return 1;
  }

  @Override
  public int tilesPerImage() {
    return height * width;
  }

  @Override
  public int taps() {
    return 1;
  }

  @Override
  public boolean transformsWeights() {
    return false;
  }

  @Override
  public boolean leavesGaps() {
    return dstStride > 1;
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
    for (int tile = from; tile < to; ) {
      int count = run(tile, to, srcStride);
      long s = at(src, tile, block, srcStride);
      long t = at + (tile - from) * tileStep;
      if (srcStride == 1) {
        gather(src.segment(), s, count, dst, t, tileStep);
      } else {
        gather(src.segment(), s, srcStride * V, count, dst, t, tileStep);
      }
      tile += count;
    }
  }

  /// Pixels from `tile` on that lie one step apart: of one image, with a stride of one row.
  private int run(int tile, int to, int stride) {
    int inImage = tile % tilesPerImage();
    int left = stride == 1 ? tilesPerImage() - inImage : width - inImage % width;
    return Math.min(left, to - tile);
  }

  private long at(Tensor t, int tile, int block, int stride) {
    int inImage = tile % tilesPerImage();
    long pixel =
        (long) inImage / width * stride * t.shape().width() + (long) inImage % width * stride;
    long image = tile / tilesPerImage();
    return (image * t.imageStride() + block * t.blockStride()) * Float.BYTES + pixel * V;
  }

  private static void gather(
      MemorySegment src, long at, int count, MemorySegment dst, long to, long step) {
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * V, ORDER)
          .intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  private static void gather(
      MemorySegment src, long at, long stride, int count, MemorySegment dst, long to, long step) {
    for (int i = 0; i < count; i++) {
      fromMemorySegment(SPECIES, src, at + i * stride, ORDER)
          .intoMemorySegment(dst, to + i * step, ORDER);
    }
  }

  @Override
  public void weights(
      MemorySegment packed, long at, MemorySegment workspace, long tmp, long to, long step) {
    throw new IllegalStateException("the products take the packed weights");
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
      long t = at(dst, tile, block, dstStride);
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
      long at = at(dst, tile, block, dstStride);
      statistics.add(slot, block, dst.segment(), at, 1, 0, count);
      tile += count;
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

  private static void add(
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
