package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of weights through Winograd ([WinogradTiling]): inputs and output gradients of a
/// block of tiles are transformed to points `V[point][panel][tile][C of the panel]` and
/// `Z[point][K][tile]`, the products `dU[point] += V[point]' Z[point]` are split over the threads,
/// and after the last block an inverse transform makes the gradient. Each element of dU is summed
/// by one thread at a time over the tiles in their order, so threads cannot change it. Where the
/// convolution has parts, each block of C has one block in V per part.
///
/// Each part of the batch has a dU of its own, and a thread that takes a part makes V and Z for
/// itself alone, a few tiles at a time: lines of memory that another processor has read are slow to
/// write again. Only dU are added across threads. With more threads than parts, each takes some
/// rows of points of a part.
///
/// Large dU (deep layers) would not fit several times. They are split by pairs of channel blocks,
/// all points of a few pairs at a time, so that the inverse transform finds them in the cache; if
/// all tiles fit into one block, dU never reaches main memory.
final class WinogradWeights {

  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;
  private static final int PANEL = WeightTiles.PANEL_BLOCKS;

  /// V and Z of all threads may take so much where dU is large, since each block of tiles reads and
  /// writes all of it.
  private static final long BLOCK_BYTES = 20L * 1024 * 1024;

  /// dU of more than that is split by pairs of channel blocks.
  private static final long LARGE_GRADIENT = 4L * 1024 * 1024;

  /// V and Z of a thread's tiles and a dU may take so much together to stay in its second-level
  /// cache.
  private static final long OWN_BYTES = (Lanes.COUNT == 8 ? 320 : 640) * 1024L;

  /// With fewer tiles at a time, products are too short: V and Z then stay in the last-level cache.
  private static final int FEWEST_TILES = 32;

  /// Tiles at a time there, about.
  private static final int MANY_TILES = 128;

  /// Parts of the batch at most where dU stay in second-level caches.
  private static final int MOST_PARTS = 24;

  /// What the dU of parts may take elsewhere.
  private static final long PARTS_BYTES = 8L * 1024 * 1024;

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
  private final int partTiles;
  private final int parts;
  private final int bands; // of rows of points, each of which a thread takes
  private final boolean kept;
  private final long vStep;
  private final long zStep;
  private final long uStep;
  private final boolean[][] vanishing; // per point and panel: it has no products
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body transform = this::transform;
  private final Parallel.Body inverse = this::inverse;
  private final Parallel.Body pairs = this::pairs;
  private final Parallel.Body part = this::part;

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
    long gradient = points * srcBlocks * dstBlocks * PAIR;
    byPairs = gradient > LARGE_GRADIENT;
    int own = ownTiles(gradient);
    boolean small = own >= FEWEST_TILES;
    int wanted = byPairs ? 1 : gradient * 4 <= PARTS_BYTES ? 4 : 2;
    blockTiles = byPairs ? pairTiles() : small ? Math.min(tiles, own) : evenTiles(wanted);
    int pieces = Math.ceilDiv(tiles, blockTiles);
    partTiles = (small ? partPieces(pieces) : Math.ceilDiv(pieces, wanted)) * blockTiles;
    parts = Math.ceilDiv(tiles, partTiles);
    bands = Math.min(Math.ceilDiv(threads, parts), tiling.transforms().size());
    kept = !byPairs || blockTiles < tiles;
    // Two cache lines more, so that the points fall into different cache sets.
    vStep = Math.ceilDiv(srcBlocks, PANEL) * PANEL * blockTiles * VECTOR + 128;
    zStep = blockTiles * dstBlocks * VECTOR + 128;
    uStep = (kept ? srcBlocks * dstBlocks : PIECE_BLOCKS * Lanes.MAX_BLOCKS) * PAIR;
    vanishing = new boolean[points][Math.ceilDiv(srcBlocks, PANEL)];
    for (int point = 0; point < points; point++) {
      for (int panel = 0; panel < vanishing[point].length; panel++) {
        vanishing[point][panel] = vanishes(point, panel);
      }
    }
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Whether a panel has no product at a point: what lies there in dU is of taps that it lacks.
  private boolean vanishes(int point, int panel) {
    for (int s = panel * PANEL; s < Math.min(srcBlocks, (panel + 1) * PANEL); s++) {
      if (!tiling.vanishes(point, 0, s, srcBlocks)) {
        return false;
      }
    }
    return true;
  }

  /// Of so many pieces those of a part: few, so that threads of unequal speed end together, but so
  /// that two threads and four have about as many as can be.
  static int partPieces(int pieces) {
    int first = Math.ceilDiv(pieces, MOST_PARTS);
    int last = Math.max(first, Math.ceilDiv(pieces, 4));
    int least =
        IntStream.rangeClosed(first, last).map(size -> computed(pieces, size)).min().orElseThrow();
    return IntStream.rangeClosed(first, last)
        .filter(size -> computed(pieces, size) * 20L <= least * 21L)
        .findFirst()
        .orElseThrow();
  }

  /// What one of two threads computes, and one of four, twice.
  private static int computed(int pieces, int partPieces) {
    int parts = Math.ceilDiv(pieces, partPieces);
    return (Math.ceilDiv(parts, 2) + 2 * Math.ceilDiv(parts, 4)) * partPieces;
  }

  private int pairTiles() {
    long perTile = points * (srcBlocks + dstBlocks) * VECTOR;
    return Math.min(tiles, Math.max(FEWEST_TILES, (int) (BLOCK_BYTES / perTile)));
  }

  /// Tiles of whole strips, so many that those of a part make blocks of about the same size.
  private int evenTiles(int wantedParts) {
    int part = Math.ceilDiv(tiles, wantedParts);
    int even = Math.ceilDiv(part, Math.ceilDiv(part, MANY_TILES));
    return Math.ceilDiv(even, WinogradTransforms.STRIP_TILES) * WinogradTransforms.STRIP_TILES;
  }

  /// Tiles of whole strips whose V and Z fit into a thread's own cache beside a dU.
  private int ownTiles(long gradient) {
    long perTile = points * (Math.ceilDiv(srcBlocks, PANEL) * PANEL + dstBlocks) * VECTOR;
    int strip = WinogradTransforms.STRIP_TILES;
    return (int) (Math.max(0, OWN_BYTES - gradient) / perTile) / strip * strip;
  }

  /// Bytes of workspace: dU (once, per part, or what a thread works on), V and Z (once, or per
  /// thread), scratch memory per thread, and room behind all that.
  long workspaceBytes() {
    return vAt(byPairs ? 1 : loops.length) + loops.length * scratchBytes() + ROOM;
  }

  private long scratchBytes() {
    return (long) tiling.scratchBytes() + Tiles.SCRATCH_BYTES;
  }

  /// Where a dU begins, of those that there are.
  private long uAt(int index) {
    return index * points * uStep;
  }

  /// Where a V begins, of those that there are, and its Z behind it.
  private long vAt(int index) {
    int gradients = kept ? parts : loops.length;
    return uAt(gradients) + index * points * (vStep + zStep);
  }

  /// Where the V that a thread works on begins.
  private long vOf(int thread) {
    return vAt(byPairs ? 0 : thread);
  }

  private long zOf(int thread) {
    return vOf(thread) + points * vStep;
  }

  /// Where one block of source channels of the first tile lies in V.
  private long inV(int srcBlock) {
    return (srcBlock / PANEL * blockTiles * PANEL + srcBlock % PANEL) * VECTOR;
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
    if (!byPairs) {
      parallel.run(parts * bands, part);
      parallel.run(srcBlocks * dstBlocks, inverse);
      return;
    }
    for (firstTile = 0; firstTile < tiles; firstTile += blockTiles) {
      blockCount = Math.min(blockTiles, tiles - firstTile);
      parallel.run(Math.ceilDiv(blockCount, 8), transform);
      parallel.run(groups * Math.ceilDiv(srcBlocks, PIECE_BLOCKS), pairs);
    }
  }

  private void transform(int piece, int thread) {
    int from = piece * 8;
    int to = Math.min(blockCount, from + 8);
    transform(firstTile, from, to, 0, tiling.transforms().size(), thread);
  }

  /// Rows of points of V and Z of some tiles, numbered from `first` on.
  private void transform(int first, int from, int to, int row, int lastRow, int thread) {
    long scratch = scratchAt(thread);
    for (int b = 0; b < srcBlocks; b += PANEL) {
      tiling.inputs(
          src,
          first + from,
          first + to,
          b,
          Math.min(PANEL, srcBlocks - b),
          workspace,
          scratch,
          workspace,
          vOf(thread) + inV(b) + from * PANEL * VECTOR,
          PANEL * VECTOR,
          vStep,
          row,
          lastRow);
    }
    for (int b = 0; b < dstBlocks; b++) {
      // Block by block of channels: the products then read the tiles of one block in a row.
      tiling.gradient(
          dDst,
          first + from,
          first + to,
          b,
          workspace,
          scratch,
          workspace,
          zOf(thread) + ((long) b * blockTiles + from) * VECTOR,
          zStep,
          row,
          lastRow);
    }
  }

  /// A band of the dU of a part of the batch, a few tiles at a time, with V and Z of this thread
  /// alone.
  private void part(int piece, int thread) {
    int part = piece / bands;
    int size = tiling.transforms().size();
    int row = piece % bands * size / bands;
    int lastRow = (piece % bands + 1) * size / bands;
    int start = part * partTiles;
    int last = Math.min(tiles, start + partTiles);
    for (int first = start; first < last; first += blockTiles) {
      int count = Math.min(blockTiles, last - first);
      transform(first, 0, count, row, lastRow, thread);
      for (int point = row * size; point < lastRow * size; point++) {
        for (int block = 0; block < dstBlocks; block += Lanes.MAX_BLOCKS) {
          long u = uAt(part) + block * srcBlocks * PAIR;
          boolean starts = first == start;
          product(point, block, 0, srcBlocks, count, starts, u, srcBlocks * PAIR, thread);
        }
      }
    }
  }

  private void inverse(int pair, int thread) {
    for (int point = 0; point < points && parts > 1; point++) {
      long at = point * uStep + pair * PAIR;
      Vectors.sumParts(workspace, 0, parts, uAt(1), at, PAIR, workspace);
    }
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
    long u = kept ? (block * srcBlocks + from) * PAIR : uAt(thread);
    long uBlock = (kept ? srcBlocks : PIECE_BLOCKS) * PAIR;
    for (int point = 0; point < points; point++) {
      product(point, block, from, to, blockCount, firstTile == 0, u, uBlock, thread);
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
  ///
  /// @param count tiles
  /// @param starts whether these are the first ones of dU
  private void product(
      int point,
      int block,
      int from,
      int to,
      int count,
      boolean starts,
      long u,
      long uBlock,
      int thread) {
    int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
    WeightTiles.Loops l = loops[thread];
    l.panel(count);
    long at = u + point * uStep;
    long z = zOf(thread) + point * zStep + block * blockTiles * VECTOR;
    for (int b = 0; b < blocks && starts; b++) {
      Vectors.zero(workspace, at + b * uBlock, (to - from) * PAIR);
    }
    for (int s = from; s < to; s += PANEL) {
      if (vanishing[point][s / PANEL]) {
        continue;
      }
      int channels = Math.min(Math.min(PANEL, to - s) * Lanes.COUNT, srcChannels - s * Lanes.COUNT);
      int rows = WeightTiles.panelRows(blocks, channels);
      for (int ch = 0; ch < channels; ch += rows) {
        WeightTiles.runPanel(
            rows,
            Math.min(rows, channels - ch),
            blocks,
            workspace,
            vOf(thread) + point * vStep + inV(s) + ch * 4L,
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
