package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// The mean of every channel over its pixels: `C x H x W -> C x 1 x 1`. Bound to one shape and
/// batch; one caller at a time.
public final class GlobalAveragePool {

  private static final long LANE_BYTES = Lanes.BYTES;

  private final int pixels;
  private final Planes planes;
  private final Parallel.Body forward = this::forward;
  private final Parallel.Body backward = this::backward;

  private Tensor src;
  private Tensor dst;
  private Tensor dDst;
  private Tensor dSrc;
  private boolean add;

  /// @param shape the input's
  /// @param batch samples of every call
  public GlobalAveragePool(Shape shape, int batch) {
    pixels = shape.pixels();
    planes = Planes.of(batch, shape);
  }

  /// `dst = ` the mean over all pixels of src.
  public void forward(Tensor src, Tensor dst, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    parallel.run(planes.pieces(), forward);
  }

  /// `dSrc = ` or `+= dDst / pixels` for every pixel.
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
      mean(src.segment(), planes.at(src, plane), pixels, dst.segment(), planes.at(dst, plane));
    }
  }

  private void backward(int piece, int thread) {
    for (int plane = planes.first(piece); plane < planes.end(piece); plane++) {
      long gAt = planes.at(dDst, plane);
      long rAt = planes.at(dSrc, plane);
      if (add) {
        addPart(dDst.segment(), gAt, pixels, dSrc.segment(), rAt);
      } else {
        setPart(dDst.segment(), gAt, pixels, dSrc.segment(), rAt);
      }
    }
  }

  /// Four sums at a time: an addition takes four cycles.
  private static void mean(MemorySegment s, long srcAt, int pixels, MemorySegment d, long dstAt) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector e = a;
    int whole = pixels & ~3;
    for (int p = 0; p < whole; p += 4) {
      long at = srcAt + p * LANE_BYTES;
      a = a.add(fromMemorySegment(SPECIES, s, at, ORDER));
      b = b.add(fromMemorySegment(SPECIES, s, at + LANE_BYTES, ORDER));
      c = c.add(fromMemorySegment(SPECIES, s, at + 2 * LANE_BYTES, ORDER));
      e = e.add(fromMemorySegment(SPECIES, s, at + 3 * LANE_BYTES, ORDER));
    }
    for (int p = whole; p < pixels; p++) {
      a = a.add(fromMemorySegment(SPECIES, s, srcAt + p * LANE_BYTES, ORDER));
    }
    a.add(b).add(c.add(e)).div(pixels).intoMemorySegment(d, dstAt, ORDER);
  }

  private static void setPart(MemorySegment g, long gAt, int pixels, MemorySegment r, long rAt) {
    FloatVector part = fromMemorySegment(SPECIES, g, gAt, ORDER).div(pixels);
    for (int p = 0; p < pixels; p++) {
      part.intoMemorySegment(r, rAt + p * LANE_BYTES, ORDER);
    }
  }

  private static void addPart(MemorySegment g, long gAt, int pixels, MemorySegment r, long rAt) {
    FloatVector part = fromMemorySegment(SPECIES, g, gAt, ORDER).div(pixels);
    for (int p = 0; p < pixels; p++) {
      long at = rAt + p * LANE_BYTES;
      fromMemorySegment(SPECIES, r, at, ORDER).add(part).intoMemorySegment(r, at, ORDER);
    }
  }
}
