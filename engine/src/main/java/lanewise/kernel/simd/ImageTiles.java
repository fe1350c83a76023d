package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.IntVector.broadcast;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [ImageSums] and [ImageWeights], whose lanes are images.
///
/// Register budget, 16 registers: 12 accumulators, and the vectors that meet them. What is read at
/// an offset that the compiler cannot follow keeps its bounds check, which orders the loads around
/// it: [#sums] reads one pixel, then its 6 weights one by one, and the weights once more for the
/// second pixel, since with both pixels at once an accumulator is spilled. With 32 registers there
/// are up to 16 accumulators, and each weight, spread as an integer ([WideTiles]), meets both
/// pixels. [#gradient] reads through slices of a constant size, as [NarrowTiles#sliced2x6] does.
final class ImageTiles {

  private static final long V = Lanes.BYTES;

  /// Floats from the weights of one step to the next: a power of two, so that no bounds check stays
  /// in the loop.
  static final int STEP_FLOATS = 8;

  /// Bytes of the slices that [#gradient] reads pixels through: a band of rows, if rows are not
  /// long.
  private static final long SLICE = 4096 * V;

  /// Where the vector of a pixel may begin there. Also a mask, as that of [WinogradTransforms].
  private static final long FARTHEST = SLICE - V;

  /// Room that there must be behind all pixels; a gradient has two vectors side by side.
  static final long ROOM = SLICE + V;

  /// Filters and steps of one tile of [#gradient].
  static final int GRADIENT_FILTERS = 2;

  static final int GRADIENT_STEPS = 6;

  /// A pixel that there is not. Not final: the compiler must not know, or it would take out the
  /// branch that ends a basic block.
  private static int nowhere = -1;

  /// Whether there are 32 registers.
  private static final boolean WIDE = Lanes.COUNT != 8;

  private ImageTiles() {}

  /// Filters of one tile of [#sums], so that the last tile has few that are none.
  static int filters(int filters) {
    boolean eight = Math.ceilDiv(filters, 8) * 8 <= Math.ceilDiv(filters, 6) * 6;
    return WIDE && eight ? 8 : 6;
  }

  /// The results of [#filters] filters at the pixels of a row, two at a time:
  /// `dst[f][q] = sum over steps i of weights[i][f] * src[q + offset i]`.
  ///
  /// @param filters 6 or 8
  /// @param srcPixel from what a pixel sees to what the next one sees
  /// @param firstStep the first step to be summed over
  /// @param endStep the first behind them that is not
  /// @param pixels an odd number is rounded up
  /// @param dstFilter from one filter's results to the next; pixels lie side by side there
  static void sums(
      int filters,
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int firstStep,
      int endStep,
      int pixels,
      MemorySegment weights,
      long weightsAt,
      MemorySegment dst,
      long dstAt,
      long dstFilter) {
    if (filters == 8) {
      sums8x2(
          src, srcAt, srcPixel, offsets, firstStep, endStep, pixels, weights, weightsAt, dst, dstAt,
          dstFilter);
    } else if (WIDE) {
      sums6x2(
          src, srcAt, srcPixel, offsets, firstStep, endStep, pixels, weights, weightsAt, dst, dstAt,
          dstFilter);
    } else {
      narrow6x2(
          src, srcAt, srcPixel, offsets, firstStep, endStep, pixels, weights, weightsAt, dst, dstAt,
          dstFilter);
    }
  }

  private static void sums8x2(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int firstStep,
      int endStep,
      int pixels,
      MemorySegment weights,
      long weightsAt,
      MemorySegment dst,
      long dstAt,
      long dstFilter) {
    for (int q = 0; q < pixels; q += 2) {
      long s = srcAt + q * srcPixel;
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a30 = a00;
      FloatVector a31 = a00;
      FloatVector a40 = a00;
      FloatVector a41 = a00;
      FloatVector a50 = a00;
      FloatVector a51 = a00;
      FloatVector a60 = a00;
      FloatVector a61 = a00;
      FloatVector a70 = a00;
      FloatVector a71 = a00;
      for (int i = firstStep; i < endStep; i++) {
        long at = s + offsets[i];
        long w = weightsAt + i * (STEP_FLOATS * 4L);
        FloatVector x0 = fromMemorySegment(SPECIES, src, at, ORDER);
        FloatVector x1 = fromMemorySegment(SPECIES, src, at + srcPixel, ORDER);
        FloatVector v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w)).reinterpretAsFloats();
        a00 = v.fma(x0, a00);
        a01 = v.fma(x1, a01);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 4)).reinterpretAsFloats();
        a10 = v.fma(x0, a10);
        a11 = v.fma(x1, a11);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 8)).reinterpretAsFloats();
        a20 = v.fma(x0, a20);
        a21 = v.fma(x1, a21);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 12)).reinterpretAsFloats();
        a30 = v.fma(x0, a30);
        a31 = v.fma(x1, a31);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 16)).reinterpretAsFloats();
        a40 = v.fma(x0, a40);
        a41 = v.fma(x1, a41);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 20)).reinterpretAsFloats();
        a50 = v.fma(x0, a50);
        a51 = v.fma(x1, a51);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 24)).reinterpretAsFloats();
        a60 = v.fma(x0, a60);
        a61 = v.fma(x1, a61);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 28)).reinterpretAsFloats();
        a70 = v.fma(x0, a70);
        a71 = v.fma(x1, a71);
      }
      long d = dstAt + q * V;
      a00.intoMemorySegment(dst, d, ORDER);
      a01.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a10.intoMemorySegment(dst, d, ORDER);
      a11.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a20.intoMemorySegment(dst, d, ORDER);
      a21.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a30.intoMemorySegment(dst, d, ORDER);
      a31.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a40.intoMemorySegment(dst, d, ORDER);
      a41.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a50.intoMemorySegment(dst, d, ORDER);
      a51.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a60.intoMemorySegment(dst, d, ORDER);
      a61.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a70.intoMemorySegment(dst, d, ORDER);
      a71.intoMemorySegment(dst, d + V, ORDER);
    }
  }

  private static void sums6x2(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int firstStep,
      int endStep,
      int pixels,
      MemorySegment weights,
      long weightsAt,
      MemorySegment dst,
      long dstAt,
      long dstFilter) {
    for (int q = 0; q < pixels; q += 2) {
      long s = srcAt + q * srcPixel;
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a30 = a00;
      FloatVector a31 = a00;
      FloatVector a40 = a00;
      FloatVector a41 = a00;
      FloatVector a50 = a00;
      FloatVector a51 = a00;
      for (int i = firstStep; i < endStep; i++) {
        long at = s + offsets[i];
        long w = weightsAt + i * (STEP_FLOATS * 4L);
        FloatVector x0 = fromMemorySegment(SPECIES, src, at, ORDER);
        FloatVector x1 = fromMemorySegment(SPECIES, src, at + srcPixel, ORDER);
        FloatVector v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w)).reinterpretAsFloats();
        a00 = v.fma(x0, a00);
        a01 = v.fma(x1, a01);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 4)).reinterpretAsFloats();
        a10 = v.fma(x0, a10);
        a11 = v.fma(x1, a11);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 8)).reinterpretAsFloats();
        a20 = v.fma(x0, a20);
        a21 = v.fma(x1, a21);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 12)).reinterpretAsFloats();
        a30 = v.fma(x0, a30);
        a31 = v.fma(x1, a31);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 16)).reinterpretAsFloats();
        a40 = v.fma(x0, a40);
        a41 = v.fma(x1, a41);
        v = broadcast(INTS, weights.get(JAVA_INT_UNALIGNED, w + 20)).reinterpretAsFloats();
        a50 = v.fma(x0, a50);
        a51 = v.fma(x1, a51);
      }
      long d = dstAt + q * V;
      a00.intoMemorySegment(dst, d, ORDER);
      a01.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a10.intoMemorySegment(dst, d, ORDER);
      a11.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a20.intoMemorySegment(dst, d, ORDER);
      a21.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a30.intoMemorySegment(dst, d, ORDER);
      a31.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a40.intoMemorySegment(dst, d, ORDER);
      a41.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a50.intoMemorySegment(dst, d, ORDER);
      a51.intoMemorySegment(dst, d + V, ORDER);
    }
  }

  /// 6 filters with 16 registers: one pixel after the other.
  private static void narrow6x2(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int firstStep,
      int endStep,
      int pixels,
      MemorySegment weights,
      long weightsAt,
      MemorySegment dst,
      long dstAt,
      long dstFilter) {
    for (int q = 0; q < pixels; q += 2) {
      long s = srcAt + q * srcPixel;
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a30 = a00;
      FloatVector a31 = a00;
      FloatVector a40 = a00;
      FloatVector a41 = a00;
      FloatVector a50 = a00;
      FloatVector a51 = a00;
      for (int i = firstStep; i < endStep; i++) {
        long at = s + offsets[i];
        long w = weightsAt + i * (STEP_FLOATS * 4L);
        FloatVector x = fromMemorySegment(SPECIES, src, at, ORDER);
        FloatVector v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w));
        a00 = v.fma(x, a00);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 4));
        a10 = v.fma(x, a10);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 8));
        a20 = v.fma(x, a20);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 12));
        a30 = v.fma(x, a30);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 16));
        a40 = v.fma(x, a40);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 20));
        a50 = v.fma(x, a50);
        x = fromMemorySegment(SPECIES, src, at + srcPixel, ORDER);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w));
        a01 = v.fma(x, a01);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 4));
        a11 = v.fma(x, a11);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 8));
        a21 = v.fma(x, a21);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 12));
        a31 = v.fma(x, a31);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 16));
        a41 = v.fma(x, a41);
        v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 20));
        a51 = v.fma(x, a51);
      }
      long d = dstAt + q * V;
      a00.intoMemorySegment(dst, d, ORDER);
      a01.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a10.intoMemorySegment(dst, d, ORDER);
      a11.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a20.intoMemorySegment(dst, d, ORDER);
      a21.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a30.intoMemorySegment(dst, d, ORDER);
      a31.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a40.intoMemorySegment(dst, d, ORDER);
      a41.intoMemorySegment(dst, d + V, ORDER);
      d += dstFilter;
      a50.intoMemorySegment(dst, d, ORDER);
      a51.intoMemorySegment(dst, d + V, ORDER);
    }
  }

  /// Adds the products of two filters' gradients and what the pixels of some rows see at 6 steps,
  /// image by image: `sums[f][i] += gradient[f][q] * src[q + offset i]` for all pixels q.
  ///
  /// @param srcPixel from what a pixel sees to what the next one sees
  /// @param step the first step
  /// @param columns pixels of a row
  /// @param rowPixels from one row to the next
  /// @param gradientPixel from one pixel to the next; the filters lie side by side
  static void gradient(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int step,
      int rows,
      int columns,
      int rowPixels,
      MemorySegment gradient,
      long gradientAt,
      long gradientPixel,
      MemorySegment sums,
      long at) {
    int most = Math.toIntExact(FARTHEST / Math.max(srcPixel, gradientPixel)) + 1;
    int width = Math.min(columns, most);
    int height = width < columns ? 1 : (most - columns) / rowPixels + 1;
    for (int row = 0; row < rows; row += height) {
      for (int column = 0; column < columns; column += width) {
        long first = (long) row * rowPixels + column;
        gradientPiece(
            src,
            srcAt + first * srcPixel,
            srcPixel,
            offsets,
            step,
            Math.min(height, rows - row),
            Math.min(width, columns - column),
            rowPixels,
            gradient,
            gradientAt + first * gradientPixel,
            gradientPixel,
            sums,
            at);
      }
    }
  }

  /// The same for pixels that all lie in a slice.
  private static void gradientPiece(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int step,
      int rows,
      int columns,
      int rowPixels,
      MemorySegment gradient,
      long gradientAt,
      long gradientPixel,
      MemorySegment sums,
      long at) {
    MemorySegment x0 = src.asSlice(srcAt + offsets[step], SLICE);
    MemorySegment x1 = src.asSlice(srcAt + offsets[step + 1], SLICE);
    MemorySegment x2 = src.asSlice(srcAt + offsets[step + 2], SLICE);
    MemorySegment x3 = src.asSlice(srcAt + offsets[step + 3], SLICE);
    MemorySegment x4 = src.asSlice(srcAt + offsets[step + 4], SLICE);
    MemorySegment x5 = src.asSlice(srcAt + offsets[step + 5], SLICE);
    MemorySegment g = gradient.asSlice(gradientAt, ROOM);
    MemorySegment sum = sums.asSlice(at, 12 * V);
    FloatVector a00 = fromMemorySegment(SPECIES, sum, 0, ORDER);
    FloatVector a01 = fromMemorySegment(SPECIES, sum, V, ORDER);
    FloatVector a02 = fromMemorySegment(SPECIES, sum, 2 * V, ORDER);
    FloatVector a03 = fromMemorySegment(SPECIES, sum, 3 * V, ORDER);
    FloatVector a04 = fromMemorySegment(SPECIES, sum, 4 * V, ORDER);
    FloatVector a05 = fromMemorySegment(SPECIES, sum, 5 * V, ORDER);
    FloatVector a10 = fromMemorySegment(SPECIES, sum, 6 * V, ORDER);
    FloatVector a11 = fromMemorySegment(SPECIES, sum, 7 * V, ORDER);
    FloatVector a12 = fromMemorySegment(SPECIES, sum, 8 * V, ORDER);
    FloatVector a13 = fromMemorySegment(SPECIES, sum, 9 * V, ORDER);
    FloatVector a14 = fromMemorySegment(SPECIES, sum, 10 * V, ORDER);
    FloatVector a15 = fromMemorySegment(SPECIES, sum, 11 * V, ORDER);
    int nowhere = ImageTiles.nowhere;
    for (int row = 0; row < rows; row++) {
      int first = row * rowPixels;
      for (int q = first; q < first + columns; q++) {
        long i = q * srcPixel & FARTHEST;
        long j = q * gradientPixel & FARTHEST;
        FloatVector g0 = fromMemorySegment(SPECIES, g, j, ORDER);
        FloatVector g1 = fromMemorySegment(SPECIES, g, j + V, ORDER);
        FloatVector x = fromMemorySegment(SPECIES, x0, i, ORDER);
        a00 = x.fma(g0, a00);
        a10 = x.fma(g1, a10);
        x = fromMemorySegment(SPECIES, x1, i, ORDER);
        a01 = x.fma(g0, a01);
        a11 = x.fma(g1, a11);
        if (q == nowhere) {
          break;
        }
        x = fromMemorySegment(SPECIES, x2, i, ORDER);
        a02 = x.fma(g0, a02);
        a12 = x.fma(g1, a12);
        x = fromMemorySegment(SPECIES, x3, i, ORDER);
        a03 = x.fma(g0, a03);
        a13 = x.fma(g1, a13);
        x = fromMemorySegment(SPECIES, x4, i, ORDER);
        a04 = x.fma(g0, a04);
        a14 = x.fma(g1, a14);
        x = fromMemorySegment(SPECIES, x5, i, ORDER);
        a05 = x.fma(g0, a05);
        a15 = x.fma(g1, a15);
      }
    }
    a00.intoMemorySegment(sum, 0, ORDER);
    a01.intoMemorySegment(sum, V, ORDER);
    a02.intoMemorySegment(sum, 2 * V, ORDER);
    a03.intoMemorySegment(sum, 3 * V, ORDER);
    a04.intoMemorySegment(sum, 4 * V, ORDER);
    a05.intoMemorySegment(sum, 5 * V, ORDER);
    a10.intoMemorySegment(sum, 6 * V, ORDER);
    a11.intoMemorySegment(sum, 7 * V, ORDER);
    a12.intoMemorySegment(sum, 8 * V, ORDER);
    a13.intoMemorySegment(sum, 9 * V, ORDER);
    a14.intoMemorySegment(sum, 10 * V, ORDER);
    a15.intoMemorySegment(sum, 11 * V, ORDER);
  }
}
