package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.kernel.ConvSpec;

/// The weights of a first layer without the empty lanes of its channels, `[K/lanes][taps][lanes of
/// K]` with the taps in the order of runs, where the packed order has whole blocks of channels.
///
/// @param rows for each tap the vector of a packed block of K that has its weights
/// @param blockBytes from one block of K to the next, at least those of its weights
record NarrowWeights(ConvSpec c, List<Integer> rows, long blockBytes) {

  static NarrowWeights of(ConvSpec c, List<ImagePlanes.Run> runs, long blockBytes) {
    return new NarrowWeights(c, runs.stream().flatMap(r -> rows(c, r)).toList(), blockBytes);
  }

  private static Stream<Integer> rows(ConvSpec c, ImagePlanes.Run run) {
    int block = run.channel() / Lanes.COUNT * c.kernelHeight() * c.kernelWidth();
    int first = block + run.row() * c.kernelWidth() + run.column();
    return IntStream.range(0, run.taps())
        .mapToObj(i -> (first + i * c.stride()) * Lanes.COUNT + run.channel() % Lanes.COUNT);
  }

  /// Copies packed weights to the front of the workspace.
  void take(MemorySegment weights, MemorySegment workspace) {
    for (int k = 0; k < blocks(); k++) {
      for (int i = 0; i < rows.size(); i++) {
        Vectors.copy(weights, packed(k, rows.get(i)), workspace, narrow(k, i));
      }
    }
  }

  /// Copies a gradient at the front of the workspace to packed order, its padding included.
  void give(MemorySegment workspace, MemorySegment dWeights) {
    for (int k = 0; k < blocks(); k++) {
      Vectors.zero(dWeights, packed(k, 0), packedRows() * Lanes.BYTES);
      for (int i = 0; i < rows.size(); i++) {
        Vectors.copy(workspace, narrow(k, i), dWeights, packed(k, rows.get(i)));
      }
    }
  }

  /// Bytes of all blocks.
  long bytes() {
    return blocks() * blockBytes;
  }

  private int blocks() {
    return Math.ceilDiv(c.filters(), Lanes.COUNT);
  }

  private long packedRows() {
    int blocks = WeightPacking.blocks(c.channels());
    return (long) blocks * c.kernelHeight() * c.kernelWidth() * Lanes.COUNT;
  }

  private long packed(int block, int row) {
    return (block * packedRows() + row) * Lanes.BYTES;
  }

  private long narrow(int block, int row) {
    return block * blockBytes + (long) row * Lanes.BYTES;
  }
}
