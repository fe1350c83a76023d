package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of a convolution's weights as one product over patches ([PatchTransform]): for a
/// chunk of pixels, patches are gathered to panels ([WeightTiles#PANEL_BLOCKS]) and multiplied with
/// the gradient of the result,
/// `dWeights[C of all taps][K] += patches' dDst`. Where a block of the source is a panel as it lies
/// (1x1 kernels, lanes that make a panel of one block, maps of a chunk or more), it is read in
/// place.
///
/// Pieces of work are (some images) x (some panels). Where panels are too few to go round, the
/// batch is cut into parts with a partial gradient each, which are then added in order: how many
/// depends on the shapes alone.
final class PatchWeights {

  private static final int WANTED_PIECES = 16;
  private static final int MOST_PANELS = 8;

  /// What partial gradients may take: every piece reads all of the result's gradient of its images,
  /// so many images and few panels cost more than adding them.
  private static final long PARTS_BYTES = 8L * 1024 * 1024;

  /// Pixels of a chunk: a panel of them and a few blocks of the gradient stay in the first-level
  /// cache.
  private static final int CHUNK_PIXELS = 256;

  private static final int PANEL = WeightTiles.PANEL_BLOCKS;
  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;

  /// Behind panels and patches, which are addressed through slices of a constant size.
  private static final long ROOM =
      Math.max(WeightTiles.PANEL_ROOM, PatchTransform.MOST_BLOCKS * VECTOR);

  private final PatchTransform patches;
  private final int batch;
  private final int rowBlocks;
  private final int dstBlocks;
  private final int panelsPerPiece;
  private final int panelPieces;
  private final int pixels;
  private final int chunkImages;
  private final int chunkPixels;
  private final int imagesPerPart;
  private final int parts;
  private final boolean inPlace;
  private final WeightTiles.Loops[] loops;
  private final Parallel.Body partBody = this::part;
  private final Parallel.Body sumBody = this::sum;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment dWeights;
  private MemorySegment target;
  private MemorySegment workspace;
  private long start;

  PatchWeights(ConvSpec c, int batch, int threads) {
    this.batch = batch;
    patches = PatchTransform.forward(c);
    rowBlocks = patches.rows(c.channels()) / Lanes.COUNT;
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    int panels = Math.ceilDiv(rowBlocks, PANEL);
    int most = Math.clamp(PARTS_BYTES / weightBytes(), 1, WANTED_PIECES);
    int wantedPanelPieces = Math.ceilDiv(WANTED_PIECES, most);
    panelsPerPiece = Math.clamp(Math.ceilDiv(panels, wantedPanelPieces), 1, MOST_PANELS);
    panelPieces = Math.ceilDiv(panels, panelsPerPiece);
    pixels = c.outHeight() * c.outWidth();
    chunkImages = Math.clamp(CHUNK_PIXELS / pixels, 1, batch);
    chunkPixels = Math.ceilDiv(pixels, Math.ceilDiv(pixels, CHUNK_PIXELS));
    boolean pointwise = c.kernelHeight() * c.kernelWidth() == 1 && c.padding() == 0;
    inPlace = pointwise && c.stride() == 1 && PANEL == 1 && chunkImages == 1;
    int chunks = Math.ceilDiv(batch, chunkImages);
    int wanted = Math.clamp(Math.ceilDiv(WANTED_PIECES, panelPieces), 1, chunks);
    imagesPerPart = Math.ceilDiv(chunks, wanted) * chunkImages;
    parts = Math.ceilDiv(batch, imagesPerPart);
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Bytes of workspace: the partial gradients, and per thread panels, the gradient of the result
  /// at the pixels of several images, and scratch memory; and room behind all that.
  long workspaceBytes() {
    return partsBytes() + loops.length * threadBytes() + ROOM;
  }

  private long weightBytes() {
    return (long) dstBlocks * rowBlocks * PAIR;
  }

  private long partsBytes() {
    return parts == 1 ? 0 : parts * weightBytes();
  }

  /// Pixels of the largest chunk: of several whole images, or of one.
  private int mostPixels() {
    return chunkImages > 1 ? chunkImages * pixels : chunkPixels;
  }

  private long panelBytes() {
    return mostPixels() * PANEL * VECTOR;
  }

  private long gradientBytes() {
    return chunkImages > 1 ? dstBlocks * mostPixels() * VECTOR : 0;
  }

  /// Where the gradient of several images lies in a thread's memory, behind the panels.
  private long gradientAt() {
    return inPlace ? 0 : panelsPerPiece * panelBytes();
  }

  private long threadBytes() {
    return gradientAt() + gradientBytes() + Tiles.SCRATCH_BYTES;
  }

  /// @param at where the workspace's free part starts
  void run(
      Tensor src,
      Tensor dDst,
      MemorySegment dWeights,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    start = at;
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    target = parts == 1 ? dWeights : workspace;
    parallel.run(parts * panelPieces, partBody);
    if (parts > 1) {
      parallel.run(dstBlocks * rowBlocks, sumBody);
    }
  }

  private void part(int piece, int thread) {
    int from = piece % panelPieces * panelsPerPiece * PANEL;
    int to = Math.min(rowBlocks, from + panelsPerPiece * PANEL);
    int part = piece / panelPieces;
    long weights = parts == 1 ? 0 : start + part * weightBytes();
    for (int block = 0; block < dstBlocks; block++) {
      Vectors.zero(target, weights + (block * rowBlocks + from) * PAIR, (to - from) * PAIR);
    }
    int last = Math.min(batch, (part + 1) * imagesPerPart);
    for (int sample = part * imagesPerPart; sample < last; sample += chunkImages) {
      if (chunkImages > 1) {
        int images = Math.min(chunkImages, last - sample);
        long gradient = gatherGradient(sample, images, thread);
        long block = images * pixels * VECTOR;
        chunk(sample, 0, images * pixels, from, to, workspace, gradient, block, weights, thread);
        continue;
      }
      for (int pixel = 0; pixel < pixels; pixel += chunkPixels) {
        int count = Math.min(chunkPixels, pixels - pixel);
        long gradient = sample * dDst.imageStride() * Float.BYTES + pixel * VECTOR;
        long block = (long) dDst.blockStride() * Float.BYTES;
        chunk(sample, pixel, count, from, to, dDst.segment(), gradient, block, weights, thread);
      }
    }
  }

  private long threadAt(int thread) {
    return start + partsBytes() + thread * threadBytes();
  }

  /// Copies the gradient of some images, block by block, so that the pixels of a block lie side by
  /// side.
  private long gatherGradient(int sample, int images, int thread) {
    long at = threadAt(thread) + gradientAt();
    for (int block = 0; block < dstBlocks; block++) {
      for (int i = 0; i < images; i++) {
        long from = ((sample + i) * dDst.imageStride() + block * dDst.blockStride()) * Float.BYTES;
        long to = at + ((long) block * images + i) * pixels * VECTOR;
        for (int p = 0; p < pixels; p++) {
          Vectors.copy(dDst.segment(), from + p * VECTOR, workspace, to + p * VECTOR);
        }
      }
    }
    return at;
  }

  /// Adds the products of `count` pixels from `pixel` of an image on, for the blocks of rows `from`
  /// to `to`.
  private void chunk(
      int sample,
      int pixel,
      int count,
      int from,
      int to,
      MemorySegment gradient,
      long gradientAt,
      long gradientBlock,
      long weights,
      int thread) {
    long panelBytes = count * PANEL * VECTOR;
    if (!inPlace) {
      gather(sample * pixels + pixel, count, from, to, panelBytes, thread);
    }
    WeightTiles.Loops l = loops[thread];
    l.panel(count);
    long scratch = threadAt(thread) + gradientAt() + gradientBytes();
    for (int block = 0; block < dstBlocks; block += Lanes.MAX_BLOCKS) {
      int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
      for (int row = from; row < to; row += PANEL) {
        MemorySegment panels = inPlace ? src.segment() : workspace;
        long panelAt =
            inPlace
                ? blockAt(sample, row) + pixel * VECTOR
                : threadAt(thread) + (row - from) / PANEL * panelBytes;
        int channels = Math.min(PANEL, to - row) * Lanes.COUNT;
        int rows = WeightTiles.panelRows(blocks, channels);
        for (int ch = 0; ch < channels; ch += rows) {
          WeightTiles.runPanel(
              rows,
              Math.min(rows, channels - ch),
              blocks,
              panels,
              panelAt + ch * 4L,
              gradient,
              gradientAt + block * gradientBlock,
              gradientBlock,
              l,
              target,
              weights + (block * rowBlocks + row) * PAIR + ch * VECTOR,
              rowBlocks * PAIR,
              workspace,
              scratch);
        }
      }
    }
  }

  private long blockAt(int sample, int block) {
    return (sample * src.imageStride() + (long) block * src.blockStride()) * Float.BYTES;
  }

  /// Gathers the patches of `count` pixels to panels.
  private void gather(int tile, int count, int from, int to, long panelBytes, int thread) {
    long panels = threadAt(thread);
    for (int row = from; row < to; row += PANEL) {
      long at = panels + (row - from) / PANEL * panelBytes;
      int blocks = Math.min(PANEL, to - row);
      patches.inputs(
          src, tile, tile + count, row, blocks, workspace, 0, workspace, at, PANEL * VECTOR, 0);
      for (int b = blocks; b < PANEL; b++) {
        PatchTransform.zero(workspace, at + b * VECTOR, count, PANEL * VECTOR);
      }
    }
  }

  private void sum(int pair, int thread) {
    Vectors.sumParts(workspace, start, parts, weightBytes(), pair * PAIR, PAIR, dWeights);
  }
}
