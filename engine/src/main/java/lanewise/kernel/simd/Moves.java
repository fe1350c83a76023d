package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Copies of values from place to place, overwriting or adding; offsets in bytes.
final class Moves {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private Moves() {}

  /// Whole vectors: `dst =` or, with `add`, `+= src`.
  static void vectors(
      MemorySegment src, long srcAt, MemorySegment dst, long dstAt, int count, boolean add) {
    if (add) {
      for (int i = 0; i < count; i++) {
        long offset = (long) i * BYTES;
        FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER)
            .add(FloatVector.fromMemorySegment(SPECIES, src, srcAt + offset, ORDER))
            .intoMemorySegment(dst, dstAt + offset, ORDER);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long offset = (long) i * BYTES;
      FloatVector.fromMemorySegment(SPECIES, src, srcAt + offset, ORDER)
          .intoMemorySegment(dst, dstAt + offset, ORDER);
    }
  }

  /// The same for the first `lanes` lanes of every vector; the others become, or stay, zero.
  static void firstLanes(
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int count,
      int lanes,
      boolean add) {
    FloatVector zero = FloatVector.zero(SPECIES);
    VectorMask<Float> used = SPECIES.indexInRange(0, lanes);
    if (add) {
      for (int i = 0; i < count; i++) {
        long offset = (long) i * BYTES;
        FloatVector x =
            zero.blend(FloatVector.fromMemorySegment(SPECIES, src, srcAt + offset, ORDER), used);
        FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER)
            .add(x)
            .intoMemorySegment(dst, dstAt + offset, ORDER);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long offset = (long) i * BYTES;
      zero.blend(FloatVector.fromMemorySegment(SPECIES, src, srcAt + offset, ORDER), used)
          .intoMemorySegment(dst, dstAt + offset, ORDER);
    }
  }

  /// Single values at equal distances: `dst[i * dstStep] =` or, with `add`, `+= src[i * srcStep]`.
  ///
  /// @param srcStep bytes from one value to the next
  /// @param dstStep the same of the destination
  static void values(
      MemorySegment src,
      long srcAt,
      int srcStep,
      MemorySegment dst,
      long dstAt,
      int dstStep,
      int count,
      boolean add) {
    if (add) {
      for (int i = 0; i < count; i++) {
        long to = dstAt + (long) i * dstStep;
        dst.set(FLOAT, to, dst.get(FLOAT, to) + src.get(FLOAT, srcAt + (long) i * srcStep));
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      dst.set(FLOAT, dstAt + (long) i * dstStep, src.get(FLOAT, srcAt + (long) i * srcStep));
    }
  }
}
