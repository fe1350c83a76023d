package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;

/// Writes packed weights with input and output channels swapped, `[C/lanes][K/lanes][kh][kw][lanes
/// of K][lanes of C]` per group, as backward-data needs them.
final class WeightTranspose implements Parallel.Body {

  private static final int LANES = Lanes.COUNT;
  private static final long SQUARE = (long) LANES * Lanes.BYTES;

  private final ConvSpec c;
  private final int taps;
  private final boolean turned;
  private MemorySegment weights;
  private MemorySegment workspace;

  /// @param turned whether to turn the kernel by 180 degrees as well
  WeightTranspose(ConvSpec aligned, boolean turned) {
    c = aligned;
    this.turned = turned;
    taps = c.kernelHeight() * c.kernelWidth();
  }

  /// Writes the transposed weights to the start of the workspace.
  void run(MemorySegment weights, MemorySegment workspace, Parallel parallel) {
    this.weights = weights;
    this.workspace = workspace;
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
    for (int tap = 0; tap < taps; tap++) {
      int target = turned ? taps - 1 - tap : tap;
      Squares.transpose(
          weights, from + tap * SQUARE, Lanes.BYTES, workspace, to + target * SQUARE, Lanes.BYTES);
    }
  }
}
