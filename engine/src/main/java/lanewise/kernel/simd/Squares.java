package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Transposes squares of lanes x lanes values: for each bit of a lane's number, rows that differ in
/// it exchange the lanes that differ in it.
final class Squares {

  private static final int LANES = Lanes.COUNT;

  private static final VectorShuffle<Float> SWAP1 = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);
  private static final VectorShuffle<Float> SWAP2 = VectorShuffle.fromOp(SPECIES, i -> i ^ 2);
  private static final VectorShuffle<Float> SWAP4 =
      VectorShuffle.fromOp(SPECIES, i -> (i ^ 4) % LANES);
  private static final VectorMask<Float> HAS1 = mask(1);
  private static final VectorMask<Float> HAS2 = mask(2);
  private static final VectorMask<Float> HAS4 = mask(4);

  /// Lanes of two rows, one behind the other, that make the first of them after the exchange, from
  /// `bit * lanes` on for each bit.
  private static final float[] LOWER = lanes(false);

  /// The same of the second.
  private static final float[] UPPER = lanes(true);

  private Squares() {}

  private static float[] lanes(boolean upper) {
    float[] lanes = new float[LANES * LANES];
    for (int bit = 1; bit < LANES; bit *= 2) {
      for (int i = 0; i < LANES; i++) {
        boolean second = (i & bit) != 0;
        lanes[bit * LANES + i] = (second == upper ? i : i ^ bit) + (second ? LANES : 0);
      }
    }
    return lanes;
  }

  private static VectorMask<Float> mask(int bit) {
    long lanes = 0;
    for (int i = 0; i < LANES; i++) {
      lanes |= (i & bit) != 0 ? 1L << i : 0;
    }
    return VectorMask.fromLong(SPECIES, lanes);
  }

  /// @param step bytes from one row to the next of the square at `from`
  /// @param toStep the same of the transposed square at `to`; both squares may be the same
  static void transpose(
      MemorySegment src, long from, long step, MemorySegment dst, long to, long toStep) {
    if (LANES == 8) {
      eight(src, from, step, dst, to, toStep);
      return;
    }
    for (int bit = 1; bit < LANES; bit *= 2) {
      boolean first = bit == 1;
      exchange(first ? src : dst, first ? from : to, first ? step : toStep, dst, to, toStep, bit);
    }
  }

  /// With permutations of two sources, which these vector widths have.
  private static void exchange(
      MemorySegment src, long from, long step, MemorySegment dst, long to, long toStep, int bit) {
    FloatVector lower = FloatVector.fromArray(SPECIES, LOWER, bit * LANES);
    FloatVector upper = FloatVector.fromArray(SPECIES, UPPER, bit * LANES);
    for (int i = 0; i < LANES; i++) {
      if ((i & bit) == 0) {
        FloatVector a = fromMemorySegment(SPECIES, src, from + i * step, ORDER);
        FloatVector b = fromMemorySegment(SPECIES, src, from + (i + bit) * step, ORDER);
        lower.selectFrom(a, b).intoMemorySegment(dst, to + i * toStep, ORDER);
        upper.selectFrom(a, b).intoMemorySegment(dst, to + (i + bit) * toStep, ORDER);
      }
    }
  }

  /// All in registers.
  private static void eight(
      MemorySegment src, long from, long step, MemorySegment dst, long to, long toStep) {
    FloatVector a0 = fromMemorySegment(SPECIES, src, from, ORDER);
    FloatVector a1 = fromMemorySegment(SPECIES, src, from + step, ORDER);
    FloatVector a2 = fromMemorySegment(SPECIES, src, from + 2 * step, ORDER);
    FloatVector a3 = fromMemorySegment(SPECIES, src, from + 3 * step, ORDER);
    FloatVector a4 = fromMemorySegment(SPECIES, src, from + 4 * step, ORDER);
    FloatVector a5 = fromMemorySegment(SPECIES, src, from + 5 * step, ORDER);
    FloatVector a6 = fromMemorySegment(SPECIES, src, from + 6 * step, ORDER);
    FloatVector a7 = fromMemorySegment(SPECIES, src, from + 7 * step, ORDER);
    FloatVector b0 = a0.blend(a4.rearrange(SWAP4), HAS4);
    FloatVector b4 = a0.rearrange(SWAP4).blend(a4, HAS4);
    FloatVector b1 = a1.blend(a5.rearrange(SWAP4), HAS4);
    FloatVector b5 = a1.rearrange(SWAP4).blend(a5, HAS4);
    FloatVector b2 = a2.blend(a6.rearrange(SWAP4), HAS4);
    FloatVector b6 = a2.rearrange(SWAP4).blend(a6, HAS4);
    FloatVector b3 = a3.blend(a7.rearrange(SWAP4), HAS4);
    FloatVector b7 = a3.rearrange(SWAP4).blend(a7, HAS4);
    a0 = b0.blend(b2.rearrange(SWAP2), HAS2);
    a2 = b0.rearrange(SWAP2).blend(b2, HAS2);
    a1 = b1.blend(b3.rearrange(SWAP2), HAS2);
    a3 = b1.rearrange(SWAP2).blend(b3, HAS2);
    a4 = b4.blend(b6.rearrange(SWAP2), HAS2);
    a6 = b4.rearrange(SWAP2).blend(b6, HAS2);
    a5 = b5.blend(b7.rearrange(SWAP2), HAS2);
    a7 = b5.rearrange(SWAP2).blend(b7, HAS2);
    a0.blend(a1.rearrange(SWAP1), HAS1).intoMemorySegment(dst, to, ORDER);
    a0.rearrange(SWAP1).blend(a1, HAS1).intoMemorySegment(dst, to + toStep, ORDER);
    a2.blend(a3.rearrange(SWAP1), HAS1).intoMemorySegment(dst, to + 2 * toStep, ORDER);
    a2.rearrange(SWAP1).blend(a3, HAS1).intoMemorySegment(dst, to + 3 * toStep, ORDER);
    a4.blend(a5.rearrange(SWAP1), HAS1).intoMemorySegment(dst, to + 4 * toStep, ORDER);
    a4.rearrange(SWAP1).blend(a5, HAS1).intoMemorySegment(dst, to + 5 * toStep, ORDER);
    a6.blend(a7.rearrange(SWAP1), HAS1).intoMemorySegment(dst, to + 6 * toStep, ORDER);
    a6.rearrange(SWAP1).blend(a7, HAS1).intoMemorySegment(dst, to + 7 * toStep, ORDER);
  }
}
