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
/// Threads take parts of the batch, a few tiles at a time: V, M, Z and dU stay in the second-level
/// cache for that, which they do with one block of channels on either side.
final class WinogradBackward {

  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;
  private static final int TAPS = 9;

  private static final long ROOM = Math.max(WinogradTransforms.SLICE, WeightTiles.PANEL_ROOM);

  private final TransformSums data;
  private final WinogradTiling tiling;
  private final int points;
  private final int channels;
  private final int tiles;
  private final int blockTiles;
  private final int partPieces;
  private final int pieces;
  private final int parts;
  private final long zStep;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body part = this::part;

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
    tiles = batch * tiling.tilesPerImage();
    blockTiles = data.blockTiles();
    pieces = Math.ceilDiv(tiles, blockTiles);
    partPieces = WinogradWeights.partPieces(pieces);
    parts = Math.ceilDiv(pieces, partPieces);
    // Two cache lines more, so that the points fall into different cache sets.
    zStep = blockTiles * VECTOR + 128;
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Null where the two gradients are rather made one after the other.
  static WinogradBackward of(ConvSpec c, int batch, int threads) {
    boolean small = c.kernelHeight() == 3 && c.kernelWidth() == 3 && c.stride() == 1;
    boolean few = c.channels() <= Lanes.COUNT && c.filters() <= Lanes.COUNT;
    if (!WidePanelTiles.SUITS || !small || !few) {
      return null;
    }
    TransformSums data = Convolution.winogradData(c, batch, threads);
    return new WinogradBackward(data, WinogradTiling.backwardData(c), c, batch, threads);
  }

  /// Bytes of workspace: what the source's gradient needs, dU per part, Z and scratch memory per
  /// thread, and room behind all that.
  long workspaceBytes() {
    return zOffset(loops.length) + loops.length * scratchBytes() + ROOM;
  }

  private long uOffset(int index) {
    return Math.ceilDiv(data.workspaceBytes(), 64) * 64 + index * points * PAIR;
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
    inverse();
  }

  private void part(int part, int thread) {
    int first = part * partPieces;
    for (int piece = first; piece < Math.min(pieces, first + partPieces); piece++) {
      data.tileBlock(piece, thread);
      int from = piece * blockTiles;
      int count = Math.min(blockTiles, tiles - from);
      long z = start + zOffset(thread);
      long scratch = scratchAt(thread);
      int rows = tiling.transforms().size();
      tiling.gradient(src, from, from + count, 0, workspace, scratch, workspace, z, zStep, 0, rows);
      for (int point = 0; point < points; point++) {
        long u = start + uOffset(part) + point * PAIR;
        if (piece == first) {
          Vectors.zero(workspace, u, PAIR);
        }
        product(z + point * zStep, data.vAt(thread) + point * data.vStep(), count, u, thread);
      }
    }
  }

  /// Adds the products of one point of some tiles to dU.
  private void product(long z, long v, int count, long u, int thread) {
    WeightTiles.Loops l = loops[thread];
    l.panel(count);
    int rows = WeightTiles.panelRows(1, channels);
    for (int channel = 0; channel < channels; channel += rows) {
      WeightTiles.runPanel(
          rows,
          Math.min(rows, channels - channel),
          1,
          workspace,
          z + channel * 4L,
          workspace,
          v,
          0,
          l,
          workspace,
          u + channel * VECTOR,
          0,
          workspace,
          scratchAt(thread) + tiling.scratchBytes());
    }
  }

  /// The gradient of the weights, whose taps are turned back.
  private void inverse() {
    long u = start + uOffset(0);
    if (parts > 1) {
      Vectors.sumParts(workspace, 0, parts, points * PAIR, u, points * PAIR, workspace);
    }
    WinogradTransforms transforms = tiling.transforms();
    long last = (TAPS - 1) * PAIR;
    transforms.weightGradient(workspace, u, PAIR, workspace, scratchAt(0), dWeights, last, -PAIR);
  }
}
