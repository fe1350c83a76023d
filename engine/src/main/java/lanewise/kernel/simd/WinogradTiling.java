package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// How a batch of maps is cut into Winograd tiles of 4x4 results, numbered image by image and row
/// by row, and how a tile that reaches over the rim is read (zeros outside) and written (nothing
/// outside).
///
/// @param padding rows and columns of zeros before the source map
/// @param height rows of the result
/// @param width columns of the result
record WinogradTiling(int padding, int height, int width) {

  /// Bytes of scratch memory of one thread: the transforms' 36 vectors and a 6x6 patch.
  static final int SCRATCH_BYTES = 72 * Lanes.BYTES;

  private static final long V = Lanes.BYTES;

  int tilesPerRow() {
    return Math.ceilDiv(width, 4);
  }

  int tilesPerImage() {
    return tilesPerRow() * Math.ceilDiv(height, 4);
  }

  /// Transforms the input patch of one tile and one block of channels to 36 points.
  void input(
      Tensor src,
      int tile,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    int inImage = tile % tilesPerImage();
    int y = inImage / tilesPerRow() * 4 - padding;
    int x = inImage % tilesPerRow() * 4 - padding;
    int h = src.shape().height();
    int w = src.shape().width();
    long row = w * V;
    long plane = at(src, tile / tilesPerImage(), block);
    if (y >= 0 && x >= 0 && y + 6 <= h && x + 6 <= w) {
      WinogradTransforms.input(
          src.segment(), plane + y * row + x * V, row, scratch, tmp, dst, to, step);
    } else {
      patch(src.segment(), plane, y, x, h, w, 6, scratch, tmp + 36 * V);
      WinogradTransforms.input(scratch, tmp + 36 * V, 6 * V, scratch, tmp, dst, to, step);
    }
  }

  /// Transforms the gradient at the 4x4 results of one tile and one block of channels to 36 points.
  void gradient(
      Tensor dDst,
      int tile,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    int inImage = tile % tilesPerImage();
    int y = inImage / tilesPerRow() * 4;
    int x = inImage % tilesPerRow() * 4;
    long row = width * V;
    long plane = at(dDst, tile / tilesPerImage(), block);
    if (y + 4 <= height && x + 4 <= width) {
      WinogradTransforms.gradient(
          dDst.segment(), plane + y * row + x * V, row, scratch, tmp, dst, to, step);
    } else {
      patch(dDst.segment(), plane, y, x, height, width, 4, scratch, tmp + 36 * V);
      WinogradTransforms.gradient(scratch, tmp + 36 * V, 4 * V, scratch, tmp, dst, to, step);
    }
  }

  /// Transforms 36 points to the 4x4 results of one tile and one block: `dst = max(result + init,
  /// floor)`.
  ///
  /// @param bias start values, one vector per block, or null to add to the destination
  void output(
      MemorySegment points,
      long at,
      long step,
      int tile,
      int block,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment scratch,
      long tmp) {
    int inImage = tile % tilesPerImage();
    int y = inImage / tilesPerRow() * 4;
    int x = inImage % tilesPerRow() * 4;
    long row = width * V;
    long to = at(dst, tile / tilesPerImage(), block) + y * row + x * V;
    if (y + 4 <= height && x + 4 <= width) {
      if (bias == null) {
        WinogradTransforms.output(
            points,
            at,
            step,
            scratch,
            tmp,
            dst.segment(),
            to,
            row,
            V,
            dst.segment(),
            to,
            row,
            floor);
      } else {
        WinogradTransforms.output(
            points, at, step, scratch, tmp, bias, block * V, 0, 0, dst.segment(), to, row, floor);
      }
      return;
    }
    long patch = tmp + 36 * V;
    int rows = Math.min(4, height - y);
    int columns = Math.min(4, width - x);
    MemorySegment init = bias == null ? scratch : bias;
    if (bias == null) {
      copy(dst.segment(), to, row, rows, columns, scratch, patch, 4 * V);
    }
    WinogradTransforms.output(
        points,
        at,
        step,
        scratch,
        tmp,
        init,
        bias == null ? patch : block * V,
        bias == null ? 4 * V : 0,
        bias == null ? V : 0,
        scratch,
        patch,
        4 * V,
        floor);
    copy(scratch, patch, 4 * V, rows, columns, dst.segment(), to, row);
  }

  private static long at(Tensor t, int image, int block) {
    return (image * t.imageStride() + (long) block * t.blockStride()) * Float.BYTES;
  }

  /// Copies a square of `size` pixels from (y, x) on, zeros where it lies outside of the map.
  private static void patch(
      MemorySegment src,
      long plane,
      int y,
      int x,
      int h,
      int w,
      int size,
      MemorySegment dst,
      long to) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < size; i++) {
      boolean inside = y + i >= 0 && y + i < h;
      int first = inside ? Math.clamp(-x, 0, size) : size;
      int end = inside ? Math.clamp(w - x, first, size) : size;
      long s = plane + ((long) (y + i) * w + x) * V;
      long t = to + (long) i * size * V;
      for (int j = 0; j < first; j++) {
        zero.intoMemorySegment(dst, t + j * V, ORDER);
      }
      for (int j = first; j < end; j++) {
        fromMemorySegment(SPECIES, src, s + j * V, ORDER).intoMemorySegment(dst, t + j * V, ORDER);
      }
      for (int j = end; j < size; j++) {
        zero.intoMemorySegment(dst, t + j * V, ORDER);
      }
    }
  }

  private static void copy(
      MemorySegment src,
      long at,
      long srcRow,
      int rows,
      int columns,
      MemorySegment dst,
      long to,
      long dstRow) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        fromMemorySegment(SPECIES, src, at + i * srcRow + j * V, ORDER)
            .intoMemorySegment(dst, to + i * dstRow + j * V, ORDER);
      }
    }
  }
}
