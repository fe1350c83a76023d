package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The first layer from a plain image as products over patches ([ImagePatches]): forward and the
/// gradient of the weights. [FirstConv] does without copies, in loops of one kernel row each.
final class FirstPatches {

  private final NarrowWeights narrow;
  private final TransformSums forward;
  private final PatchWeights weights;

  FirstPatches(ConvSpec c, int batch, int threads) {
    ImagePatches patches = ImagePatches.of(c);
    narrow = new NarrowWeights(c, (long) patches.blocks() * Lanes.COUNT * Lanes.BYTES);
    forward =
        new TransformSums(
            patches, patches.blocks(), patches.floats(), c.filters(), batch, threads, false);
    weights = new PatchWeights(patches, batch, threads);
  }

  /// Bytes of workspace: the reordered weights or their gradient, and what the products need.
  long workspaceBytes() {
    return narrow.bytes() + Math.max(forward.workspaceBytes(), weights.workspaceBytes());
  }

  /// Slots of statistics that forward fills.
  int slots() {
    return forward.slots();
  }

  /// `dst = max(conv(src) + bias, floor)`.
  void forward(
      Tensor src,
      MemorySegment packed,
      MemorySegment bias,
      Tensor dst,
      float floor,
      ChannelStatistics statistics,
      MemorySegment workspace,
      Parallel parallel) {
    narrow.take(packed, workspace);
    forward.run(
        src, workspace, 0, bias, dst, floor, statistics, workspace, narrow.bytes(), parallel);
  }

  /// `dWeights =` the sum over the batch, in packed order.
  void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    weights.run(src, dDst, workspace, workspace, narrow.bytes(), parallel);
    narrow.give(workspace, dWeights);
  }
}
