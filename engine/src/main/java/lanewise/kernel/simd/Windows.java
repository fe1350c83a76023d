package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.PoolSpec;

/// The rows and columns of pooling windows. Every window has at least one position inside the map.
final class Windows {

  private Windows() {}

  /// First row or column inside the map of output `i`'s window.
  static int from(int i, PoolSpec spec) {
    return Math.max(0, i * spec.stride() - spec.padding());
  }

  /// The row or column after the last inside the map.
  static int to(int i, PoolSpec spec, int size) {
    return Math.min(size, i * spec.stride() - spec.padding() + spec.kernel());
  }

  /// Rows or columns of the window that lie inside the padded map: what an average divides by. Ceil
  /// mode can reach beyond on the far sides.
  static int counted(int i, PoolSpec spec, int size) {
    return Math.min(spec.kernel(), size + 2 * spec.padding() - i * spec.stride());
  }

  /// The position inside the map that is nearest; it lies in the same window.
  static int clamp(int position, int size) {
    return Math.max(0, Math.min(position, size - 1));
  }

  /// Zeroes rows `from` to `to` of a plane, if any. Called row by row just before the windows that
  /// add to them, so that the rows are in the cache then.
  static void clear(PoolSpec spec, MemorySegment plane, long at, int from, int to) {
    if (from < to) {
      long rowBytes = (long) spec.width() * Lanes.BYTES;
      Vectors.zero(plane, at + from * rowBytes, (to - from) * rowBytes);
    }
  }
}
