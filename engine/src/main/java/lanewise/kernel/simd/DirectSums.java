package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.List;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Runs the tiles of a convolution's forward or backward-data pass over a whole batch. Pieces of
/// work are (some images) x (some blocks of output channels); each result is summed by one piece in
/// one order, so threads cannot change it.
final class DirectSums implements Parallel.Body {

  /// Weights that one sweep over the positions may touch, so that they stay in the second-level
  /// cache.
  private static final long SWEEP_BYTES = 512 * 1024;

  /// Enough pieces to keep the threads of any machine that this is meant for busy.
  private static final int WANTED_PIECES = 32;

  private final List<TileSums> whole;
  private final List<TileSums> rest;
  private final int batch;
  private final int imagesPerPiece;
  private final int groups;
  private final int srcBlocksPerGroup;
  private final int dstBlocksPerGroup;
  private final int blocksPerPiece;
  private final int blockPieces;
  private final int sweepBlocks;

  private Tensor src;
  private MemorySegment weights;
  private MemorySegment init;
  private boolean add;
  private MemorySegment scratch;
  private long scratchAt;
  private Tensor dst;
  private float floor;
  private Prologue prologue;
  private Epilogue epilogue;

  /// @param whole classes of positions of `imagesPerPiece` images
  /// @param rest classes of the images that are left at the end of the batch, empty if none
  /// @param srcChannels channels of one group that are summed over
  /// @param dstChannels channels of one group that are made
  DirectSums(
      List<TileSums> whole,
      List<TileSums> rest,
      int batch,
      int imagesPerPiece,
      int groups,
      int srcChannels,
      int dstChannels) {
    int lanes = Lanes.COUNT;
    this.whole = whole;
    this.rest = rest;
    this.batch = batch;
    this.imagesPerPiece = imagesPerPiece;
    this.groups = groups;
    srcBlocksPerGroup = Math.ceilDiv(srcChannels, lanes);
    dstBlocksPerGroup = Math.ceilDiv(dstChannels, lanes);
    int imagePieces = Math.ceilDiv(batch, imagesPerPiece) * groups;
    int tiles = Math.ceilDiv(dstBlocksPerGroup, Lanes.MAX_BLOCKS);
    int wanted = Math.clamp(Math.ceilDiv(WANTED_PIECES, imagePieces), 1, tiles);
    blocksPerPiece = Math.ceilDiv(tiles, wanted) * Lanes.MAX_BLOCKS;
    blockPieces = Math.ceilDiv(dstBlocksPerGroup, blocksPerPiece);
    long pairBytes = whole.get(0).weightsSrcBlock();
    long blockBytes = Math.min(dstBlocksPerGroup, Lanes.MAX_BLOCKS) * pairBytes;
    sweepBlocks = Math.clamp(SWEEP_BYTES / blockBytes, 1, srcBlocksPerGroup);
  }

  /// Images whose positions are tiled together: small maps need several for full tiles, and so do
  /// those whose rim makes many small classes of positions.
  static int imagesPerPiece(List<TileSums> image, int blocks, int batch) {
    int step = Tiles.positions(Math.min(blocks, Lanes.MAX_BLOCKS));
    long positions = 0;
    long computed = 0;
    for (TileSums s : image) {
      positions += s.positions();
      computed += (long) Math.ceilDiv(s.positions(), step) * step;
    }
    int images = positions < 9 ? 40 : positions < 36 ? 10 : computed * 7 > positions * 8 ? step : 1;
    return Math.min(images, batch);
  }

  /// @param prologue makes the source, or null if it is there
  /// @param init per-channel start values (a bias), or the destination itself with `add`
  /// @param add whether results are added to the destination
  /// @param floor results are raised to it
  /// @param epilogue takes the results, or null
  /// @param scratch [Tiles#SCRATCH_BYTES] per thread from `scratchAt` on
  void run(
      Tensor src,
      Prologue prologue,
      MemorySegment weights,
      MemorySegment init,
      boolean add,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment scratch,
      long scratchAt,
      Parallel parallel) {
    this.prologue = prologue;
    this.epilogue = epilogue;
    this.src = src;
    this.weights = weights;
    this.init = add ? dst.segment() : init;
    this.add = add;
    this.scratch = scratch;
    this.scratchAt = scratchAt;
    this.dst = dst;
    this.floor = floor;
    parallel.run(Math.ceilDiv(batch, imagesPerPiece) * groups * blockPieces, this);
  }

  @Override
  public void run(int piece, int thread) {
    int blockPiece = piece % blockPieces;
    int group = piece / blockPieces % groups;
    int image = piece / blockPieces / groups * imagesPerPiece;
    if (prologue != null) {
      prologue.need(image, Math.min(batch, image + imagesPerPiece));
    }
    List<TileSums> classes = image + imagesPerPiece <= batch ? whole : rest;
    int from = blockPiece * blocksPerPiece;
    int to = Math.min(dstBlocksPerGroup, from + blocksPerPiece);
    for (int i = 0; i < classes.size(); i++) {
      TileSums sums = classes.get(i);
      for (int block = from; block < to; ) {
        int blocks = Tiles.blocks(to - block);
        sweep(sums, image, group, block, blocks, thread);
        block += blocks;
      }
    }
    for (int block = from; block < to && epilogue != null; block++) {
      gather(image, group * dstBlocksPerGroup + block);
    }
  }

  /// Slots in which a pass hands over its results, with so many pixels per image of the result.
  int slots(int pixels) {
    return Math.ceilDiv(batch, imagesPerPiece) * slotsPerPiece(pixels);
  }

  private static int slotsPerPiece(int pixels) {
    return Math.ceilDiv(pixels, ChannelStatistics.POSITIONS);
  }

  /// Hands over the results of a piece.
  private void gather(int image, int block) {
    int pixels = dst.shape().pixels();
    int slots = slotsPerPiece(pixels);
    int step = Math.ceilDiv(pixels, slots);
    int images = Math.min(imagesPerPiece, batch - image);
    long imageBytes = dst.imageStride() * Float.BYTES;
    for (int i = 0; i < slots; i++) {
      int slot = image / imagesPerPiece * slots + i;
      int count = Math.min(step, pixels - i * step);
      long at =
          image * imageBytes
              + block * dst.blockStride() * Float.BYTES
              + (long) i * step * Lanes.BYTES;
      epilogue.take(slot, block, dst.segment(), at, images, imageBytes, count);
    }
  }

  private void sweep(TileSums s, int image, int group, int block, int blocks, int thread) {
    long dstBlockIndex = (long) group * dstBlocksPerGroup + block;
    long dstAt = image * dst.imageStride() * Float.BYTES + dstBlockIndex * s.dstBlock();
    long initAt = add ? dstAt : dstBlockIndex * Lanes.BYTES;
    long srcAt =
        image * src.imageStride() * Float.BYTES + (long) group * srcBlocksPerGroup * s.srcBlock();
    long weightsAt = dstBlockIndex * s.weightsBlock();
    for (int b = 0; b < srcBlocksPerGroup; b += sweepBlocks) {
      boolean first = b == 0;
      boolean last = b + sweepBlocks >= srcBlocksPerGroup;
      Tiles.run(
          s,
          blocks,
          src.segment(),
          srcAt + b * s.srcBlock(),
          weights,
          weightsAt + b * s.weightsSrcBlock(),
          first ? init : dst.segment(),
          first ? initAt : dstAt,
          !first || add,
          dst.segment(),
          dstAt,
          last ? srcBlocksPerGroup - b : sweepBlocks,
          last ? s.lastChannels() : s.tapChannels(),
          last ? floor : Float.NEGATIVE_INFINITY,
          scratch,
          scratchAt + (long) thread * Tiles.SCRATCH_BYTES);
    }
  }
}
