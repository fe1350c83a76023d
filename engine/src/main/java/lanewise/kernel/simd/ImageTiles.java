package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [ImageSums] and [ImageWeights], whose lanes are images.
///
/// Register budget: 12 accumulators, and the vectors that meet them. What is read at an offset that
/// the compiler cannot follow keeps its bounds check, which orders the loads around it: with 16
/// registers [#sums] reads one pixel, then its 6 weights one by one, and the weights once more for
/// the second pixel, since with both pixels at once an accumulator is spilled. With 32 each weight
/// meets both. [#gradient] reads through slices of a constant size, as [NarrowTiles#sliced2x6]
/// does.
final class ImageTiles {

  private static final long V = Lanes.BYTES;

  /// Filters of one tile of [#sums].
  static final int FILTERS = 6;

  /// Floats from the weights of one step to the next: a power of two, so that no bounds check stays
  /// in the loop.
  static final int STEP_FLOATS = 8;

  /// Bytes of the slices that [#gradient] reads pixels through, and room that there must be behind
  /// all pixels.
  static final long SLICE = 1024 * V;

  /// Where the vectors of a pixel may begin there; two lie side by side in a gradient. Also a mask,
  /// as that of [WinogradTransforms].
  private static final long FARTHEST = SLICE / 2 - V;

  /// Filters and steps of one tile of [#gradient].
  static final int GRADIENT_FILTERS = 2;

  static final int GRADIENT_STEPS = 6;

  /// A pixel that there is not. Not final: the compiler must not know, or it would take out the
  /// branch that ends a basic block.
  private static int nowhere = -1;

  /// Whether there are registers for both pixels of [#sums]: spreading a weight over 512 bits takes
  /// longer than its multiply-add (GFLOP/s of 117: 105, one pixel after the other 83).
  private static final boolean BOTH_PIXELS = Lanes.COUNT != 8;

  private ImageTiles() {}

  /// The results of 6 filters at the pixels of a row, two at a time:
  /// `dst[f][q] = sum over steps i of weights[i][f] * src[q + offset i]`.
  ///
  /// @param srcPixel from what a pixel sees to what the next one sees
  /// @param firstStep the first step to be summed over
  /// @param endStep the first behind them that is not
  /// @param pixels an odd number is rounded up
  /// @param dstFilter from one filter's results to the next; pixels lie side by side there
  static void sums(
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
        if (BOTH_PIXELS) {
          FloatVector x1 = fromMemorySegment(SPECIES, src, at + srcPixel, ORDER);
          FloatVector v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w));
          a00 = v.fma(x, a00);
          a01 = v.fma(x1, a01);
          v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 4));
          a10 = v.fma(x, a10);
          a11 = v.fma(x1, a11);
          v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 8));
          a20 = v.fma(x, a20);
          a21 = v.fma(x1, a21);
          v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 12));
          a30 = v.fma(x, a30);
          a31 = v.fma(x1, a31);
          v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 16));
          a40 = v.fma(x, a40);
          a41 = v.fma(x1, a41);
          v = broadcast(SPECIES, weights.get(JAVA_FLOAT_UNALIGNED, w + 20));
          a50 = v.fma(x, a50);
          a51 = v.fma(x1, a51);
          continue;
        }
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

  /// Adds the products of two filters' gradients and what the pixels see at 6 steps, image by
  /// image:
  /// `sums[f][i] += gradient[f][q] * src[q + offset i]` for all pixels q.
  ///
  /// @param srcPixel from what a pixel sees to what the next one sees
  /// @param step the first step
  /// @param gradientPixel from one pixel to the next; the filters lie side by side
  static void gradient(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int step,
      int pixels,
      MemorySegment gradient,
      long gradientAt,
      long gradientPixel,
      MemorySegment sums,
      long at) {
    int most = Math.toIntExact(FARTHEST / Math.max(srcPixel, gradientPixel)) + 1;
    for (int q = 0; q < pixels; q += most) {
      gradientPiece(
          src,
          srcAt + q * srcPixel,
          srcPixel,
          offsets,
          step,
          Math.min(most, pixels - q),
          gradient,
          gradientAt + q * gradientPixel,
          gradientPixel,
          sums,
          at);
    }
  }

  /// The same for pixels that all lie in a slice.
  private static void gradientPiece(
      MemorySegment src,
      long srcAt,
      long srcPixel,
      int[] offsets,
      int step,
      int pixels,
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
    MemorySegment g = gradient.asSlice(gradientAt, SLICE);
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
    for (int q = 0; q < pixels; q++) {
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
