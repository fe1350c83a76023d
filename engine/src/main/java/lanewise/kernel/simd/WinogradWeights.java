package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of 3x3 weights through Winograd F(4x4, 3x3): inputs and output gradients of a block
/// of tiles are transformed to 36 points, the 36 products `dU[point] += V[point]' Z[point]` are
/// split over the threads, and after the last block one inverse transform makes the 3x3 gradient.
/// Each element of dU is summed by one thread at a time over the tiles in their order.
final class WinogradWeights {

  private static final int POINTS = 36;

  /// V and Z of one block may take so much: they are shared through the last-level cache.
  private static final long BLOCK_BYTES = 4L * 1024 * 1024;

  private final WinogradTiling tiling;
  private final ConvSpec c;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int dstTiles;
  private final int tiles;
  private final int blockTiles;
  private final long vStep;
  private final long zStep;
  private final long uStep;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body transform = this::transform;
  private final Parallel.Body product = this::product;
  private final Parallel.Body inverse = this::inverse;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment dWeights;
  private MemorySegment workspace;
  private int firstTile;
  private int blockCount;

  WinogradWeights(ConvSpec c, int batch, int threads) {
    this.c = c;
    tiling = new WinogradTiling(c.padding(), c.outHeight(), c.outWidth());
    int lanes = Lanes.COUNT;
    srcBlocks = Math.ceilDiv(c.channels(), lanes);
    dstBlocks = Math.ceilDiv(c.filters(), lanes);
    dstTiles = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    tiles = batch * tiling.tilesPerImage();
    long perTile = (long) POINTS * (srcBlocks + dstBlocks) * Lanes.BYTES;
    blockTiles = Math.clamp(BLOCK_BYTES / perTile, 32, Math.max(32, tiles));
    vStep = (long) blockTiles * srcBlocks * Lanes.BYTES + 128;
    zStep = (long) blockTiles * dstBlocks * Lanes.BYTES + 128;
    uStep = (long) srcBlocks * dstBlocks * lanes * Lanes.BYTES;
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
      loops[i].count1 = 1;
      loops[i].count2 = 1;
      loops[i].srcStep0 = (long) srcBlocks * Lanes.BYTES;
      loops[i].dDstStep0 = Lanes.BYTES;
    }
  }

  long workspaceBytes() {
    return POINTS * (uStep + vStep + zStep)
        + (long) loops.length * (WinogradTiling.SCRATCH_BYTES + Tiles.SCRATCH_BYTES);
  }

  private long vAt() {
    return POINTS * uStep;
  }

  private long zAt() {
    return POINTS * (uStep + vStep);
  }

  private long scratchAt(int thread) {
    return POINTS * (uStep + vStep + zStep)
        + (long) thread * (WinogradTiling.SCRATCH_BYTES + Tiles.SCRATCH_BYTES);
  }

  void run(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    for (firstTile = 0; firstTile < tiles; firstTile += blockTiles) {
      blockCount = Math.min(blockTiles, tiles - firstTile);
      parallel.run(Math.ceilDiv(blockCount, 4), transform);
      parallel.run(POINTS * dstTiles, product);
    }
    parallel.run(srcBlocks * dstBlocks, inverse);
  }

  private void transform(int piece, int thread) {
    long scratch = scratchAt(thread);
    int to = Math.min(blockCount, piece * 4 + 4);
    for (int t = piece * 4; t < to; t++) {
      for (int b = 0; b < srcBlocks; b++) {
        long at = vAt() + ((long) t * srcBlocks + b) * Lanes.BYTES;
        tiling.input(src, firstTile + t, b, workspace, scratch, workspace, at, vStep);
      }
      for (int b = 0; b < dstBlocks; b++) {
        // Block by block of channels: the products then read the tiles of one block in a row.
        long at = zAt() + ((long) b * blockTiles + t) * Lanes.BYTES;
        tiling.gradient(dDst, firstTile + t, b, workspace, scratch, workspace, at, zStep);
      }
    }
  }

  private void product(int piece, int thread) {
    int point = piece / dstTiles;
    int block = piece % dstTiles * Lanes.MAX_BLOCKS;
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
    WeightTiles.Loops l = loops[thread];
    l.count0 = blockCount;
    long pair = (long) Lanes.COUNT * Lanes.BYTES;
    long uBlock = srcBlocks * pair;
    long u = point * uStep + block * uBlock;
    if (firstTile == 0) {
      Vectors.zero(workspace, u, blocks * uBlock);
    }
    long z = zAt() + point * zStep + (long) block * blockTiles * Lanes.BYTES;
    long scratch = scratchAt(thread) + WinogradTiling.SCRATCH_BYTES;
    for (int b = 0; b < srcBlocks; b++) {
      int channels = Math.min(Lanes.COUNT, c.channels() - b * Lanes.COUNT);
      int rows = WeightTiles.rows(blocks, channels);
      for (int ch = 0; ch < channels; ch += rows) {
        long v = vAt() + point * vStep + (long) b * Lanes.BYTES + ch * 4L;
        WeightTiles.run(
            rows,
            rows,
            blocks,
            workspace,
            v,
            workspace,
            z,
            (long) blockTiles * Lanes.BYTES,
            l,
            workspace,
            u + b * pair + (long) ch * Lanes.BYTES,
            uBlock,
            workspace,
            scratch);
      }
    }
  }

  private void inverse(int pair, int thread) {
    long square = (long) Lanes.COUNT * Lanes.BYTES;
    for (int ch = 0; ch < Lanes.COUNT; ch++) {
      long row = (long) ch * Lanes.BYTES;
      WinogradTransforms.weightGradient(
          workspace,
          pair * square + row,
          uStep,
          workspace,
          scratchAt(thread),
          dWeights,
          pair * 9 * square + row,
          square);
    }
  }
}
