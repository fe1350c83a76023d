package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Winograd F(4x4, 3x3) for `dst = conv(src)` with 3x3 kernels and stride 1: forward, and
/// backward-data with the kernels turned round and channels swapped. Per block of tiles: input
/// transform to `V[36][tile][C]`, 36 products with the transformed weights `U[36][K][C]` to
/// `M[36][K, tile]`, output transform.
///
/// Where the transformed weights are small, each thread takes blocks of tiles of its own, so that V
/// and M stay in its second-level cache. Where they are large and tiles few (deep layers with small
/// maps), all threads share one block and split the products, so that each weight is read once.
final class WinogradSums {

  private static final int POINTS = 36;

  /// Tiles of one block: whole register tiles of 5, 8 and 4 positions.
  private static final int OWN_TILES = 40;

  /// V and M of a shared block may take so much.
  private static final long SHARED_BYTES = 12L * 1024 * 1024;

  private final WinogradTiling tiling;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int tiles;
  private final int blockTiles;
  private final int mTiles;
  private final boolean shared;
  private final TileSums sums;
  private final long vStep;
  private final long mStep;
  private final long uStep;
  private final int threads;
  private final Parallel.Body transformWeights = this::transformWeights;
  private final Parallel.Body ownBlock = this::ownBlock;
  private final Parallel.Body sharedInput = this::sharedInput;
  private final Parallel.Body sharedProduct = this::sharedProduct;
  private final Parallel.Body sharedOutput = this::sharedOutput;

  private Tensor src;
  private MemorySegment weights;
  private boolean flipped;
  private MemorySegment bias;
  private Tensor dst;
  private float floor;
  private MemorySegment workspace;
  private long start;
  private long weightsAt;
  private int firstTile;
  private int blockCount;

  WinogradSums(WinogradTiling tiling, int srcChannels, int dstChannels, int batch, int threads) {
    this.tiling = tiling;
    this.threads = threads;
    int lanes = Lanes.COUNT;
    srcBlocks = Math.ceilDiv(srcChannels, lanes);
    dstBlocks = Math.ceilDiv(dstChannels, lanes);
    int lastChannels = srcChannels - (srcBlocks - 1) * lanes;
    tiles = batch * tiling.tilesPerImage();
    long uBytes = (long) POINTS * srcBlocks * dstBlocks * lanes * Lanes.BYTES;
    long perTile = (long) POINTS * (srcBlocks + dstBlocks) * Lanes.BYTES;
    long allTiles = Math.ceilDiv(tiles, OWN_TILES) * (long) OWN_TILES;
    shared =
        uBytes > 4L * 1024 * 1024 && allTiles * perTile <= SHARED_BYTES * 2 || tiles <= OWN_TILES;
    blockTiles = shared ? sharedTiles(allTiles, perTile) : OWN_TILES;
    mTiles = blockTiles + 8; // the last register tile may reach beyond
    // Two cache lines more than a multiple of a page, so that the 36 points fall into different
    // cache sets.
    vStep = (long) blockTiles * srcBlocks * Lanes.BYTES + 128;
    mStep = (long) mTiles * dstBlocks * Lanes.BYTES + 128;
    uStep = (long) srcBlocks * dstBlocks * lanes * Lanes.BYTES;
    sums = positions(lastChannels);
  }

  private static int sharedTiles(long allTiles, long perTile) {
    long fitting = SHARED_BYTES / perTile / OWN_TILES * OWN_TILES;
    return (int) Math.min(allTiles, Math.max(OWN_TILES, fitting));
  }

  private TileSums positions(int lastChannels) {
    int[] src = new int[TileSums.padded(blockTiles)];
    for (int i = 0; i < src.length; i++) {
      src[i] = Math.min(i, blockTiles - 1) * srcBlocks * Lanes.BYTES;
    }
    long pair = (long) Lanes.COUNT * Lanes.BYTES;
    return new TileSums(
        blockTiles,
        src,
        src,
        new int[] {0},
        new int[] {0},
        lastChannels,
        Lanes.BYTES,
        pair,
        0,
        srcBlocks * pair);
  }

  /// Bytes of workspace: transformed weights, and V, M and scratch of each thread (or of the shared
  /// block).
  long workspaceBytes() {
    return uBytes()
        + (shared ? 1 : threads) * (vBytes() + mBytes())
        + (long) threads * WinogradTiling.SCRATCH_BYTES;
  }

  private long uBytes() {
    return POINTS * uStep;
  }

  private long vBytes() {
    return POINTS * vStep;
  }

  private long mBytes() {
    return POINTS * mStep;
  }

  private long vAt(int thread) {
    return start + uBytes() + (shared ? 0 : thread) * (vBytes() + mBytes());
  }

  private long mAt(int thread) {
    return vAt(thread) + vBytes();
  }

  private long scratchAt(int thread) {
    return start
        + uBytes()
        + (shared ? 1 : threads) * (vBytes() + mBytes())
        + (long) thread * WinogradTiling.SCRATCH_BYTES;
  }

  /// @param weights packed weights `[dst blocks][src blocks][9][lanes of src][lanes of dst]`
  /// @param flipped whether the kernel is turned by 180 degrees (backward-data)
  /// @param bias start values, or null to add to the destination
  /// @param at where the workspace's free part starts
  void run(
      Tensor src,
      MemorySegment weights,
      long weightsAt,
      boolean flipped,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    this.src = src;
    this.weights = weights;
    this.flipped = flipped;
    this.bias = bias;
    this.dst = dst;
    this.floor = floor;
    this.workspace = workspace;
    this.start = at;
    this.weightsAt = weightsAt;
    parallel.run(srcBlocks * dstBlocks, transformWeights);
    if (!shared) {
      parallel.run(Math.ceilDiv(tiles, blockTiles), ownBlock);
      return;
    }
    for (firstTile = 0; firstTile < tiles; firstTile += blockTiles) {
      blockCount = Math.min(blockTiles, tiles - firstTile);
      parallel.run(Math.ceilDiv(blockCount, 4), sharedInput);
      parallel.run(POINTS * Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS), sharedProduct);
      parallel.run(Math.ceilDiv(blockCount, 4), sharedOutput);
    }
  }

  private void transformWeights(int pair, int thread) {
    long square = (long) Lanes.COUNT * Lanes.BYTES;
    long from = weightsAt + pair * 9 * square + (flipped ? 8 * square : 0);
    for (int c = 0; c < Lanes.COUNT; c++) {
      long row = (long) c * Lanes.BYTES;
      WinogradTransforms.weights(
          weights,
          from + row,
          flipped ? -square : square,
          workspace,
          scratchAt(thread),
          workspace,
          start + pair * square + row,
          uStep);
    }
  }

  private void ownBlock(int piece, int thread) {
    int first = piece * blockTiles;
    int count = Math.min(blockTiles, tiles - first);
    input(first, 0, count, thread);
    for (int point = 0; point < POINTS; point++) {
      for (int block = 0; block < dstBlocks; ) {
        int blocks = Tiles.blocks(dstBlocks - block);
        product(point, block, blocks, count, thread);
        block += blocks;
      }
    }
    output(first, 0, count, thread);
  }

  private void sharedInput(int piece, int thread) {
    input(firstTile, piece * 4, Math.min(blockCount, piece * 4 + 4), thread);
  }

  private void sharedProduct(int piece, int thread) {
    int groups = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    int from = piece % groups * Lanes.MAX_BLOCKS;
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - from);
    product(piece / groups, from, blocks, blockCount, thread);
  }

  private void sharedOutput(int piece, int thread) {
    output(firstTile, piece * 4, Math.min(blockCount, piece * 4 + 4), thread);
  }

  private void input(int first, int from, int to, int thread) {
    long v = vAt(thread);
    long scratch = scratchAt(thread);
    for (int t = from; t < to; t++) {
      for (int b = 0; b < srcBlocks; b++) {
        long at = v + ((long) t * srcBlocks + b) * Lanes.BYTES;
        tiling.input(src, first + t, b, workspace, scratch, workspace, at, vStep);
      }
    }
  }

  private void product(int point, int block, int blocks, int count, int thread) {
    long u = start + point * uStep + block * sums.weightsBlock();
    long m = mAt(thread) + point * mStep + (long) block * mTiles * Lanes.BYTES;
    Tiles.runToScratch(
        sums,
        blocks,
        count,
        workspace,
        vAt(thread) + point * vStep,
        workspace,
        u,
        srcBlocks,
        sums.lastChannels(),
        workspace,
        m);
  }

  private void output(int first, int from, int to, int thread) {
    long scratch = scratchAt(thread);
    for (int block = 0; block < dstBlocks; ) {
      int blocks =
          shared ? Math.min(Lanes.MAX_BLOCKS, dstBlocks - block) : Tiles.blocks(dstBlocks - block);
      int step = Tiles.positions(blocks);
      long m = mAt(thread) + (long) block * mTiles * Lanes.BYTES;
      for (int t = from; t < to; t++) {
        for (int b = 0; b < blocks; b++) {
          long at = m + ((long) (t / step) * blocks * step + b * step + t % step) * Lanes.BYTES;
          tiling.output(
              workspace, at, mStep, first + t, block + b, bias, dst, floor, workspace, scratch);
        }
      }
      block += blocks;
    }
  }
}
