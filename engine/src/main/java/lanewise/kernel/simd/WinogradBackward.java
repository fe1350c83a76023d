package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Both gradients of a convolution through Winograd at once: the source's ([TransformSums]), and
/// that of the weights from the same transformed gradient of the result.
///
/// The source's gradient is a convolution of the result's gradient with the turned weights, of
/// which [WinogradTiling#backwardData] transforms patches to `V[point][tile][K]`. The gradient of
/// these weights is what the patches and the *source* in place of results give: with
/// `Z[point][C][tile]` from the source's tiles, `dU[point] += Z[point] V[point]`, turned back at
/// the end. [WinogradWeights] reads the result's gradient again and transforms larger patches of
/// the source.
///
/// Threads take parts of the batch, a few tiles at a time: V, M, Z and the dU of the part stay in
/// the second-level cache, which is what bounds the channels.
final class WinogradBackward {

  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;
  private static final int TAPS = 9;

  /// Parts of the batch at most, each with a dU of its own.
  private static final int MOST_PARTS = 24;

  /// With larger dU, more time goes into adding to them than is gained.
  private static final long MOST_GRADIENT = 160 * 1024;

  private static final long ROOM = Math.max(WinogradTransforms.SLICE, WeightTiles.PANEL_ROOM);

  private final TransformSums data;
  private final WinogradTiling tiling;
  private final int points;
  private final int channels;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int tiles;
  private final int blockTiles;
  private final int partPieces;
  private final int pieces;
  private final int parts;
  private final long zStep;
  private final long uStep;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body part = this::part;
  private final Parallel.Body inverse = this::inverse;

  private Tensor src;
  private MemorySegment dWeights;
  private MemorySegment workspace;
  private long start;

  private WinogradBackward(
      TransformSums data, WinogradTiling tiling, ConvSpec c, int batch, int threads) {
    this.data = data;
    this.tiling = tiling;
    points = tiling.points();
    channels = c.channels();
    srcBlocks = WeightPacking.blocks(channels);
    dstBlocks = WeightPacking.blocks(c.filters());
    tiles = batch * tiling.tilesPerImage();
    blockTiles = data.blockTiles();
    pieces = Math.ceilDiv(tiles, blockTiles);
    partPieces = partPieces(pieces);
    parts = Math.ceilDiv(pieces, partPieces);
    // Two cache lines more, so that the points fall into different cache sets.
    zStep = srcBlocks * blockTiles * VECTOR + 128;
    uStep = srcBlocks * dstBlocks * PAIR;
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Null where the two gradients are rather made one after the other.
  static WinogradBackward of(ConvSpec c, int batch, int threads) {
    if (!WidePanelTiles.SUITS || c.stride() != 1 || c.kernelHeight() != 3 || c.kernelWidth() != 3) {
      return null;
    }
    WinogradTiling tiling = WinogradTiling.backwardData(c);
    long gradient =
        (long) tiling.points()
            * WeightPacking.blocks(c.channels())
            * WeightPacking.blocks(c.filters())
            * PAIR;
    TransformSums data = Convolution.winogradData(c, batch, threads);
    return gradient > MOST_GRADIENT || data.isByGroups()
        ? null
        : new WinogradBackward(data, tiling, c, batch, threads);
  }

  /// Pieces of a part, so many that two threads and four have about the same.
  private static int partPieces(int pieces) {
    int best = Math.ceilDiv(pieces, MOST_PARTS);
    int least = Integer.MAX_VALUE;
    for (int size = best; size <= Math.ceilDiv(pieces, 4); size++) {
      int parts = Math.ceilDiv(pieces, size);
      int computed = (Math.ceilDiv(parts, 2) + 2 * Math.ceilDiv(parts, 4)) * size;
      if (computed < least) {
        least = computed;
        best = size;
      }
    }
    return best;
  }

  /// Bytes of workspace: what the source's gradient needs, dU per part, Z and scratch memory per
  /// thread, and room behind all that.
  long workspaceBytes() {
    return zOffset(loops.length) + loops.length * scratchBytes() + ROOM;
  }

  private long uOffset(int index) {
    return Math.ceilDiv(data.workspaceBytes(), 64) * 64 + index * points * uStep;
  }

  private long zOffset(int index) {
    return uOffset(parts) + index * points * zStep;
  }

  private long scratchBytes() {
    return (long) tiling.scratchBytes() + Tiles.SCRATCH_BYTES;
  }

  private long scratchAt(int thread) {
    return start + zOffset(loops.length) + thread * scratchBytes();
  }

  /// @param prologue makes dDst, or null if it is there
  /// @param weights transposed and turned
  /// @param zeros a zero per input channel, or null to add to dSrc
  /// @param at where the workspace's free part starts
  void run(
      Tensor src,
      Tensor dDst,
      Prologue prologue,
      MemorySegment weights,
      MemorySegment zeros,
      Tensor dSrc,
      MemorySegment dWeights,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    this.src = src;
    this.dWeights = dWeights;
    this.workspace = workspace;
    start = at;
    float none = Float.NEGATIVE_INFINITY;
    data.begin(dDst, prologue, weights, 0, zeros, dSrc, none, null, workspace, at);
    parallel.run(parts, part);
    parallel.run(srcBlocks * dstBlocks, inverse);
  }

  private void part(int part, int thread) {
    int first = part * partPieces;
    for (int piece = first; piece < Math.min(pieces, first + partPieces); piece++) {
      data.tileBlock(piece, thread);
      int from = piece * blockTiles;
      int count = Math.min(blockTiles, tiles - from);
      int rows = tiling.transforms().size();
      long z = start + zOffset(thread);
      for (int b = 0; b < srcBlocks; b++) {
        tiling.gradient(
            src,
            from,
            from + count,
            b,
            workspace,
            scratchAt(thread),
            workspace,
            z + b * blockTiles * VECTOR,
            zStep,
            0,
            rows);
      }
      for (int point = 0; point < points; point++) {
        long u = start + uOffset(part) + point * uStep;
        if (piece == first) {
          Vectors.zero(workspace, u, uStep);
        }
        product(z + point * zStep, data.vAt(thread) + point * data.vStep(), count, u, thread);
      }
    }
  }

  /// Adds the products of one point of some tiles to dU.
  private void product(long z, long v, int count, long u, int thread) {
    WeightTiles.Loops l = loops[thread];
    l.panel(count);
    l.dDstStep0 = data.vTile();
    for (int block = 0; block < dstBlocks; block += Lanes.MAX_BLOCKS) {
      int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
      for (int s = 0; s < srcBlocks; s++) {
        int left = Math.min(Lanes.COUNT, channels - s * Lanes.COUNT);
        int rows = WeightTiles.panelRows(blocks, left);
        for (int ch = 0; ch < left; ch += rows) {
          WeightTiles.runPanel(
              rows,
              Math.min(rows, left - ch),
              blocks,
              workspace,
              z + s * blockTiles * VECTOR + ch * 4L,
              workspace,
              v + block * VECTOR,
              VECTOR,
              l,
              workspace,
              u + (block * srcBlocks + s) * PAIR + ch * VECTOR,
              srcBlocks * PAIR,
              workspace,
              scratchAt(thread) + tiling.scratchBytes());
        }
      }
    }
  }

  /// The gradient of a pair of blocks, whose taps are turned back.
  private void inverse(int pair, int thread) {
    long u = start + uOffset(0) + pair * PAIR;
    for (int point = 0; point < points && parts > 1; point++) {
      long at = u + point * uStep;
      Vectors.sumParts(workspace, 0, parts, points * uStep, at, PAIR, workspace);
    }
    long last = ((long) pair * TAPS + TAPS - 1) * PAIR;
    tiling
        .transforms()
        .weightGradient(workspace, u, uStep, workspace, scratchAt(thread), dWeights, last, -PAIR);
  }
}
