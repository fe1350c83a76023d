package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of weights through Winograd ([WinogradTiling]): inputs and output gradients of a
/// block of tiles are transformed to points `V[point][panel][tile][C of the panel]` and
/// `Z[point][K][tile]`, the products `dU[point] += V[point]' Z[point]` are split over the threads,
/// and after the last block an inverse transform makes the gradient. Each element of dU is summed
/// by one thread at a time over the tiles in their order. Where the convolution has parts, each
/// block of C has one block in V per part.
///
/// Small dU are split by points. Large ones (deep layers) are split by pairs of channel blocks, all
/// points of a few pairs at a time, so that the inverse transform finds them in the cache; if all
/// tiles fit into one block, dU never reaches main memory.
final class WinogradWeights {

  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;
  private static final int PANEL = WeightTiles.PANEL_BLOCKS;

  /// V and Z of one block may take so much: they are shared through the last-level cache.
  private static final long BLOCK_BYTES = 4L * 1024 * 1024;

  /// The same where dU is large, since each block reads and writes all of it.
  private static final long LARGE_BLOCK_BYTES = 20L * 1024 * 1024;

  /// dU of more than that is split by pairs of channel blocks.
  private static final long LARGE_GRADIENT = 2L * 1024 * 1024;

  /// Blocks of source channels of one piece: dU of a piece then stays in the second-level cache.
  private static final int PIECE_BLOCKS = Math.max(2, PANEL);

  private static final long ROOM = Math.max(WinogradTransforms.SLICE, WeightTiles.PANEL_ROOM);

  private final WinogradTiling tiling;
  private final int points;
  private final int srcChannels;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int groups;
  private final int tiles;
  private final int blockTiles;
  private final boolean byPairs;
  private final boolean kept;
  private final long vStep;
  private final long zStep;
  private final long uStep;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body transform = this::transform;
  private final Parallel.Body pointGroup = this::pointGroup;
  private final Parallel.Body inverse = this::inverse;
  private final Parallel.Body pairs = this::pairs;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment dWeights;
  private MemorySegment workspace;
  private int firstTile;
  private int blockCount;

  WinogradWeights(ConvSpec c, int batch, int threads) {
    tiling = WinogradTiling.forward(c);
    points = tiling.points();
    srcBlocks = tiling.srcBlocks(c.channels());
    srcChannels = tiling.srcChannels(c.channels());
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    groups = Math.ceilDiv(dstBlocks, Lanes.MAX_BLOCKS);
    tiles = batch * tiling.tilesPerImage();
    byPairs = points * srcBlocks * dstBlocks * PAIR > LARGE_GRADIENT;
    long perTile = points * (srcBlocks + dstBlocks) * VECTOR;
    long blockBytes = byPairs ? LARGE_BLOCK_BYTES : BLOCK_BYTES;
    blockTiles = Math.min(tiles, Math.max(32, (int) (blockBytes / perTile)));
    kept = !byPairs || blockTiles < tiles;
    // Two cache lines more, so that the points fall into different cache sets.
    vStep = Math.ceilDiv(srcBlocks, PANEL) * PANEL * blockTiles * VECTOR + 128;
    zStep = blockTiles * dstBlocks * VECTOR + 128;
    uStep = (kept ? srcBlocks * dstBlocks : PIECE_BLOCKS * Lanes.MAX_BLOCKS) * PAIR;
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Bytes of workspace: V, Z, dU (once, or what a thread works on), scratch memory per thread, and
  /// room behind all that.
  long workspaceBytes() {
    return uAt(loops.length) + (kept ? points * uStep : 0) + loops.length * scratchBytes() + ROOM;
  }

  private long scratchBytes() {
    return (long) tiling.scratchBytes() + Tiles.SCRATCH_BYTES;
  }

  /// Where one block of source channels of the first tile lies in V.
  private long vAt(int srcBlock) {
    return (srcBlock / PANEL * blockTiles * PANEL + srcBlock % PANEL) * VECTOR;
  }

  private long zAt() {
    return points * vStep;
  }

  private long uAt(int thread) {
    return points * (vStep + zStep) + (kept ? 0 : thread * points * uStep);
  }

  private long scratchAt(int thread) {
    return workspaceBytes() - ROOM - (thread + 1) * scratchBytes();
  }

  void run(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    for (firstTile = 0; firstTile < tiles; firstTile += blockTiles) {
      blockCount = Math.min(blockTiles, tiles - firstTile);
      parallel.run(Math.ceilDiv(blockCount, 8), transform);
      if (byPairs) {
        parallel.run(groups * Math.ceilDiv(srcBlocks, PIECE_BLOCKS), pairs);
      } else {
        parallel.run(points * groups, pointGroup);
      }
    }
    if (!byPairs) {
      parallel.run(srcBlocks * dstBlocks, inverse);
    }
  }

  private void transform(int piece, int thread) {
    long scratch = scratchAt(thread);
    int from = piece * 8;
    int to = Math.min(blockCount, from + 8);
    for (int b = 0; b < srcBlocks; b++) {
      tiling.input(
          src,
          firstTile + from,
          firstTile + to,
          b,
          workspace,
          scratch,
          workspace,
          vAt(b) + from * PANEL * VECTOR,
          PANEL * VECTOR,
          vStep);
    }
    for (int b = 0; b < dstBlocks; b++) {
      // Block by block of channels: the products then read the tiles of one block in a row.
      long at = zAt() + ((long) b * blockTiles + from) * VECTOR;
      tiling.gradient(
          dDst, firstTile + from, firstTile + to, b, workspace, scratch, workspace, at, zStep);
    }
  }

  private void pointGroup(int piece, int thread) {
    int point = piece / groups;
    int block = piece % groups * Lanes.MAX_BLOCKS;
    long u = uAt(0) + block * srcBlocks * PAIR;
    product(point, block, 0, srcBlocks, u, srcBlocks * PAIR, thread);
  }

  private void inverse(int pair, int thread) {
    inverse(uAt(0) + pair * PAIR, pair / srcBlocks, pair % srcBlocks, thread);
  }

  private void inverse(long u, int dstBlock, int srcBlock, int thread) {
    tiling.weightGradient(
        workspace, u, uStep, dstBlock, srcBlock, srcBlocks, workspace, scratchAt(thread), dWeights);
  }

  /// All points of some pairs of channel blocks; after the last tiles their gradient.
  private void pairs(int piece, int thread) {
    int block = piece % groups * Lanes.MAX_BLOCKS;
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
    int from = piece / groups * PIECE_BLOCKS;
    int to = Math.min(srcBlocks, from + PIECE_BLOCKS);
    long u = uAt(thread) + (kept ? (block * srcBlocks + from) * PAIR : 0);
    long uBlock = (kept ? srcBlocks : PIECE_BLOCKS) * PAIR;
    for (int point = 0; point < points; point++) {
      product(point, block, from, to, u, uBlock, thread);
    }
    if (firstTile + blockCount == tiles) {
      for (int b = 0; b < blocks; b++) {
        for (int s = from; s < to; s++) {
          inverse(u + b * uBlock + (s - from) * PAIR, block + b, s, thread);
        }
      }
    }
  }

  /// Adds the products of one point of the source blocks `from` to `to` with the destination blocks
  /// from `block` on to dU.
  private void product(int point, int block, int from, int to, long u, long uBlock, int thread) {
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
    WeightTiles.Loops l = loops[thread];
    l.panel(blockCount);
    long at = u + point * uStep;
    long z = zAt() + point * zStep + block * blockTiles * VECTOR;
    for (int b = 0; b < blocks && firstTile == 0; b++) {
      Vectors.zero(workspace, at + b * uBlock, (to - from) * PAIR);
    }
    for (int s = from; s < to; s += PANEL) {
      int channels = Math.min(Math.min(PANEL, to - s) * Lanes.COUNT, srcChannels - s * Lanes.COUNT);
      int rows = WeightTiles.panelRows(blocks, channels);
      for (int ch = 0; ch < channels; ch += rows) {
        WeightTiles.runPanel(
            rows,
            Math.min(rows, channels - ch),
            blocks,
            workspace,
            point * vStep + vAt(s) + ch * 4L,
            workspace,
            z,
            blockTiles * VECTOR,
            l,
            workspace,
            at + (s - from) * PAIR + ch * VECTOR,
            uBlock,
            workspace,
            scratchAt(thread) + tiling.scratchBytes());
      }
    }
  }
}
