package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.Parallel;
import lanewise.kernel.PoolSpec;
import lanewise.tensor.Tensor;

/// Average pooling on the blocked layout; padding counts as zeros, what ceil mode adds does not
/// count, as [PoolSpec] says. Bound to one spec and batch; one caller at a time.
public final class AveragePool {

  private static final long LANE_BYTES = Lanes.BYTES;

  private final PoolSpec spec;
  private final Planes planes;
  private final Parallel.Body forward = this::forward;
  private final Parallel.Body backward = this::backward;

  private Tensor src;
  private Tensor dst;
  private Tensor dDst;
  private Tensor dSrc;
  private boolean add;

  /// @param batch samples of every call
  public AveragePool(PoolSpec spec, int batch) {
    this.spec = spec;
    planes = Planes.of(batch, spec.input());
  }

  /// `dst = ` the mean of every window of src.
  public void forward(Tensor src, Tensor dst, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    parallel.run(planes.pieces(), forward);
  }

  /// `dSrc = ` or `+=` an equal part of the gradient of every window that a position is in.
  ///
  /// @param add whether to add to dSrc instead of overwriting it
  public void backward(Tensor dDst, Tensor dSrc, boolean add, Parallel parallel) {
    this.dDst = dDst;
    this.dSrc = dSrc;
    this.add = add;
    parallel.run(planes.pieces(), backward);
  }

  private void forward(int piece, int thread) {
    for (int plane = planes.first(piece); plane < planes.end(piece); plane++) {
      long srcAt = planes.at(src, plane);
      long dstAt = planes.at(dst, plane);
      for (int y = 0; y < spec.outHeight(); y++) {
        forwardRow(spec, y, src.segment(), srcAt, dst.segment(), dstAt);
        dstAt += spec.outWidth() * LANE_BYTES;
      }
    }
  }

  private void backward(int piece, int thread) {
    MemorySegment r = dSrc.segment();
    for (int plane = planes.first(piece); plane < planes.end(piece); plane++) {
      long gAt = planes.at(dDst, plane);
      long rAt = planes.at(dSrc, plane);
      int cleared = add ? spec.height() : 0;
      for (int y = 0; y < spec.outHeight(); y++) {
        int end = Windows.to(y, spec, spec.height());
        Windows.clear(spec, r, rAt, cleared, end);
        cleared = Math.max(cleared, end);
        backwardRow(spec, y, dDst.segment(), gAt, r, rAt);
        gAt += spec.outWidth() * LANE_BYTES;
      }
      Windows.clear(spec, r, rAt, cleared, spec.height());
    }
  }

  /// Adds up one position of all windows of the row after the other: the inner loops are long, and
  /// positions beyond the rim are left out by where such a loop starts and ends.
  private static void forwardRow(
      PoolSpec spec, int y, MemorySegment s, long srcAt, MemorySegment d, long dstAt) {
    int bottom = Windows.to(y, spec, spec.height());
    Vectors.zero(d, dstAt, spec.outWidth() * LANE_BYTES);
    for (int row = Windows.from(y, spec); row < bottom; row++) {
      for (int j = 0; j < spec.kernel(); j++) {
        int shift = j - spec.padding();
        int from = Math.max(0, Math.ceilDiv(-shift, spec.stride()));
        int to =
            Math.min(spec.outWidth(), Math.floorDiv(spec.width() - 1 - shift, spec.stride()) + 1);
        long at = srcAt + ((long) row * spec.width() + shift) * LANE_BYTES;
        add(s, at, spec.stride() * LANE_BYTES, d, dstAt, from, to);
      }
    }
    divide(spec, Windows.counted(y, spec, spec.height()), d, dstAt);
  }

  private static void add(
      MemorySegment s, long srcAt, long srcStep, MemorySegment d, long dstAt, int from, int to) {
    for (int x = from; x < to; x++) {
      long at = dstAt + x * LANE_BYTES;
      fromMemorySegment(SPECIES, d, at, ORDER)
          .add(fromMemorySegment(SPECIES, s, srcAt + x * srcStep, ORDER))
          .intoMemorySegment(d, at, ORDER);
    }
  }

  private static void divide(PoolSpec spec, int rows, MemorySegment d, long dstAt) {
    int width = spec.width();
    int columns = spec.outWidth();
    for (int x = 0; x < columns; x++) {
      float divisor = rows * Windows.counted(x, spec, width);
      long at = dstAt + x * LANE_BYTES;
      fromMemorySegment(SPECIES, d, at, ORDER).div(divisor).intoMemorySegment(d, at, ORDER);
    }
  }

  private static void backwardRow(
      PoolSpec spec, int y, MemorySegment g, long gAt, MemorySegment r, long rAt) {
    int width = spec.width();
    int columns = spec.outWidth();
    int top = Windows.from(y, spec);
    int bottom = Windows.to(y, spec, spec.height());
    int rows = Windows.counted(y, spec, spec.height());
    for (int x = 0; x < columns; x++) {
      int left = Windows.from(x, spec);
      int right = Windows.to(x, spec, width);
      float divisor = rows * Windows.counted(x, spec, width);
      FloatVector part = fromMemorySegment(SPECIES, g, gAt + x * LANE_BYTES, ORDER).div(divisor);
      for (int row = top; row < bottom; row++) {
        long at = rAt + row * width * LANE_BYTES;
        for (int column = left; column < right; column++) {
          long position = at + column * LANE_BYTES;
          fromMemorySegment(SPECIES, r, position, ORDER)
              .add(part)
              .intoMemorySegment(r, position, ORDER);
        }
      }
    }
  }
}
