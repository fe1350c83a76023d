package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;
import static lanewise.kernel.simd.WinogradTransforms.STRIP_TILES;

import java.lang.foreign.MemorySegment;
import lanewise.tensor.Tensor;

/// How a batch of maps is cut into Winograd tiles of 4x4 results, numbered image by image and row
/// by row, and how a tile that reaches over the rim is read (zeros outside) and written (nothing
/// outside).
///
/// @param padding rows and columns of zeros before the source map
/// @param height rows of the result
/// @param width columns of the result
record WinogradTiling(int padding, int height, int width) implements TileTransform {

  private static final long V = Lanes.BYTES;

  /// Bytes of one row of a strip of tiles: 4 pixels per tile and 2 more.
  private static final long STRIP_ROW = (STRIP_TILES * 4 + 2) * V;

  /// Bytes of scratch memory of one thread: a strip of tiles halfway through a transform, one row
  /// of zeros or start values, and the results of tiles that reach over the rim.
  static final int SCRATCH_BYTES = (int) (11 * STRIP_ROW);

  private static final long SPARE_ROW = 6 * STRIP_ROW;
  private static final long SPARE_STRIP = 7 * STRIP_ROW;

  int tilesPerRow() {
    return Math.ceilDiv(width, 4);
  }

  @Override
  public int tilesPerImage() {
    return tilesPerRow() * Math.ceilDiv(height, 4);
  }

  @Override
  public int points() {
    return 36;
  }

  @Override
  public int tapsOfWeights() {
    return 9;
  }

  @Override
  public boolean transformsWeights() {
    return true;
  }

  @Override
  public boolean leavesGaps() {
    return false;
  }

  @Override
  public int scratchBytes() {
    return SCRATCH_BYTES;
  }

  @Override
  public void weights(
      MemorySegment packed,
      long at,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long row,
      long step) {
    WinogradTransforms.weights(packed, at, Lanes.COUNT * V, scratch, tmp, dst, to, row, step);
  }

  /// Tiles of one row are transformed together, because their patches overlap.
  @Override
  public void input(
      Tensor src,
      int from,
      int to,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long tileStep,
      long step) {
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      inputStrip(
          src,
          tile,
          count,
          block,
          scratch,
          tmp,
          dst,
          at + (tile - from) * tileStep,
          tileStep,
          step);
      tile += count;
    }
  }

  /// Tiles from `tile` on that make a strip: of one row, and before `to`.
  private int strip(int tile, int to) {
    int column = tile % tilesPerRow();
    return Math.min(Math.min(STRIP_TILES, tilesPerRow() - column), to - tile);
  }

  private void inputStrip(
      Tensor src,
      int tile,
      int count,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long tileStep,
      long step) {
    int y = firstRow(tile) - padding;
    int x = firstColumn(tile) - padding;
    int h = src.shape().height();
    int w = src.shape().width();
    int width = count * 4 + 2;
    int first = Math.clamp(-x, 0, width);
    int end = Math.clamp(w - x, first, width);
    MemorySegment map = src.segment();
    long row = w * V;
    long at = at(src, tile / tilesPerImage(), block) + y * row + (x + first) * V;
    long zeros = tmp + SPARE_ROW;
    clear(scratch, tmp, 6, first, end, width, y >= 0 && y + 6 <= h);
    boolean in0 = inside(y, h);
    boolean in1 = inside(y + 1, h);
    boolean in2 = inside(y + 2, h);
    boolean in3 = inside(y + 3, h);
    boolean in4 = inside(y + 4, h);
    boolean in5 = inside(y + 5, h);
    WinogradTransforms.inputColumns(
        in0 ? map : scratch,
        in0 ? at : zeros,
        in1 ? map : scratch,
        in1 ? at + row : zeros,
        in2 ? map : scratch,
        in2 ? at + 2 * row : zeros,
        in3 ? map : scratch,
        in3 ? at + 3 * row : zeros,
        in4 ? map : scratch,
        in4 ? at + 4 * row : zeros,
        in5 ? map : scratch,
        in5 ? at + 5 * row : zeros,
        end - first,
        scratch,
        tmp + first * V,
        STRIP_ROW);
    WinogradTransforms.inputRows(scratch, tmp, STRIP_ROW, count, dst, to, tileStep, step);
  }

  /// Zeroes what a strip has outside of the columns `first` to `end`, and the row of zeros unless
  /// all rows are inside.
  private static void clear(
      MemorySegment scratch, long tmp, int rows, int first, int end, int width, boolean inside) {
    for (int i = 0; i < rows && end - first < width; i++) {
      Vectors.zero(scratch, tmp + i * STRIP_ROW, first * V);
      Vectors.zero(scratch, tmp + i * STRIP_ROW + end * V, (width - end) * V);
    }
    if (!inside) {
      Vectors.zero(scratch, tmp + SPARE_ROW, width * V);
    }
  }

  private static boolean inside(int y, int height) {
    return y >= 0 && y < height;
  }

  /// First row of a tile's results.
  private int firstRow(int tile) {
    return tile % tilesPerImage() / tilesPerRow() * 4;
  }

  /// First column of a tile's results.
  private int firstColumn(int tile) {
    return tile % tilesPerRow() * 4;
  }

  /// Transforms the gradient at the results of the tiles `from` to `to` (exclusive) and one block
  /// of
  /// channels to 36 points; tiles lie side by side there.
  void gradient(
      Tensor dDst,
      int from,
      int to,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long step) {
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      gradientStrip(dDst, tile, count, block, scratch, tmp, dst, at + (tile - from) * V, step);
      tile += count;
    }
  }

  private void gradientStrip(
      Tensor dDst,
      int tile,
      int count,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    int y = firstRow(tile);
    int x = firstColumn(tile);
    int columns = Math.min(count * 4, width - x);
    MemorySegment map = dDst.segment();
    long row = width * V;
    long at = at(dDst, tile / tilesPerImage(), block) + y * row + x * V;
    long zeros = tmp + SPARE_ROW;
    clear(scratch, tmp, 6, 0, columns, count * 4, y + 4 <= height);
    boolean in1 = y + 1 < height;
    boolean in2 = y + 2 < height;
    boolean in3 = y + 3 < height;
    WinogradTransforms.gradientColumns(
        map,
        at,
        in1 ? map : scratch,
        in1 ? at + row : zeros,
        in2 ? map : scratch,
        in2 ? at + 2 * row : zeros,
        in3 ? map : scratch,
        in3 ? at + 3 * row : zeros,
        columns,
        scratch,
        tmp,
        STRIP_ROW);
    WinogradTransforms.gradientRows(scratch, tmp, STRIP_ROW, count, dst, to, step);
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
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      WinogradTransforms.outputColumns(points, at + (tile - from) * V, step, count, scratch, tmp);
      outputStrip(tile, count, block, bias, dst, floor, scratch, tmp);
      tile += count;
    }
  }

  private void outputStrip(
      int tile,
      int count,
      int block,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment scratch,
      long tmp) {
    int y = firstRow(tile);
    int x = firstColumn(tile);
    int rows = Math.min(4, height - y);
    int columns = Math.min(count * 4, width - x);
    MemorySegment map = dst.segment();
    long row = width * V;
    long to = at(dst, tile / tilesPerImage(), block) + y * row + x * V;
    long spare = tmp + SPARE_STRIP;
    boolean whole = rows == 4 && columns == count * 4;
    if (bias != null) {
      Vectors.fill(bias, block * V, scratch, tmp + SPARE_ROW, count * 4);
    } else if (!whole) {
      copy(map, to, row, rows, columns, scratch, spare, STRIP_ROW);
    }
    WinogradTransforms.outputRows(
        scratch,
        tmp,
        count,
        bias != null || !whole ? scratch : map,
        bias != null ? tmp + SPARE_ROW : whole ? to : spare,
        bias != null ? 0 : whole ? row : STRIP_ROW,
        whole ? map : scratch,
        whole ? to : spare,
        whole ? row : STRIP_ROW,
        floor);
    if (!whole) {
      copy(scratch, spare, STRIP_ROW, rows, columns, map, to, row);
    }
  }

  @Override
  public void gather(
      ChannelStatistics statistics, int slot, int from, int to, int block, Tensor dst) {
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      int y = firstRow(tile);
      int x = firstColumn(tile);
      long row = width * V;
      long at = at(dst, tile / tilesPerImage(), block) + y * row + x * V;
      int columns = Math.min(count * 4, width - x);
      statistics.add(slot, block, dst.segment(), at, Math.min(4, height - y), row, columns);
      tile += count;
    }
  }

  private static long at(Tensor t, int image, int block) {
    return (image * t.imageStride() + (long) block * t.blockStride()) * Float.BYTES;
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
