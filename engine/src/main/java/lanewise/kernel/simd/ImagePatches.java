package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// Patches of a plain image, whose few channels lie side by side: one row of the kernel meets one
/// run of `kernel width x C` floats, and a patch is its rows one behind the other, `[kh][kw x C]`.
/// Results are those of [PatchTransform].
///
/// Runs are copied by whole vectors, and each spills over its end, where the next one follows.
/// Behind the last one is room for that.
///
/// @param c the convolution, without padding ([PaddedImages])
/// @param pixels how results are numbered and written
record ImagePatches(ConvSpec c, PatchTransform pixels) implements TileTransform {

  private static final long V = Lanes.BYTES;

  static ImagePatches of(ConvSpec c) {
    return new ImagePatches(c, PatchTransform.forward(c));
  }

  /// Floats of a patch.
  int floats() {
    return NarrowWeights.rows(c);
  }

  /// Vectors that a patch takes, what the last run spills included.
  int blocks() {
    int run = c.kernelWidth() * c.channels();
    int spilt = Math.ceilDiv(run, Lanes.COUNT) * Lanes.COUNT - run;
    return Math.ceilDiv(floats() + spilt, Lanes.COUNT);
  }

  @Override
  public int points() {
    return 1;
  }

  @Override
  public int tilesPerImage() {
    return pixels.tilesPerImage();
  }

  @Override
  public boolean transformsWeights() {
    return false;
  }

  @Override
  public int scratchBytes() {
    return 0;
  }

  /// All blocks, whichever are asked for: patches are gathered whole.
  @Override
  public void inputs(
      Tensor src,
      int from,
      int to,
      int block,
      int blocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long tileStep,
      long step) {
    gather(src, from, to, dst, at, tileStep);
  }

  /// Copies the patches of the pixels `from` to `to` (exclusive), `patchBytes` apart.
  void gather(Tensor src, int from, int to, MemorySegment dst, long at, long patchBytes) {
    for (int pixel = from; pixel < to; ) {
      int inImage = pixel % tilesPerImage();
      int column = inImage % c.outWidth();
      int count = Math.min(c.outWidth() - column, to - pixel);
      long image = pixel / tilesPerImage() * src.imageStride();
      long y = (long) inImage / c.outWidth() * c.stride();
      long x = (long) column * c.stride();
      long first = (image + (y * c.width() + x) * c.channels()) * Float.BYTES;
      long patch = at + (pixel - from) * patchBytes;
      row(src.segment(), first, count, dst, patch, patchBytes);
      pixel += count;
    }
  }

  /// The patches of some pixels of one row. Runs are copied from the first row of the kernel to the
  /// last, so that what one spills is overwritten by the next.
  ///
  /// @param from where the first one's run begins
  private void row(
      MemorySegment src, long from, int count, MemorySegment dst, long at, long patchBytes) {
    int run = c.kernelWidth() * c.channels();
    long line = (long) c.width() * c.channels() * Float.BYTES;
    long step = (long) c.stride() * c.channels() * Float.BYTES;
    for (int ky = 0; ky < c.kernelHeight(); ky++) {
      long to = at + (long) ky * run * Float.BYTES;
      copy(src, from + ky * line, step, count, run, dst, to, patchBytes);
    }
  }

  private static void copy(
      MemorySegment src,
      long from,
      long srcStep,
      int count,
      int run,
      MemorySegment dst,
      long to,
      long dstStep) {
    int vectors = Math.ceilDiv(run, Lanes.COUNT);
    int most = (int) (PatchTransform.MOST_BYTES / srcStep);
    for (int done = 0; done < count; done += most) {
      int some = Math.min(count - done, most);
      for (int v = 0; v < vectors; v += PatchTransform.MOST_BLOCKS) {
        PatchTransform.copy(
            src,
            from + done * srcStep + v * V,
            V,
            Math.min(vectors - v, PatchTransform.MOST_BLOCKS),
            srcStep,
            some,
            dst,
            to + done * dstStep + v * V,
            dstStep);
      }
    }
  }

  @Override
  public void weights(
      MemorySegment packed,
      long at,
      int dstBlock,
      int srcBlock,
      int srcBlocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    pixels.weights(packed, at, dstBlock, srcBlock, srcBlocks, scratch, tmp, dst, to, step);
  }

  @Override
  public int adjoining(int from, int to) {
    return pixels.adjoining(from, to);
  }

  @Override
  public long resultAt(Tensor dst, int tile, int block) {
    return pixels.resultAt(dst, tile, block);
  }

  @Override
  public void output(
      MemorySegment points,
      long at,
      long step,
      int from,
      int to,
      int block,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment scratch,
      long tmp) {
    pixels.output(points, at, step, from, to, block, bias, dst, floor, scratch, tmp);
  }

  @Override
  public void gather(
      ChannelStatistics statistics, int slot, int from, int to, int block, Tensor dst) {
    pixels.gather(statistics, slot, from, to, block, dst);
  }
}
