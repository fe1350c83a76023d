package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;

/// Writes packed weights with input and output channels swapped, `[C/lanes][K/lanes][kh][kw][lanes
/// of K][lanes of C]` per group, as backward-data needs them.
///
/// A square of lanes x lanes values is transposed by perfect shuffles: interleaving the first half
/// of its rows with the second half, as often as 2 goes into the number of lanes.
final class WeightTranspose implements Parallel.Body {

  private static final int LANES = Lanes.COUNT;
  private static final long SQUARE = (long) LANES * Lanes.BYTES;
  private static final int HALF = LANES / 2;

  /// Lanes of two vectors, one behind the other, that make the first and second half of both
  /// interleaved.
  private static final float[] FIRST = interleaved(0);

  private static final float[] SECOND = interleaved(HALF);

  /// Bytes of scratch memory that one thread needs.
  static final int SCRATCH_BYTES = 2 * LANES * Lanes.BYTES;

  private final ConvSpec c;
  private final int taps;
  private final boolean turned;
  private MemorySegment weights;
  private MemorySegment workspace;
  private long scratchAt;

  /// @param turned whether to turn the kernel by 180 degrees as well
  WeightTranspose(ConvSpec aligned, boolean turned) {
    c = aligned;
    this.turned = turned;
    taps = c.kernelHeight() * c.kernelWidth();
  }

  private static float[] interleaved(int from) {
    float[] lanes = new float[LANES];
    for (int i = 0; i < LANES; i++) {
      lanes[i] = from + i / 2 + i % 2 * LANES;
    }
    return lanes;
  }

  /// Writes the transposed weights to the start of the workspace.
  ///
  /// @param scratch where [#SCRATCH_BYTES] per thread lie in the workspace
  void run(MemorySegment weights, MemorySegment workspace, long scratch, Parallel parallel) {
    this.weights = weights;
    this.workspace = workspace;
    this.scratchAt = scratch;
    int pairs =
        WeightPacking.blocks(c.filtersPerGroup()) * WeightPacking.blocks(c.channelsPerGroup());
    parallel.run(c.groups() * pairs, this);
  }

  @Override
  public void run(int piece, int thread) {
    int srcBlocks = WeightPacking.blocks(c.channelsPerGroup());
    int dstBlocks = WeightPacking.blocks(c.filtersPerGroup());
    int cb = piece % srcBlocks;
    int kb = piece / srcBlocks % dstBlocks;
    int group = piece / srcBlocks / dstBlocks;
    long from = piece * taps * SQUARE;
    long to = ((long) (group * srcBlocks + cb) * dstBlocks + kb) * taps * SQUARE;
    long scratch = scratchAt + (long) thread * SCRATCH_BYTES;
    for (int tap = 0; tap < taps; tap++) {
      int target = turned ? taps - 1 - tap : tap;
      square(from + tap * SQUARE, to + target * SQUARE, scratch);
    }
  }

  private void square(long from, long to, long scratch) {
    MemorySegment src = weights;
    long at = from;
    for (int rows = LANES; rows > 2; rows /= 2) {
      // Two scratch squares by turns.
      long next = at == scratch ? scratch + SQUARE : scratch;
      interleave(src, at, workspace, next);
      src = workspace;
      at = next;
    }
    interleave(src, at, workspace, to);
  }

  private static void interleave(MemorySegment src, long from, MemorySegment dst, long to) {
    FloatVector first = FloatVector.fromArray(SPECIES, FIRST, 0);
    FloatVector second = FloatVector.fromArray(SPECIES, SECOND, 0);
    for (int i = 0; i < HALF; i++) {
      FloatVector a = fromMemorySegment(SPECIES, src, from + (long) i * Lanes.BYTES, ORDER);
      FloatVector b =
          fromMemorySegment(SPECIES, src, from + (long) (i + HALF) * Lanes.BYTES, ORDER);
      long t = to + (long) i * 2 * Lanes.BYTES;
      first.selectFrom(a, b).intoMemorySegment(dst, t, ORDER);
      second.selectFrom(a, b).intoMemorySegment(dst, t + Lanes.BYTES, ORDER);
    }
  }
}
