package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of a convolution's weights. Pieces of work are (some images) x (some blocks of
/// output channels) x (one block of source channels). Where there are too few pairs of blocks to go
/// round, the batch is cut into parts with a partial gradient each, which are then added in order:
/// how many depends on the shapes alone. Small maps are left to [SmallMapWeights].
final class DirectWeights {

  private static final int WANTED_PIECES = 32;

  /// Pixels per tile call: source and gradient rows then stay in the first-level cache for all
  /// taps.
  private static final int PIXELS_PER_CALL = 256;

  private static final int SHARING_BLOCKS = 4;

  private final ConvSpec c;
  private final int batch;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int dstTiles;
  private final int srcPerPiece;
  private final int srcPieces;
  private final int parts;
  private final int imagesPerPart;
  private final int imagesPerCall;
  private final int rowsPerCall;
  private final boolean imagesInnermost;
  private final long pairBytes;
  private final Parallel.Body partBody = this::part;
  private final Parallel.Body sumBody = this::sum;
  private final WeightTiles.Loops[] loops;
  // Null unless maps are small.
  private final SmallMapWeights smallMaps;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment target;
  private MemorySegment dWeights;
  private MemorySegment workspace;

  DirectWeights(ConvSpec c, int batch, int threads) {
    this.c = c;
    this.batch = batch;
    int lanes = Lanes.COUNT;
    srcBlocks = Math.ceilDiv(c.channelsPerGroup(), lanes);
    dstBlocks = Math.ceilDiv(c.filtersPerGroup(), lanes);
    dstTiles = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    pairBytes = (long) c.kernelHeight() * c.kernelWidth() * lanes * Lanes.BYTES;
    // With one tap a gradient is read once per source block: several of them share it in the cache.
    srcPerPiece = c.kernelHeight() * c.kernelWidth() == 1 ? Math.min(SHARING_BLOCKS, srcBlocks) : 1;
    srcPieces = Math.ceilDiv(srcBlocks, srcPerPiece);
    int pieces = c.groups() * dstTiles * srcPieces;
    imagesPerPart = Math.ceilDiv(batch, Math.clamp(Math.ceilDiv(WANTED_PIECES, pieces), 1, batch));
    parts = Math.ceilDiv(batch, imagesPerPart);
    int pixels = c.outHeight() * c.outWidth();
    imagesInnermost = c.outWidth() < 8;
    imagesPerCall =
        Math.clamp((imagesInnermost ? 2 : 1) * PIXELS_PER_CALL / pixels, 1, imagesPerPart);
    rowsPerCall = Math.clamp(PIXELS_PER_CALL / c.outWidth(), 1, c.outHeight());
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
    smallMaps = SmallMapWeights.suits(c, batch) ? new SmallMapWeights(c, batch, threads) : null;
  }

  /// Bytes of workspace: the partial gradients and the threads' scratch.
  long workspaceBytes() {
    if (smallMaps != null) {
      return smallMaps.workspaceBytes();
    }
    return partsBytes() + (long) loops.length * Tiles.SCRATCH_BYTES;
  }

  private long partsBytes() {
    return parts == 1 ? 0 : parts * weightBytes();
  }

  private long weightBytes() {
    return (long) c.groups() * dstBlocks * srcBlocks * pairBytes;
  }

  void run(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    if (smallMaps != null) {
      smallMaps.run(src, dDst, dWeights, workspace, parallel);
      return;
    }
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    this.target = parts == 1 ? dWeights : workspace;
    parallel.run(parts * c.groups() * dstTiles * srcPieces, partBody);
    if (parts > 1) {
      parallel.run(c.groups() * dstBlocks * srcBlocks, sumBody);
    }
  }

  private void part(int piece, int thread) {
    int firstSrc = piece % srcPieces * srcPerPiece;
    int endSrc = Math.min(srcBlocks, firstSrc + srcPerPiece);
    int tile = piece / srcPieces % dstTiles;
    int group = piece / srcPieces / dstTiles % c.groups();
    int part = piece / srcPieces / dstTiles / c.groups();
    int from = part * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    int first = tile * Lanes.MAX_BLOCKS;
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - first);
    int dstBlock = group * dstBlocks + first;
    long weightsAt =
        (parts == 1 ? 0 : part * weightBytes()) + (long) dstBlock * srcBlocks * pairBytes;
    for (int b = 0; b < blocks; b++) {
      long at = weightsAt + ((long) b * srcBlocks + firstSrc) * pairBytes;
      Vectors.zero(target, at, (endSrc - firstSrc) * pairBytes);
    }
    long scratchAt = partsBytes() + (long) thread * Tiles.SCRATCH_BYTES;
    for (int image = from; image < to; image += imagesPerCall) {
      int images = Math.min(imagesPerCall, to - image);
      for (int row = 0; row < c.outHeight(); row += rowsPerCall) {
        int rows = Math.min(rowsPerCall, c.outHeight() - row);
        for (int src = firstSrc; src < endSrc; src++) {
          rows(
              loops[thread],
              image,
              images,
              row,
              rows,
              group,
              src,
              dstBlock,
              blocks,
              weightsAt + src * pairBytes,
              scratchAt);
        }
      }
    }
  }

  /// All taps over some rows of some images.
  private void rows(
      WeightTiles.Loops l,
      int image,
      int images,
      int row,
      int rows,
      int group,
      int srcBlock,
      int dstBlock,
      int blocks,
      long weightsAt,
      long scratchAt) {
    long pixel = Lanes.BYTES;
    long srcImage = src.imageStride() * Float.BYTES;
    long dDstImage = dDst.imageStride() * Float.BYTES;
    long srcRow = c.width() * pixel;
    long dDstRow = c.outWidth() * pixel;
    long srcStart = image * srcImage + (long) (group * srcBlocks + srcBlock) * c.height() * srcRow;
    long dDstBlock = c.outHeight() * dDstRow;
    long dDstStart = image * dDstImage + dstBlock * dDstBlock;
    int channels = Math.min(Lanes.COUNT, c.channelsPerGroup() - srcBlock * Lanes.COUNT);
    for (int ky = 0; ky < c.kernelHeight(); ky++) {
      int y0 = Math.max(row, firstInside(ky));
      int y1 = Math.min(row + rows, endInside(ky, c.height()));
      for (int kx = 0; kx < c.kernelWidth(); kx++) {
        int x0 = firstInside(kx);
        int x1 = Math.min(c.outWidth(), endInside(kx, c.width()));
        if (y0 >= y1 || x0 >= x1) {
          continue;
        }
        int inY = y0 * c.stride() + ky - c.padding();
        int inX = x0 * c.stride() + kx - c.padding();
        set(l, x1 - x0, y1 - y0, images, srcRow, srcImage, dDstRow, dDstImage);
        long tap = (long) ky * c.kernelWidth() + kx;
        tap(
            l,
            srcStart + inY * srcRow + inX * pixel,
            dDstStart + y0 * dDstRow + x0 * pixel,
            dDstBlock,
            channels,
            blocks,
            weightsAt + tap * Lanes.COUNT * Lanes.BYTES,
            workspace,
            scratchAt);
      }
    }
  }

  private int firstInside(int k) {
    return Math.max(0, Math.ceilDiv(c.padding() - k, c.stride()));
  }

  private int endInside(int k, int size) {
    return Math.floorDiv(size - 1 + c.padding() - k, c.stride()) + 1;
  }

  private void set(
      WeightTiles.Loops l,
      int columns,
      int rows,
      int images,
      long srcRow,
      long srcImage,
      long dDstRow,
      long dDstImage) {
    long column = (long) c.stride() * Lanes.BYTES;
    long rowStep = c.stride() * srcRow;
    if (c.stride() == 1 && columns == c.width() && columns == c.outWidth()) {
      // Whole rows lie one behind the other: one long innermost loop.
      l.count0 = columns * rows;
      l.srcStep0 = Lanes.BYTES;
      l.dDstStep0 = Lanes.BYTES;
      l.count1 = images;
      l.srcStep1 = srcImage;
      l.dDstStep1 = dDstImage;
      l.count2 = 1;
      return;
    }
    l.count0 = imagesInnermost ? images : columns;
    l.srcStep0 = imagesInnermost ? srcImage : column;
    l.dDstStep0 = imagesInnermost ? dDstImage : Lanes.BYTES;
    l.count1 = imagesInnermost ? columns : rows;
    l.srcStep1 = imagesInnermost ? column : rowStep;
    l.dDstStep1 = imagesInnermost ? Lanes.BYTES : dDstRow;
    l.count2 = imagesInnermost ? rows : images;
    l.srcStep2 = imagesInnermost ? rowStep : srcImage;
    l.dDstStep2 = imagesInnermost ? dDstRow : dDstImage;
  }

  private void tap(
      WeightTiles.Loops l,
      long srcAt,
      long dDstAt,
      long dDstBlock,
      int channels,
      int blocks,
      long weightsAt,
      MemorySegment scratch,
      long scratchAt) {
    long weightsBlock = srcBlocks * pairBytes;
    int step = WeightTiles.rows(blocks, channels);
    for (int ch = 0; ch < channels; ch += step) {
      long s = srcAt + ch * 4L;
      long w = weightsAt + (long) ch * Lanes.BYTES;
      WeightTiles.run(
          step,
          step,
          blocks,
          src.segment(),
          s,
          dDst.segment(),
          dDstAt,
          dDstBlock,
          l,
          target,
          w,
          weightsBlock,
          scratch,
          scratchAt);
    }
  }

  private void sum(int piece, int thread) {
    Vectors.sumParts(workspace, 0, parts, weightBytes(), piece * pairBytes, pairBytes, dWeights);
  }
}
