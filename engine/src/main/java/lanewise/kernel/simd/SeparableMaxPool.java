package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.PoolSpec;

/// Maximum pooling with windows of 3x3, one plane at a time, in two steps: the maxima of three
/// columns of each row, then those of three rows. The first step serves all windows that see the
/// row: with stride 1 four comparisons instead of eight, each of which is five instructions where a
/// NaN has to stay one.
///
/// The maxima are kept for the three rows that a window sees, or, where the map keeps its size and
/// is small, for all: then loops run over the whole plane, since rows of 4 or 8 vectors would take
/// longer to begin and to end than to compare. For one thread at a time.
final class SeparableMaxPool {

  private static final int KERNEL = 3;

  /// Windows in a row; with fewer, beginning and ending loops takes longer than what is saved.
  private static final int LEAST_WINDOWS = 8;

  /// Positions of a map that is taken as a whole: fewer are faster window by window, the maxima of
  /// more would not stay in the first-level cache.
  private static final int LEAST_POSITIONS = 16;

  private static final int MOST_POSITIONS = 16 * 1024 / Lanes.BYTES;

  private static final long V = Lanes.BYTES;

  private final PoolSpec spec;
  private final int rowFloats;
  private final float[] maxima;
  // Windows that lie inside of the map's columns.
  private final int firstInside;
  private final int endInside;

  SeparableMaxPool(PoolSpec spec) {
    this.spec = spec;
    rowFloats = spec.outWidth() * COUNT;
    maxima = new float[(isWhole(spec) ? spec.height() : KERNEL) * rowFloats];
    int first = Math.ceilDiv(spec.padding(), spec.stride());
    int end = Math.floorDiv(spec.width() - KERNEL + spec.padding(), spec.stride()) + 1;
    firstInside = Math.clamp(first, 0, spec.outWidth());
    endInside = Math.clamp(end, firstInside, spec.outWidth());
  }

  /// Whether this pools so, and faster than window by window.
  static boolean suits(PoolSpec spec) {
    return spec.kernel() == KERNEL && (spec.outWidth() >= LEAST_WINDOWS || isWhole(spec));
  }

  private static boolean isWhole(PoolSpec spec) {
    int positions = spec.height() * spec.width();
    boolean keepsSize = spec.stride() == 1 && spec.padding() == 1;
    return keepsSize && positions >= LEAST_POSITIONS && positions <= MOST_POSITIONS;
  }

  /// Where the maxima of a row are kept.
  private int place(int row) {
    return row % KERNEL * rowFloats;
  }

  private long rowBytes() {
    return spec.width() * V;
  }

  private long outRowBytes() {
    return spec.outWidth() * V;
  }

  /// Writes the maxima of a plane's windows.
  void forward(MemorySegment src, long srcAt, MemorySegment dst, long dstAt) {
    if (isWhole(spec)) {
      whole(src, srcAt, dst, dstAt);
      return;
    }
    int row = 0;
    for (int y = 0; y < spec.outHeight(); y++) {
      int top = Windows.from(y, spec);
      int last = Windows.to(y, spec, spec.height()) - 1;
      for (row = Math.max(row, top); row <= last; row++) {
        rowMaxima(src, srcAt + row * rowBytes(), place(row));
      }
      // At the rim a row is seen twice, which changes nothing.
      int middle = place(Math.min(top + 1, last));
      long to = dstAt + y * outRowBytes();
      windowMaxima(maxima, place(top), middle, place(last), spec.outWidth(), dst, to);
    }
  }

  /// The same of a map that keeps its size.
  private void whole(MemorySegment src, long srcAt, MemorySegment dst, long dstAt) {
    int height = spec.height();
    int width = spec.width();
    maxima(src, srcAt, height * width - 2, maxima, COUNT);
    // At both ends of a row these have seen another one.
    for (int row = 0; row < height; row++) {
      long at = srcAt + row * rowBytes();
      rimMaxima(src, at, 0, 1, row * rowFloats);
      rimMaxima(src, at, width - 1, width, row * rowFloats);
    }
    int last = (height - 1) * rowFloats;
    int beforeLast = Math.max(0, last - rowFloats);
    windowMaxima(maxima, 0, 0, Math.min(rowFloats, last), width, dst, dstAt);
    int inside = (height - 2) * width;
    windowMaxima(maxima, 0, rowFloats, 2 * rowFloats, inside, dst, dstAt + rowBytes());
    windowMaxima(maxima, beforeLast, last, last, width, dst, dstAt + (height - 1) * rowBytes());
  }

  /// The maxima of three neighbours. By a constant step, which checks leave the loop for.
  private static void maxima(MemorySegment src, long at, int count, float[] maxima, int to) {
    for (int x = 0; x < count; x++) {
      long i = at + x * V;
      fromMemorySegment(SPECIES, src, i, ORDER)
          .max(fromMemorySegment(SPECIES, src, i + V, ORDER))
          .max(fromMemorySegment(SPECIES, src, i + 2 * V, ORDER))
          .intoArray(maxima, to + x * COUNT);
    }
  }

  /// The maxima of three columns of a row, at every window.
  private void rowMaxima(MemorySegment src, long at, int to) {
    rimMaxima(src, at, 0, firstInside, to);
    long inside = at + ((long) firstInside * spec.stride() - spec.padding()) * V;
    int count = endInside - firstInside;
    maxima(src, inside, spec.stride() * V, count, maxima, to + firstInside * COUNT);
    rimMaxima(src, at, endInside, spec.outWidth(), to);
  }

  /// The same of windows some of whose columns may lie outside of the map: the nearest column,
  /// which they have too, stands for those.
  private void rimMaxima(MemorySegment src, long at, int from, int end, int to) {
    for (int x = from; x < end; x++) {
      int left = x * spec.stride() - spec.padding();
      long c0 = at + Windows.clamp(left, spec.width()) * V;
      long c1 = at + Windows.clamp(left + 1, spec.width()) * V;
      long c2 = at + Windows.clamp(left + 2, spec.width()) * V;
      fromMemorySegment(SPECIES, src, c0, ORDER)
          .max(fromMemorySegment(SPECIES, src, c1, ORDER))
          .max(fromMemorySegment(SPECIES, src, c2, ORDER))
          .intoArray(maxima, to + x * COUNT);
    }
  }

  private static void maxima(
      MemorySegment src, long at, long step, int count, float[] maxima, int to) {
    for (int x = 0; x < count; x++) {
      long i = at + x * step;
      fromMemorySegment(SPECIES, src, i, ORDER)
          .max(fromMemorySegment(SPECIES, src, i + V, ORDER))
          .max(fromMemorySegment(SPECIES, src, i + 2 * V, ORDER))
          .intoArray(maxima, to + x * COUNT);
    }
  }

  private static void windowMaxima(
      float[] maxima, int row0, int row1, int row2, int count, MemorySegment dst, long to) {
    for (int x = 0; x < count; x++) {
      int i = x * COUNT;
      fromArray(SPECIES, maxima, row0 + i)
          .max(fromArray(SPECIES, maxima, row1 + i))
          .max(fromArray(SPECIES, maxima, row2 + i))
          .intoMemorySegment(dst, to + x * V, ORDER);
    }
  }
}
