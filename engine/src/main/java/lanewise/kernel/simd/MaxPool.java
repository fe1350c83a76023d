package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import lanewise.kernel.Parallel;
import lanewise.kernel.PoolSpec;
import lanewise.tensor.Tensor;

/// Maximum pooling on the blocked layout. Bound to one spec and batch; one caller at a time.
///
/// The unrolled windows clamp rows and columns to the map. At the rim they see some positions
/// twice, which changes neither the maximum nor which position in row-major order is the first to
/// hold it, so they need no special case.
///
/// Backward finds the winner again by comparing src with dst, and takes the gradient away from the
/// positions after it. A NaN in a window makes its output NaN, whose gradient goes to the window's
/// first position.
public final class MaxPool {

  private static final long LANE_BYTES = Lanes.BYTES;

  private final PoolSpec spec;
  private final Planes planes;
  // One per thread, or null where windows are of another size or maps small.
  private final SeparableMaxPool[] separable;
  private final Parallel.Body forward = this::forward;
  private final Parallel.Body backward = this::backward;

  private Tensor src;
  private Tensor dst;
  private Tensor dDst;
  private Tensor dSrc;
  private boolean add;

  /// @param batch samples of every call
  /// @param threads of the [Parallel] of every call
  public MaxPool(PoolSpec spec, int batch, int threads) {
    this.spec = spec;
    planes = Planes.of(batch, spec.input());
    if (SeparableMaxPool.suits(spec)) {
      separable = new SeparableMaxPool[threads];
      Arrays.setAll(separable, thread -> new SeparableMaxPool(spec));
    } else {
      separable = null;
    }
  }

  /// `dst = ` the maximum of every window of src.
  public void forward(Tensor src, Tensor dst, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    parallel.run(planes.pieces(), forward);
  }

  /// `dSrc = ` or `+=` the gradients of the windows that a position wins; among equals the first in
  /// row-major order wins.
  ///
  /// @param dst what [#forward] made of src
  /// @param add whether to add to dSrc instead of overwriting it
  public void backward(
      Tensor src, Tensor dst, Tensor dDst, Tensor dSrc, boolean add, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    this.dDst = dDst;
    this.dSrc = dSrc;
    this.add = add;
    parallel.run(planes.pieces(), backward);
  }

  private void forward(int piece, int thread) {
    MemorySegment s = src.segment();
    MemorySegment d = dst.segment();
    for (int plane = planes.first(piece); plane < planes.end(piece); plane++) {
      long srcAt = planes.at(src, plane);
      long dstAt = planes.at(dst, plane);
      if (separable != null) {
        separable[thread].forward(s, srcAt, d, dstAt);
        continue;
      }
      for (int y = 0; y < spec.outHeight(); y++) {
        switch (spec.kernel()) {
          case 2 -> forward2x2(spec, s, row(srcAt, y, 0), row(srcAt, y, 1), d, dstAt);
          case 3 ->
              forward3x3(spec, s, row(srcAt, y, 0), row(srcAt, y, 1), row(srcAt, y, 2), d, dstAt);
          default -> forwardAny(spec, y, s, srcAt, d, dstAt);
        }
        dstAt += spec.outWidth() * LANE_BYTES;
      }
    }
  }

  private void backward(int piece, int thread) {
    MemorySegment s = src.segment();
    MemorySegment d = dst.segment();
    MemorySegment g = dDst.segment();
    MemorySegment r = dSrc.segment();
    for (int plane = planes.first(piece); plane < planes.end(piece); plane++) {
      long srcAt = planes.at(src, plane);
      long dstAt = planes.at(dst, plane);
      long gAt = planes.at(dDst, plane);
      long rAt = planes.at(dSrc, plane);
      int cleared = add ? spec.height() : 0;
      for (int y = 0; y < spec.outHeight(); y++) {
        int end = Windows.to(y, spec, spec.height());
        Windows.clear(spec, r, rAt, cleared, end);
        cleared = Math.max(cleared, end);
        long row0 = row(0, y, 0);
        long row1 = row(0, y, 1);
        switch (spec.kernel()) {
          case 2 -> backward2x2(spec, row0, row1, s, srcAt, d, dstAt, g, gAt, r, rAt);
          case 3 -> backward3x3(spec, y, s, srcAt, d, dstAt, g, gAt, r, rAt);
          default -> backwardAny(spec, y, s, srcAt, d, dstAt, g, gAt, r, rAt);
        }
        dstAt += spec.outWidth() * LANE_BYTES;
        gAt += spec.outWidth() * LANE_BYTES;
      }
      Windows.clear(spec, r, rAt, cleared, spec.height());
    }
  }

  /// The byte at which row `i` of output row `y`'s windows starts.
  private long row(long planeAt, int y, int i) {
    int row = Windows.clamp(y * spec.stride() - spec.padding() + i, spec.height());
    return planeAt + row * spec.width() * LANE_BYTES;
  }

  private static void forward2x2(
      PoolSpec spec, MemorySegment s, long row0, long row1, MemorySegment d, long dstAt) {
    int width = spec.width();
    int stride = spec.stride();
    int columns = spec.outWidth();
    int left = -spec.padding();
    for (int x = 0; x < columns; x++) {
      long c0 = Windows.clamp(left, width) * LANE_BYTES;
      long c1 = Windows.clamp(left + 1, width) * LANE_BYTES;
      FloatVector upper =
          fromMemorySegment(SPECIES, s, row0 + c0, ORDER)
              .max(fromMemorySegment(SPECIES, s, row0 + c1, ORDER));
      FloatVector lower =
          fromMemorySegment(SPECIES, s, row1 + c0, ORDER)
              .max(fromMemorySegment(SPECIES, s, row1 + c1, ORDER));
      upper.max(lower).intoMemorySegment(d, dstAt + x * LANE_BYTES, ORDER);
      left += stride;
    }
  }

  private static void forward3x3(
      PoolSpec spec,
      MemorySegment s,
      long row0,
      long row1,
      long row2,
      MemorySegment d,
      long dstAt) {
    int width = spec.width();
    int stride = spec.stride();
    int columns = spec.outWidth();
    int left = -spec.padding();
    for (int x = 0; x < columns; x++) {
      long c0 = Windows.clamp(left, width) * LANE_BYTES;
      long c1 = Windows.clamp(left + 1, width) * LANE_BYTES;
      long c2 = Windows.clamp(left + 2, width) * LANE_BYTES;
      FloatVector a =
          fromMemorySegment(SPECIES, s, row0 + c0, ORDER)
              .max(fromMemorySegment(SPECIES, s, row1 + c0, ORDER))
              .max(fromMemorySegment(SPECIES, s, row2 + c0, ORDER));
      FloatVector b =
          fromMemorySegment(SPECIES, s, row0 + c1, ORDER)
              .max(fromMemorySegment(SPECIES, s, row1 + c1, ORDER))
              .max(fromMemorySegment(SPECIES, s, row2 + c1, ORDER));
      FloatVector c =
          fromMemorySegment(SPECIES, s, row0 + c2, ORDER)
              .max(fromMemorySegment(SPECIES, s, row1 + c2, ORDER))
              .max(fromMemorySegment(SPECIES, s, row2 + c2, ORDER));
      a.max(b).max(c).intoMemorySegment(d, dstAt + x * LANE_BYTES, ORDER);
      left += stride;
    }
  }

  private static void forwardAny(
      PoolSpec spec, int y, MemorySegment s, long srcAt, MemorySegment d, long dstAt) {
    int width = spec.width();
    int columns = spec.outWidth();
    int top = Windows.from(y, spec);
    int bottom = Windows.to(y, spec, spec.height());
    for (int x = 0; x < columns; x++) {
      int left = Windows.from(x, spec);
      int right = Windows.to(x, spec, width);
      FloatVector max = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
      for (int row = top; row < bottom; row++) {
        long at = srcAt + row * width * LANE_BYTES;
        for (int column = left; column < right; column++) {
          max = max.max(fromMemorySegment(SPECIES, s, at + column * LANE_BYTES, ORDER));
        }
      }
      max.intoMemorySegment(d, dstAt + x * LANE_BYTES, ORDER);
    }
  }

  private static void backward2x2(
      PoolSpec spec,
      long row0,
      long row1,
      MemorySegment s,
      long srcAt,
      MemorySegment d,
      long dstAt,
      MemorySegment g,
      long gAt,
      MemorySegment r,
      long rAt) {
    int width = spec.width();
    int stride = spec.stride();
    int columns = spec.outWidth();
    int left = -spec.padding();
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int x = 0; x < columns; x++) {
      long c0 = Windows.clamp(left, width) * LANE_BYTES;
      long c1 = Windows.clamp(left + 1, width) * LANE_BYTES;
      left += stride;
      FloatVector max = fromMemorySegment(SPECIES, d, dstAt + x * LANE_BYTES, ORDER);
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + x * LANE_BYTES, ORDER);
      VectorMask<Float> loses =
          fromMemorySegment(SPECIES, s, srcAt + row0 + c0, ORDER).compare(VectorOperators.LT, max);
      fromMemorySegment(SPECIES, r, rAt + row0 + c0, ORDER)
          .add(v.blend(zero, loses))
          .intoMemorySegment(r, rAt + row0 + c0, ORDER);
      v = zero.blend(v, loses);
      loses =
          fromMemorySegment(SPECIES, s, srcAt + row0 + c1, ORDER).compare(VectorOperators.LT, max);
      fromMemorySegment(SPECIES, r, rAt + row0 + c1, ORDER)
          .add(v.blend(zero, loses))
          .intoMemorySegment(r, rAt + row0 + c1, ORDER);
      v = zero.blend(v, loses);
      loses =
          fromMemorySegment(SPECIES, s, srcAt + row1 + c0, ORDER).compare(VectorOperators.LT, max);
      fromMemorySegment(SPECIES, r, rAt + row1 + c0, ORDER)
          .add(v.blend(zero, loses))
          .intoMemorySegment(r, rAt + row1 + c0, ORDER);
      v = zero.blend(v, loses);
      loses =
          fromMemorySegment(SPECIES, s, srcAt + row1 + c1, ORDER).compare(VectorOperators.LT, max);
      fromMemorySegment(SPECIES, r, rAt + row1 + c1, ORDER)
          .add(v.blend(zero, loses))
          .intoMemorySegment(r, rAt + row1 + c1, ORDER);
    }
  }

  /// The rows are a loop, because the compiler gives up on nine unrolled positions.
  private static void backward3x3(
      PoolSpec spec,
      int y,
      MemorySegment s,
      long srcAt,
      MemorySegment d,
      long dstAt,
      MemorySegment g,
      long gAt,
      MemorySegment r,
      long rAt) {
    int width = spec.width();
    int stride = spec.stride();
    int columns = spec.outWidth();
    int top = Windows.from(y, spec);
    int bottom = Windows.to(y, spec, spec.height());
    int left = -spec.padding();
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int x = 0; x < columns; x++) {
      long c0 = Windows.clamp(left, width) * LANE_BYTES;
      long c1 = Windows.clamp(left + 1, width) * LANE_BYTES;
      long c2 = Windows.clamp(left + 2, width) * LANE_BYTES;
      left += stride;
      FloatVector max = fromMemorySegment(SPECIES, d, dstAt + x * LANE_BYTES, ORDER);
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + x * LANE_BYTES, ORDER);
      for (int row = top; row < bottom; row++) {
        long at = row * width * LANE_BYTES;
        VectorMask<Float> loses =
            fromMemorySegment(SPECIES, s, srcAt + at + c0, ORDER).compare(VectorOperators.LT, max);
        fromMemorySegment(SPECIES, r, rAt + at + c0, ORDER)
            .add(v.blend(zero, loses))
            .intoMemorySegment(r, rAt + at + c0, ORDER);
        v = zero.blend(v, loses);
        loses =
            fromMemorySegment(SPECIES, s, srcAt + at + c1, ORDER).compare(VectorOperators.LT, max);
        fromMemorySegment(SPECIES, r, rAt + at + c1, ORDER)
            .add(v.blend(zero, loses))
            .intoMemorySegment(r, rAt + at + c1, ORDER);
        v = zero.blend(v, loses);
        loses =
            fromMemorySegment(SPECIES, s, srcAt + at + c2, ORDER).compare(VectorOperators.LT, max);
        fromMemorySegment(SPECIES, r, rAt + at + c2, ORDER)
            .add(v.blend(zero, loses))
            .intoMemorySegment(r, rAt + at + c2, ORDER);
        v = zero.blend(v, loses);
      }
    }
  }

  private static void backwardAny(
      PoolSpec spec,
      int y,
      MemorySegment s,
      long srcAt,
      MemorySegment d,
      long dstAt,
      MemorySegment g,
      long gAt,
      MemorySegment r,
      long rAt) {
    int width = spec.width();
    int columns = spec.outWidth();
    int top = Windows.from(y, spec);
    int bottom = Windows.to(y, spec, spec.height());
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int x = 0; x < columns; x++) {
      int left = Windows.from(x, spec);
      int right = Windows.to(x, spec, width);
      FloatVector max = fromMemorySegment(SPECIES, d, dstAt + x * LANE_BYTES, ORDER);
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + x * LANE_BYTES, ORDER);
      for (int row = top; row < bottom; row++) {
        long at = row * width * LANE_BYTES;
        for (int column = left; column < right; column++) {
          long position = at + column * LANE_BYTES;
          VectorMask<Float> loses =
              fromMemorySegment(SPECIES, s, srcAt + position, ORDER)
                  .compare(VectorOperators.LT, max);
          fromMemorySegment(SPECIES, r, rAt + position, ORDER)
              .add(v.blend(zero, loses))
              .intoMemorySegment(r, rAt + position, ORDER);
          v = zero.blend(v, loses);
        }
      }
    }
  }
}
