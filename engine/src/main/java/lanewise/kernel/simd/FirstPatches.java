package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The first layer from a plain image as products over patches ([ImagePatches]): forward and the
/// gradient of the weights. [FirstConv] does without copies, in loops of one kernel row each.
final class FirstPatches {

  private final PaddedImages images;
  private final NarrowWeights narrow;
  private final TransformSums forward;
  private final PatchWeights weights;

  FirstPatches(ConvSpec layer, int batch, int threads) {
    images = new PaddedImages(layer, batch);
    ConvSpec c = images.spec();
    ImagePatches patches = ImagePatches.of(c);
    narrow = new NarrowWeights(c, (long) patches.blocks() * Lanes.COUNT * Lanes.BYTES);
    forward =
        new TransformSums(
            patches, patches.blocks(), patches.floats(), c.filters(), batch, threads, false);
    weights = new PatchWeights(patches, batch, threads);
  }

  /// Bytes of workspace: the reordered weights or their gradient, what the products need, and the
  /// images with their padding.
  long workspaceBytes() {
    return imagesAt() + images.bytes();
  }

  private long imagesAt() {
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
        images.of(src, workspace, imagesAt(), parallel),
        workspace,
        0,
        bias,
        dst,
        floor,
        statistics,
        workspace,
        narrow.bytes(),
        parallel);
  }

  /// `dWeights =` the sum over the batch, in packed order.
  void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    Tensor padded = images.of(src, workspace, imagesAt(), parallel);
    weights.run(padded, dDst, workspace, workspace, narrow.bytes(), parallel);
    narrow.give(workspace, dWeights);
  }
}
