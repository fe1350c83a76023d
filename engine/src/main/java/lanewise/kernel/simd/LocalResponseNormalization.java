package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Local response normalization across channels (Krizhevsky et al. 2012) with PyTorch's constants:
/// `dst = src / scale^beta`, `scale = k + alpha / size * sum of src^2` over the channels from
/// `c - size / 2` to `c + (size - 1) / 2`. Bound to one shape and batch; one caller at a time.
///
/// The window runs across lanes and blocks. So the squares of some pixels go to scratch memory with
/// all channels of a pixel side by side and zeros around them, and every sum is `size` loads that
/// are each one channel further on. Backward does the same with the gradients of the scales.
public final class LocalResponseNormalization {

  /// Pixels of one piece of work: enough that scratch memory has left the store buffer when it is
  /// read in other units than it was written in.
  private static final int PIXELS = 16;

  private static final long LANE_BYTES = Lanes.BYTES;

  private final int batch;
  private final int blocks;
  private final int pixels;
  private final int groups;
  private final int size;
  private final float factor;
  private final float beta;
  private final float k;
  private final long marginBytes;
  private final long rowBytes;
  private final Parallel.Body forward = this::forward;
  private final Parallel.Body backward = this::backward;

  private Tensor src;
  private Tensor dst;
  private Tensor dDst;
  private Tensor dSrc;
  private boolean add;
  private MemorySegment workspace;

  /// @param batch samples of every call
  /// @param size channels of the window
  /// @param k positive, so that every scale is
  public LocalResponseNormalization(
      Shape shape, int batch, int size, double alpha, double beta, double k) {
    this.batch = batch;
    this.size = size;
    this.factor = (float) (alpha / size);
    this.beta = (float) beta;
    this.k = (float) k;
    blocks = Tensor.blocks(shape.channels(), Lanes.COUNT);
    pixels = shape.pixels();
    groups = Math.ceilDiv(pixels, PIXELS);
    marginBytes = marginBytes(size);
    rowBytes = rowBytes(blocks, size);
  }

  /// Bytes of scratch memory that the passes need.
  public static long workspaceBytes(Shape shape, int size, int threads) {
    return threads * threadBytes(rowBytes(Tensor.blocks(shape.channels(), Lanes.COUNT), size));
  }

  /// Squares and slopes of all channels, scales and powers of one block.
  private static long threadBytes(long rowBytes) {
    return 2 * PIXELS * (rowBytes + LANE_BYTES);
  }

  private static long marginBytes(int size) {
    return Math.ceilDiv(size / 2, Lanes.COUNT) * LANE_BYTES;
  }

  private static long rowBytes(int blocks, int size) {
    return blocks * LANE_BYTES + 2 * marginBytes(size);
  }

  /// `dst = src / scale^beta`.
  public void forward(Tensor src, Tensor dst, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    this.workspace = workspace;
    parallel.run(batch * groups, forward);
  }

  /// `dSrc = ` or `+=` the gradient of src.
  ///
  /// @param add whether to add to dSrc instead of overwriting it
  public void backward(
      Tensor src,
      Tensor dDst,
      Tensor dSrc,
      boolean add,
      MemorySegment workspace,
      Parallel parallel) {
    this.src = src;
    this.dDst = dDst;
    this.dSrc = dSrc;
    this.add = add;
    this.workspace = workspace;
    parallel.run(batch * groups, backward);
  }

  private void forward(int piece, int thread) {
    long rows = thread * threadBytes(rowBytes);
    long scales = rows + 2 * PIXELS * rowBytes;
    int count = count(piece);
    squares(piece, rows);
    for (int block = 0; block < blocks; block++) {
      slide(workspace, window(rows, block, size / 2), rowBytes, size, factor, k, scales, count);
      power(workspace, scales, scales, beta, count);
      normalize(
          workspace,
          scales,
          src.segment(),
          at(src, piece, block),
          dst.segment(),
          at(dst, piece, block),
          count);
    }
  }

  private void backward(int piece, int thread) {
    long rows = thread * threadBytes(rowBytes);
    long slopeRows = rows + PIXELS * rowBytes;
    long scales = slopeRows + PIXELS * rowBytes;
    long powers = scales + PIXELS * LANE_BYTES;
    int count = count(piece);
    squares(piece, rows);
    clearMargins(slopeRows);
    for (int block = 0; block < blocks; block++) {
      slide(workspace, window(rows, block, size / 2), rowBytes, size, factor, k, scales, count);
      power(workspace, scales, powers, beta, count);
      if (!add) {
        Vectors.zero(dSrc.segment(), at(dSrc, piece, block), count * LANE_BYTES);
      }
      ownGradient(
          workspace,
          scales,
          powers,
          window(slopeRows, block, 0),
          rowBytes,
          src.segment(),
          at(src, piece, block),
          dDst.segment(),
          at(dDst, piece, block),
          dSrc.segment(),
          at(dSrc, piece, block),
          count);
    }
    // a channel is in the windows from c - (size - 1) / 2 to c + size / 2: the mirror image
    for (int block = 0; block < blocks; block++) {
      slide(
          workspace,
          window(slopeRows, block, (size - 1) / 2),
          rowBytes,
          size,
          -2 * factor * beta,
          0,
          scales,
          count);
      neighboursGradient(
          workspace,
          scales,
          src.segment(),
          at(src, piece, block),
          dSrc.segment(),
          at(dSrc, piece, block),
          count);
    }
  }

  private int count(int piece) {
    return Math.min(PIXELS, pixels - piece % groups * PIXELS);
  }

  /// The byte of a tensor at which a piece's pixels of one block start.
  private long at(Tensor t, int piece, int block) {
    long floats = piece / groups * t.imageStride() + (long) block * t.blockStride();
    return floats * Float.BYTES + piece % groups * PIXELS * LANE_BYTES;
  }

  /// The byte of scratch memory at which the first pixel's window for a block starts.
  private long window(long rows, int block, int channelsBelow) {
    return rows + marginBytes + block * LANE_BYTES - (long) channelsBelow * Float.BYTES;
  }

  private void squares(int piece, long rows) {
    clearMargins(rows);
    for (int block = 0; block < blocks; block++) {
      square(
          src.segment(),
          at(src, piece, block),
          workspace,
          window(rows, block, 0),
          rowBytes,
          count(piece));
    }
  }

  private void clearMargins(long rows) {
    for (int p = 0; p < PIXELS; p++) {
      Vectors.zero(workspace, rows + p * rowBytes, marginBytes);
      Vectors.zero(workspace, rows + (p + 1) * rowBytes - marginBytes, marginBytes);
    }
  }

  private static void square(
      MemorySegment s, long srcAt, MemorySegment w, long at, long rowBytes, int count) {
    for (int p = 0; p < count; p++) {
      FloatVector v = fromMemorySegment(SPECIES, s, srcAt + p * LANE_BYTES, ORDER);
      v.mul(v).intoMemorySegment(w, at + p * rowBytes, ORDER);
    }
  }

  /// `factor * sum + offset` for the windows of one block.
  private static void slide(
      MemorySegment w,
      long at,
      long rowBytes,
      int size,
      float factor,
      float offset,
      long to,
      int count) {
    FloatVector a = FloatVector.broadcast(SPECIES, factor);
    FloatVector b = FloatVector.broadcast(SPECIES, offset);
    for (int p = 0; p < count; p++) {
      long from = at + p * rowBytes;
      FloatVector sum = fromMemorySegment(SPECIES, w, from, ORDER);
      for (int i = 1; i < size; i++) {
        sum = sum.add(fromMemorySegment(SPECIES, w, from + i * 4L, ORDER));
      }
      sum.fma(a, b).intoMemorySegment(w, to + p * LANE_BYTES, ORDER);
    }
  }

  private static void power(MemorySegment w, long scales, long powers, float beta, int count) {
    if (beta == 0.75f) { // AlexNet's
      twoRoots(w, scales, powers, count);
    } else {
      anyPower(w, scales, powers, beta, count);
    }
  }

  private static void twoRoots(MemorySegment w, long scales, long powers, int count) {
    for (int p = 0; p < count; p++) {
      FloatVector root = fromMemorySegment(SPECIES, w, scales + p * LANE_BYTES, ORDER).sqrt();
      root.mul(root.sqrt()).intoMemorySegment(w, powers + p * LANE_BYTES, ORDER);
    }
  }

  /// One by one: a power of vectors allocates at some lane counts.
  private static void anyPower(MemorySegment w, long scales, long powers, float beta, int count) {
    int floats = count * Lanes.COUNT;
    for (int i = 0; i < floats; i++) {
      long at = (long) i * Float.BYTES;
      double scale = w.get(ValueLayout.JAVA_FLOAT, scales + at);
      w.set(ValueLayout.JAVA_FLOAT, powers + at, (float) Math.pow(scale, beta));
    }
  }

  private static void normalize(
      MemorySegment w,
      long powers,
      MemorySegment s,
      long srcAt,
      MemorySegment d,
      long dstAt,
      int count) {
    for (int p = 0; p < count; p++) {
      long i = p * LANE_BYTES;
      fromMemorySegment(SPECIES, s, srcAt + i, ORDER)
          .div(fromMemorySegment(SPECIES, w, powers + i, ORDER))
          .intoMemorySegment(d, dstAt + i, ORDER);
    }
  }

  /// Adds a channel's own part to dSrc and leaves `dDst * src / scale^(beta + 1)`, what the other
  /// parts have in common, in scratch memory.
  private static void ownGradient(
      MemorySegment w,
      long scales,
      long powers,
      long slopes,
      long rowBytes,
      MemorySegment s,
      long srcAt,
      MemorySegment g,
      long gAt,
      MemorySegment r,
      long rAt,
      int count) {
    for (int p = 0; p < count; p++) {
      long i = p * LANE_BYTES;
      FloatVector own =
          fromMemorySegment(SPECIES, g, gAt + i, ORDER)
              .div(fromMemorySegment(SPECIES, w, powers + i, ORDER));
      FloatVector slope =
          own.mul(fromMemorySegment(SPECIES, s, srcAt + i, ORDER))
              .div(fromMemorySegment(SPECIES, w, scales + i, ORDER));
      slope.intoMemorySegment(w, slopes + p * rowBytes, ORDER);
      own.add(fromMemorySegment(SPECIES, r, rAt + i, ORDER)).intoMemorySegment(r, rAt + i, ORDER);
    }
  }

  private static void neighboursGradient(
      MemorySegment w,
      long sums,
      MemorySegment s,
      long srcAt,
      MemorySegment r,
      long rAt,
      int count) {
    for (int p = 0; p < count; p++) {
      long i = p * LANE_BYTES;
      fromMemorySegment(SPECIES, s, srcAt + i, ORDER)
          .fma(
              fromMemorySegment(SPECIES, w, sums + i, ORDER),
              fromMemorySegment(SPECIES, r, rAt + i, ORDER))
          .intoMemorySegment(r, rAt + i, ORDER);
    }
  }
}
