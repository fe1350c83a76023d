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
/// Both passes use weights in the order of [NarrowWeights], copied from and to the packed order
/// that everything else uses.
final class FirstConv {

  private static final int PARTS = 32;

  /// Output rows of one call of a tile, in pixels: source and gradient then stay in the first-level
  /// cache for all rows of the kernel.
  private static final int PIXELS_PER_CALL = 128;

  private final ConvSpec c;
  private final int batch;
  private final int dstBlocks;
  private final int dstTiles;
  private final int imagesPerPart;
  private final int parts;
  private final int rowsPerCall;
  private final long blockBytes;
  private final NarrowWeights narrow;
  private final DirectSums forward;
  private final List<Geometry.Columns> columns;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body part = this::part;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment workspace;

  FirstConv(ConvSpec c, int batch, long srcImage, long dstImage, int threads) {
    this.c = c;
    this.batch = batch;
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    dstTiles = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    imagesPerPart = Math.ceilDiv(batch, Math.clamp(Math.ceilDiv(PARTS, dstTiles), 1, batch));
    parts = Math.ceilDiv(batch, imagesPerPart);
    rowsPerCall = Math.clamp(PIXELS_PER_CALL / c.outWidth(), 1, c.outHeight());
    blockBytes = (long) NarrowWeights.rows(c) * Lanes.BYTES;
    narrow = new NarrowWeights(c, blockBytes);
    int images =
        DirectSums.imagesPerPiece(
            Geometry.firstForward(c, 1, srcImage, dstImage), dstBlocks, batch);
    int rest = batch % images;
    forward =
        new DirectSums(
            Geometry.firstForward(c, images, srcImage, dstImage),
            rest == 0 ? List.of() : Geometry.firstForward(c, rest, srcImage, dstImage),
            batch,
            images,
            1,
            1,
            c.filters());
    columns = Geometry.columns(c).stream().filter(x -> x.endTap() > x.firstTap()).toList();
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Bytes of workspace: the reordered weights (or partial gradients) and the threads' scratch.
  long workspaceBytes() {
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
        src,
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
    this.src = src;
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
    int y0 = Math.max(row, Math.ceilDiv(c.padding() - ky, c.stride()));
    int y1 = Math.min(end, Math.floorDiv(c.height() - 1 + c.padding() - ky, c.stride()) + 1);
    if (y0 >= y1) {
      return;
    }
    long pixel = (long) c.channels() * Float.BYTES;
    long dstRow = (long) c.outWidth() * Lanes.BYTES;
    long dstBlock = c.outHeight() * dstRow;
    WeightTiles.Loops l = loops[thread];
    l.count2 = 1;
    for (int i = 0; i < columns.size(); i++) {
      Geometry.Columns x = columns.get(i);
      long in = ((long) y0 * c.stride() + ky - c.padding()) * c.width();
      long inX = (long) x.from() * c.stride() + x.firstTap() - c.padding();
      long srcAt = image * src.imageStride() * Float.BYTES + (in + inX) * pixel;
      long dDstAt = image * dDst.imageStride() * Float.BYTES + block * dstBlock + y0 * dstRow;
      boolean rowsInnermost = x.count() < 4;
      l.count0 = rowsInnermost ? y1 - y0 : x.count();
      l.count1 = rowsInnermost ? x.count() : y1 - y0;
      l.srcStep0 = rowsInnermost ? c.stride() * c.width() * pixel : c.stride() * pixel;
      l.srcStep1 = rowsInnermost ? c.stride() * pixel : c.stride() * c.width() * pixel;
      l.dDstStep0 = rowsInnermost ? dstRow : Lanes.BYTES;
      l.dDstStep1 = rowsInnermost ? Lanes.BYTES : dstRow;
      int run = (x.endTap() - x.firstTap()) * c.channels();
      int step = WeightTiles.rows(blocks, run);
      for (int r = 0; r < run; r += step) {
        long at = ((long) (ky * c.kernelWidth() + x.firstTap()) * c.channels() + r) * Lanes.BYTES;
        WeightTiles.run(
            step,
            Math.min(step, run - r),
            blocks,
            src.segment(),
            srcAt + r * 4L,
            dDst.segment(),
            dDstAt + (long) x.from() * Lanes.BYTES,
            dstBlock,
            l,
            workspace,
            weightsAt + at,
            blockBytes,
            workspace,
            parts * weightBytes() + (long) thread * Tiles.SCRATCH_BYTES);
      }
    }
  }
}
