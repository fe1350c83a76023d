package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The first layer, from a plain image with its few channels side by side (a tensor whose lanes are
/// its channels): forward and the gradient of the weights. One row of the kernel then meets one run
/// of `kernel width x C` floats, where blocks of channels would hold 1 to 4 values and zeros.
///
/// Padding is put around the images first, which are small: then every pixel of the result sees the
/// same taps, and the tiles read the images in place.
///
/// Both passes use weights in the order of [NarrowWeights], copied from and to the packed order
/// that everything else uses.
final class FirstConv {

  private static final int PARTS = 32;

  /// Output rows of one call of a tile, in pixels: source and gradient then stay in the first-level
  /// cache for all rows of the kernel.
  private static final int PIXELS_PER_CALL = 128;

  private final ConvSpec c;
  private final PaddedImages images;
  private final int batch;
  private final int dstBlocks;
  private final int dstTiles;
  private final int imagesPerPart;
  private final int parts;
  private final int rowsPerCall;
  private final long blockBytes;
  private final NarrowWeights narrow;
  private final DirectSums forward;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body part = this::part;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment workspace;

  FirstConv(ConvSpec layer, int batch, long srcImage, long dstImage, int threads) {
    images = new PaddedImages(layer, batch);
    c = images.spec();
    this.batch = batch;
    long image = images.imageStride(srcImage);
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    dstTiles = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    imagesPerPart = Math.ceilDiv(batch, Math.clamp(Math.ceilDiv(PARTS, dstTiles), 1, batch));
    parts = Math.ceilDiv(batch, imagesPerPart);
    rowsPerCall = Math.clamp(PIXELS_PER_CALL / c.outWidth(), 1, c.outHeight());
    blockBytes = (long) NarrowWeights.rows(c) * Lanes.BYTES;
    narrow = new NarrowWeights(c, blockBytes);
    int perPiece =
        DirectSums.imagesPerPiece(
            List.of(Geometry.firstForward(c, 1, image, dstImage)), dstBlocks, batch);
    int rest = batch % perPiece;
    forward =
        new DirectSums(
            List.of(Geometry.firstForward(c, perPiece, image, dstImage)),
            rest == 0 ? List.of() : List.of(Geometry.firstForward(c, rest, image, dstImage)),
            batch,
            perPiece,
            1,
            1,
            c.filters());
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Bytes of workspace: the reordered weights (or partial gradients), the threads' scratch, and
  /// the images with their padding.
  long workspaceBytes() {
    return imagesAt() + images.bytes();
  }

  private long imagesAt() {
    return parts * weightBytes() + (long) loops.length * Tiles.SCRATCH_BYTES;
  }

  private long weightBytes() {
    return dstBlocks * blockBytes;
  }

  /// Slots of statistics that forward fills.
  int slots() {
    return forward.slots(c.outHeight() * c.outWidth());
  }

  /// `dst = max(conv(src) + bias, floor)`.
  void forward(
      Tensor src,
      MemorySegment weights,
      MemorySegment bias,
      Tensor dst,
      float floor,
      ChannelStatistics statistics,
      MemorySegment workspace,
      Parallel parallel) {
    narrow.take(weights, workspace);
    forward.run(
        images.of(src, workspace, imagesAt(), parallel),
        workspace,
        bias,
        false,
        dst,
        floor,
        statistics,
        workspace,
        parts * weightBytes(),
        parallel);
  }

  /// `dWeights =` the sum over the batch, in packed order.
  void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = images.of(src, workspace, imagesAt(), parallel);
    this.dDst = dDst;
    this.workspace = workspace;
    parallel.run(parts * dstTiles, part);
    if (parts > 1) {
      Vectors.sumParts(workspace, 0, parts, weightBytes(), 0, weightBytes(), workspace);
    }
    narrow.give(workspace, dWeights);
  }

  private void part(int piece, int thread) {
    int block = piece % dstTiles * Lanes.MAX_BLOCKS;
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
    int part = piece / dstTiles;
    long weightsAt = part * weightBytes() + block * blockBytes;
    Vectors.zero(workspace, weightsAt, blocks * blockBytes);
    int from = part * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    for (int image = from; image < to; image++) {
      for (int row = 0; row < c.outHeight(); row += rowsPerCall) {
        int end = Math.min(row + rowsPerCall, c.outHeight());
        for (int ky = 0; ky < c.kernelHeight(); ky++) {
          kernelRow(image, row, end, ky, block, blocks, weightsAt, thread);
        }
      }
    }
  }

  /// One row of the kernel over some rows of one image.
  private void kernelRow(
      int image, int row, int end, int ky, int block, int blocks, long weightsAt, int thread) {
    long pixel = (long) c.channels() * Float.BYTES;
    long dstRow = (long) c.outWidth() * Lanes.BYTES;
    long dstBlock = c.outHeight() * dstRow;
    WeightTiles.Loops l = loops[thread];
    boolean rowsInnermost = c.outWidth() < 4;
    l.count0 = rowsInnermost ? end - row : c.outWidth();
    l.count1 = rowsInnermost ? c.outWidth() : end - row;
    l.count2 = 1;
    l.srcStep0 = (rowsInnermost ? c.width() : 1) * c.stride() * pixel;
    l.srcStep1 = (rowsInnermost ? 1 : c.width()) * c.stride() * pixel;
    l.dDstStep0 = rowsInnermost ? dstRow : Lanes.BYTES;
    l.dDstStep1 = rowsInnermost ? Lanes.BYTES : dstRow;
    long srcAt =
        image * src.imageStride() * Float.BYTES
            + ((long) row * c.stride() + ky) * c.width() * pixel;
    long dDstAt = image * dDst.imageStride() * Float.BYTES + block * dstBlock + row * dstRow;
    int run = c.kernelWidth() * c.channels();
    int step = WeightTiles.rows(blocks, run);
    for (int r = 0; r < run; r += step) {
      WeightTiles.run(
          step,
          Math.min(step, run - r),
          blocks,
          src.segment(),
          srcAt + r * 4L,
          dDst.segment(),
          dDstAt,
          dstBlock,
          l,
          workspace,
          weightsAt + ((long) ky * run + r) * Lanes.BYTES,
          blockBytes,
          workspace,
          parts * weightBytes() + (long) thread * Tiles.SCRATCH_BYTES);
    }
  }
}
