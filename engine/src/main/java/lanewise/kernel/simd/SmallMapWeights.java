package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of a convolution's weights over small maps. Images lie far apart there, often by a
/// power of two, and a few pixels of each are little work: so the values of all images are copied
/// side by side for each pixel, `[block][pixel][image]`, and for each tap the pixels of a row that
/// see the map through it are one run of [WeightTiles#runPanel]. Taps in the padding cost nothing.
///
/// A piece of work is a block of source channels, with a copy of its own; every thread makes one of
/// the result's gradient for itself in each pass, since memory that others read is slow to write.
final class SmallMapWeights {

  /// Maps from this width on have rows that are worth a run of their own.
  private static final int WIDE = 8;

  /// Blocks of source channels, pieces of work: with fewer there is no share for each thread.
  private static final int LEAST_BLOCKS = 8;

  private static final long MOST_GRADIENT_BYTES = 4L * 1024 * 1024;

  private static final long VECTOR = Lanes.BYTES;
  private static final long SQUARE = Lanes.COUNT * VECTOR;

  private final ConvSpec c;
  private final int batch;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int outPixels;
  private final long pixelBytes;
  private final long pairBytes;
  private final WeightTiles.Loops[] loops;
  // The pass whose gradient a thread has copied.
  private final long[] copied;
  private final Parallel.Body body = this::block;

  private long pass;
  private Tensor src;
  private Tensor dDst;
  private MemorySegment dWeights;
  private MemorySegment workspace;

  SmallMapWeights(ConvSpec c, int batch, int threads) {
    this.c = c;
    this.batch = batch;
    srcBlocks = WeightPacking.blocks(c.channels());
    dstBlocks = WeightPacking.blocks(c.filters());
    outPixels = c.outHeight() * c.outWidth();
    pixelBytes = batch * VECTOR;
    pairBytes = c.kernelHeight() * c.kernelWidth() * SQUARE;
    copied = new long[threads];
    loops = new WeightTiles.Loops[threads];
    for (int i = 0; i < threads; i++) {
      loops[i] = new WeightTiles.Loops();
    }
  }

  /// Whether this is for such sizes. A panel has to be one block, so that no tile of it reaches
  /// into the weights of another.
  static boolean suits(ConvSpec c, int batch) {
    return WeightTiles.PANEL_BLOCKS == 1
        && c.groups() == 1
        && c.outWidth() < WIDE
        && WeightPacking.blocks(c.channels()) >= LEAST_BLOCKS
        && new SmallMapWeights(c, batch, 0).gradientBytes() <= MOST_GRADIENT_BYTES;
  }

  /// Bytes of workspace: per thread the copies and scratch memory, and room behind them.
  long workspaceBytes() {
    return loops.length * threadBytes() + WeightTiles.PANEL_ROOM;
  }

  private long gradientBytes() {
    return dstBlocks * outPixels * pixelBytes;
  }

  private long threadBytes() {
    return gradientBytes() + c.height() * c.width() * pixelBytes + Tiles.SCRATCH_BYTES;
  }

  void run(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    pass++;
    parallel.run(srcBlocks, body);
  }

  private void block(int srcBlock, int thread) {
    long gradientAt = thread * threadBytes();
    long panelAt = gradientAt + gradientBytes();
    if (copied[thread] != pass) {
      copy(dDst, 0, dstBlocks, outPixels, gradientAt);
      copied[thread] = pass;
    }
    copy(src, srcBlock, srcBlock + 1, c.height() * c.width(), panelAt);
    for (int block = 0; block < dstBlocks; block += Lanes.MAX_BLOCKS) {
      int blocks = Math.min(Lanes.MAX_BLOCKS, dstBlocks - block);
      long weightsAt = ((long) block * srcBlocks + srcBlock) * pairBytes;
      for (int b = 0; b < blocks; b++) {
        Vectors.zero(dWeights, weightsAt + b * srcBlocks * pairBytes, pairBytes);
      }
      long gradient = gradientAt + block * outPixels * pixelBytes;
      for (int row = 0; row < c.kernelHeight(); row++) {
        for (int column = 0; column < c.kernelWidth(); column++) {
          tap(row, column, blocks, panelAt, gradient, weightsAt, thread);
          weightsAt += SQUARE;
        }
      }
    }
  }

  /// Copies some blocks of all images, the values of each pixel side by side: image by image, as
  /// they lie in memory.
  private void copy(Tensor from, int first, int end, int pixels, long to) {
    for (int image = 0; image < batch; image++) {
      long imageAt = image * from.imageStride() * Float.BYTES;
      for (int block = first; block < end; block++) {
        long at = imageAt + (long) block * from.blockStride() * Float.BYTES;
        long place = to + ((long) (block - first) * pixels * batch + image) * VECTOR;
        for (int pixel = 0; pixel < pixels; pixel++) {
          Vectors.copy(from.segment(), at + pixel * VECTOR, workspace, place + pixel * pixelBytes);
        }
      }
    }
  }

  /// Adds the products of one tap: of the rows and columns that see the map through it.
  private void tap(
      int row, int column, int blocks, long panelAt, long gradientAt, long weightsAt, int thread) {
    int firstY = first(row);
    int endY = end(row, c.height(), c.outHeight());
    int firstX = first(column);
    int endX = end(column, c.width(), c.outWidth());
    boolean rowsTouch = firstX == 0 && endX == c.outWidth() && c.width() == c.outWidth();
    int rows = c.stride() == 1 && rowsTouch ? Math.max(1, endY - firstY) : 1;
    int columns = c.stride() == 1 ? endX - firstX : 1;
    for (int y = firstY; y < endY; y += rows) {
      for (int x = firstX; x < endX; x += columns) {
        int srcY = y * c.stride() - c.padding() + row;
        int srcX = x * c.stride() - c.padding() + column;
        long panel = panelAt + (srcY * c.width() + srcX) * pixelBytes;
        long gradient = gradientAt + (y * c.outWidth() + x) * pixelBytes;
        pixels(rows * columns, blocks, panel, gradient, weightsAt, thread);
      }
    }
  }

  /// The first output row, or column, that sees the map through a tap.
  private int first(int tap) {
    return Math.max(0, Math.ceilDiv(c.padding() - tap, c.stride()));
  }

  /// The one after the last.
  private int end(int tap, int size, int outSize) {
    return Math.min(outSize, Math.floorDiv(size - 1 + c.padding() - tap, c.stride()) + 1);
  }

  private void pixels(
      int count, int blocks, long panelAt, long gradientAt, long weightsAt, int thread) {
    WeightTiles.Loops l = loops[thread];
    l.panel(count * batch);
    long scratch = (thread + 1) * threadBytes() - Tiles.SCRATCH_BYTES;
    int rows = WeightTiles.panelRows(blocks, Lanes.COUNT);
    for (int ch = 0; ch < Lanes.COUNT; ch += rows) {
      WeightTiles.runPanel(
          rows,
          Math.min(rows, Lanes.COUNT - ch),
          blocks,
          workspace,
          panelAt + ch * 4L,
          workspace,
          gradientAt,
          outPixels * pixelBytes,
          l,
          dWeights,
          weightsAt + ch * VECTOR,
          srcBlocks * pairBytes,
          workspace,
          scratch);
    }
  }
}
