package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// Patches of a plain image, whose few channels lie side by side: one row of the kernel meets one
/// run of `kernel width x C` floats, and a patch is its rows one behind the other, `[kh][kw x C]`.
/// Results are those of [PatchTransform].
///
/// Runs are copied by whole vectors, and each spills over its end, where the next one follows.
/// Behind the last one is room for that.
///
/// @param c the convolution
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
      long image = pixel / tilesPerImage() * src.imageStride() * Float.BYTES;
      int y = inImage / c.outWidth() * c.stride() - c.padding();
      row(
          src.segment(),
          image,
          y,
          column,
          count,
          dst,
          at + (pixel - from) * patchBytes,
          patchBytes);
      pixel += count;
    }
  }

  /// The patches of some pixels of one row, whose first source row is `y`. Runs are copied from the
  /// first row of the kernel to the last, so that what one spills is overwritten by the next.
  private void row(
      MemorySegment src,
      long image,
      int y,
      int column,
      int count,
      MemorySegment dst,
      long at,
      long patchBytes) {
    int run = c.kernelWidth() * c.channels();
    // Pixels whose runs lie inside of the map; those before and behind see padding.
    int first = Math.clamp(Math.ceilDiv(c.padding(), c.stride()) - (long) column, 0, count);
    int inside = Math.floorDiv(c.width() + c.padding() - c.kernelWidth(), c.stride()) + 1;
    int end = Math.clamp(inside - (long) column, first, count);
    for (int ky = 0; ky < c.kernelHeight(); ky++) {
      long to = at + (long) ky * run * Float.BYTES;
      boolean exists = y + ky >= 0 && y + ky < c.height();
      long line = image + (long) (y + ky) * c.width() * c.channels() * Float.BYTES;
      for (int i = 0; i < first; i++) {
        rim(src, line, exists, column + i, dst, to + i * patchBytes);
      }
      if (exists) {
        long step = (long) c.stride() * c.channels() * Float.BYTES;
        long x = (long) column * c.stride() - c.padding();
        long s = line + x * c.channels() * Float.BYTES;
        copy(
            src,
            s + first * step,
            step,
            end - first,
            run,
            dst,
            to + first * patchBytes,
            patchBytes);
      } else {
        zero(dst, to + first * patchBytes, end - first, run, patchBytes);
      }
      for (int i = end; i < count; i++) {
        rim(src, line, exists, column + i, dst, to + i * patchBytes);
      }
    }
  }

  /// One run that reaches over the rim: zeros, and what lies inside of the map.
  private void rim(
      MemorySegment src, long line, boolean exists, int column, MemorySegment dst, long to) {
    int x = column * c.stride() - c.padding();
    int channels = c.channels();
    zero(dst, to, 1, c.kernelWidth() * channels, 0);
    int first = exists ? Math.clamp(-x, 0, c.kernelWidth()) * channels : 0;
    int end = exists ? Math.clamp(c.width() - x, 0, c.kernelWidth()) * channels : 0;
    long from = line + (long) x * channels * Float.BYTES;
    for (int i = first; i < end; i++) {
      dst.set(JAVA_FLOAT_UNALIGNED, to + i * 4L, src.get(JAVA_FLOAT_UNALIGNED, from + i * 4L));
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

  private static void zero(MemorySegment dst, long to, int count, int run, long step) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int part = 0; part < run; part += Lanes.COUNT) {
      for (int i = 0; i < count; i++) {
        zero.intoMemorySegment(dst, to + part * 4L + i * step, ORDER);
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
