package lanewise.kernel.simd;

import static java.util.Comparator.comparingInt;
import static lanewise.kernel.simd.WinogradTransforms.STRIP_TILES;

import java.lang.foreign.MemorySegment;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// How a batch of maps is cut into Winograd tiles of 4x4 results, numbered image by image and row
/// by row, and how a tile that reaches over the rim is read (zeros outside) and written (nothing
/// outside).
///
/// Kernels longer than the transforms' and strides are sums over parts ([WinogradAxis]): a tile has
/// as many inputs as there are parts, so the products sum over parts x channels, and the transform
/// of results is there once. 5x5 weights are four parts of F(4x4, 3x3), 144 multiplications for 16
/// results instead of 400; 3x3 with stride 2 is four parts of F(4x4, 2x2), 100 instead of 144. The
/// points at infinity see a part's last tap alone: where it has none, their products are zero and
/// are left out, so that 121 and 81 remain.
///
/// Products sum over the parts one after the other, all channels of each. Parts are in such an
/// order that those which a point sees are neighbours; so are phases.
///
/// @param rows how rows are cut
/// @param columns how columns are cut, with the same strides
/// @param orderedParts part of the rows and part of the columns that make each part, in their order
/// @param orderedPhases phase of the rows and phase of the columns that make each phase, in their
///     order
/// @param kernelWidth of the weights
/// @param taps of all weights of a pair of channels
record WinogradTiling(
    WinogradTransforms transforms,
    WinogradAxis rows,
    WinogradAxis columns,
    int[][] orderedParts,
    int[][] orderedPhases,
    int kernelWidth,
    int taps)
    implements TileTransform {

  /// Blocks of channels that are transformed together.
  private static final int LINE_BLOCKS = 4;

  private static final long V = Lanes.BYTES;
  private static final long PAIR = WinogradTransforms.PAIR;

  private static final WinogradTransforms TWO_TAPS = new WinogradF4x2();
  private static final WinogradTransforms THREE_TAPS = new WinogradF4x3();

  private static final long STRIP_ROW = WinogradTransforms.LINE;

  private static final long SPARE_ROW = 6 * STRIP_ROW;
  private static final long SPARE_STRIP = 7 * STRIP_ROW;

  /// For `dst = conv(src)`.
  static WinogradTiling forward(ConvSpec c) {
    return of(c, c.outHeight(), c.outWidth(), c.padding(), c.padding());
  }

  /// For the source's gradient from transposed weights, which are turned if the stride is 1.
  static WinogradTiling backwardData(ConvSpec c) {
    int height = c.kernelHeight();
    int width = c.kernelWidth();
    int stride = c.stride();
    if (stride == 1) {
      return of(c, c.height(), c.width(), height - 1 - c.padding(), width - 1 - c.padding());
    }
    WinogradTransforms transforms = transforms(c);
    int length = transforms.taps();
    WinogradAxis rows = WinogradAxis.strided(c.height(), height, stride, c.padding(), length);
    WinogradAxis columns = WinogradAxis.strided(c.width(), width, stride, c.padding(), length);
    return of(transforms, rows, columns, width, height * width);
  }

  private static WinogradTiling of(ConvSpec c, int height, int width, int top, int left) {
    WinogradTransforms transforms = transforms(c);
    int length = transforms.taps();
    int stride = c.stride();
    WinogradAxis rows = WinogradAxis.forward(height, c.kernelHeight(), stride, top, length);
    WinogradAxis columns = WinogradAxis.forward(width, c.kernelWidth(), stride, left, length);
    int taps = c.kernelHeight() * c.kernelWidth();
    return of(transforms, rows, columns, c.kernelWidth(), taps);
  }

  private static WinogradTiling of(
      WinogradTransforms transforms,
      WinogradAxis rows,
      WinogradAxis columns,
      int kernelWidth,
      int taps) {
    int[][] parts =
        inOrder(
            rows.parts(), columns.parts(), r -> rows.lacksLast(0, r), c -> columns.lacksLast(0, c));
    int[][] phases =
        inOrder(
            rows.phases(),
            columns.phases(),
            r -> rows.lacksLast(r, 0),
            c -> columns.lacksLast(c, 0));
    return new WinogradTiling(transforms, rows, columns, parts, phases, kernelWidth, taps);
  }

  /// Pairs of a row and a column: those that the last points of rows see are neighbours in the
  /// list, so are those of columns, and both.
  private static int[][] inOrder(
      int rows, int columns, IntPredicate rowLacks, IntPredicate columnLacks) {
    return IntStream.range(0, rows * columns)
        .mapToObj(i -> new int[] {i / columns, i % columns})
        .sorted(comparingInt(pair -> place(rowLacks.test(pair[0]), columnLacks.test(pair[1]))))
        .toArray(int[][]::new);
  }

  private static int place(boolean rowLacks, boolean columnLacks) {
    if (rowLacks) {
      return columnLacks ? 3 : 0;
    }
    return columnLacks ? 2 : 1;
  }

  /// Those that need fewer points, which F(4x4, 2x2) alone has with a stride.
  private static WinogradTransforms transforms(ConvSpec c) {
    return c.stride() > 1 || points(c, TWO_TAPS) < points(c, THREE_TAPS) ? TWO_TAPS : THREE_TAPS;
  }

  private static int points(ConvSpec c, WinogradTransforms t) {
    return Math.ceilDiv(c.kernelHeight(), t.taps())
        * Math.ceilDiv(c.kernelWidth(), t.taps())
        * t.size()
        * t.size();
  }

  /// Parts that each tile's input has.
  int parts() {
    return orderedParts.length;
  }

  /// Phases that the results have.
  int phases() {
    return orderedPhases.length;
  }

  /// Blocks of so many source channels that the products see: one per part.
  int srcBlocks(int channels) {
    return WeightPacking.blocks(channels) * parts();
  }

  /// Channels that the products sum over; what fills up the last block of a part is among them.
  int srcChannels(int channels) {
    return parts() == 1 ? channels : srcBlocks(channels) * Lanes.COUNT;
  }

  /// Channels of the result that the products make, all phases together.
  int dstChannels(int channels) {
    return phases() == 1 ? channels : WeightPacking.blocks(channels) * phases() * Lanes.COUNT;
  }

  /// Part of the rows and part of the columns that one of the products' source blocks is of.
  private int[] part(int srcBlock, int srcBlocks) {
    return orderedParts[srcBlock / (srcBlocks / parts())];
  }

  /// Phase of the rows and phase of the columns that one of the products' blocks is of.
  private int[] phase(int dstBlock) {
    return orderedPhases[dstBlock % phases()];
  }

  /// Where the packed weights of a pair of the products' blocks begin.
  private long weightsAt(int dstBlock, int srcBlock, int srcBlocks) {
    int channelBlocks = srcBlocks / parts();
    int pair = dstBlock / phases() * channelBlocks + srcBlock % channelBlocks;
    return (long) pair * taps * PAIR;
  }

  @Override
  public boolean vanishes(int point, int dstBlock, int srcBlock, int srcBlocks) {
    int[] phase = phase(dstBlock);
    int[] part = part(srcBlock, srcBlocks);
    int last = transforms.size() - 1;
    return point / transforms.size() == last && rows.lacksLast(phase[0], part[0])
        || point % transforms.size() == last && columns.lacksLast(phase[1], part[1]);
  }

  int tilesPerRow() {
    return columns.tiles();
  }

  @Override
  public int tilesPerImage() {
    return tilesPerRow() * rows.tiles();
  }

  @Override
  public int points() {
    return transforms.size() * transforms.size();
  }

  @Override
  public boolean transformsWeights() {
    return true;
  }

  /// A strip of tiles halfway through a transform, one row of zeros or start values, and results of
  /// tiles that reach over the rim; or the taps of a part and what their transform needs.
  @Override
  public int scratchBytes() {
    return (int) Math.max(11 * STRIP_ROW, transforms.weightScratch() + partBytes());
  }

  private long partBytes() {
    return transforms.taps() * transforms.taps() * PAIR;
  }

  /// The tap of a part's weights, or -1 if it has none there.
  private int tap(int[] phase, int[] part, int y, int x) {
    int row = rows.taps()[phase[0]][part[0]][y];
    int column = columns.taps()[phase[1]][part[1]][x];
    return row < 0 || column < 0 ? -1 : row * kernelWidth + column;
  }

  /// Whether the weights are one part in the order of its taps.
  private boolean isWhole() {
    return taps == transforms.taps() * transforms.taps() && parts() * phases() == 1;
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
    long from = at + weightsAt(dstBlock, srcBlock, srcBlocks);
    if (isWhole()) {
      transforms.weights(packed, from, PAIR, scratch, tmp, dst, to, step);
      return;
    }
    int length = transforms.taps();
    int[] phase = phase(dstBlock);
    int[] part = part(srcBlock, srcBlocks);
    long taken = tmp + transforms.weightScratch();
    for (int i = 0; i < length * length; i++) {
      int tap = tap(phase, part, i / length, i % length);
      if (tap < 0) {
        Vectors.zero(scratch, taken + i * PAIR, PAIR);
      } else {
        PatchTransform.gather(packed, from + tap * PAIR, Lanes.COUNT, scratch, taken + i * PAIR, V);
      }
    }
    transforms.weights(scratch, taken, PAIR, scratch, tmp, dst, to, step);
  }

  /// Transforms the points of the gradient of a pair of blocks to the taps of their part.
  ///
  /// @param u where they lie in `src`, `step` apart
  void weightGradient(
      MemorySegment src,
      long u,
      long step,
      int dstBlock,
      int srcBlock,
      int srcBlocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dWeights) {
    long to = weightsAt(dstBlock, srcBlock, srcBlocks);
    if (isWhole()) {
      transforms.weightGradient(src, u, step, scratch, tmp, dWeights, to, PAIR);
      return;
    }
    int length = transforms.taps();
    int[] phase = phase(dstBlock);
    int[] part = part(srcBlock, srcBlocks);
    long made = tmp + transforms.weightScratch();
    transforms.weightGradient(src, u, step, scratch, tmp, scratch, made, PAIR);
    for (int i = 0; i < length * length; i++) {
      int tap = tap(phase, part, i / length, i % length);
      if (tap >= 0) {
        PatchTransform.gather(scratch, made + i * PAIR, Lanes.COUNT, dWeights, to + tap * PAIR, V);
      }
    }
  }

  /// Tiles of one row are transformed together, because their patches overlap; and of some blocks
  /// one after the other, so that they fill the cache lines of their points together.
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
    int size = transforms.size();
    inputs(src, from, to, block, blocks, scratch, tmp, dst, at, tileStep, step, 0, size);
  }

  /// The same for the rows `row` to `lastRow` (exclusive) of the points alone.
  ///
  /// @param at where the first point of all rows goes
  void inputs(
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
      long step,
      int row,
      int lastRow) {
    // Parts see different pixels of the same cache lines and their neighbours.
    int together = parts() == 1 ? LINE_BLOCKS : blocks;
    for (int b = 0; b < blocks; b += together) {
      int end = Math.min(blocks, b + together);
      for (int tile = from; tile < to; ) {
        int count = strip(tile, to);
        long t = at + (tile - from) * tileStep;
        for (int i = b; i < end; i++) {
          inputColumns(src, tile, count, block + i, scratch, tmp);
          transforms.inputRows(
              scratch,
              tmp + row * STRIP_ROW,
              STRIP_ROW,
              lastRow - row,
              count,
              dst,
              t + i * V + row * transforms.size() * step,
              tileStep,
              step);
        }
        tile += count;
      }
    }
  }

  /// Tiles from `tile` on that make a strip: of one row, and before `to`.
  private int strip(int tile, int to) {
    int column = tile % tilesPerRow();
    return Math.min(Math.min(STRIP_TILES, tilesPerRow() - column), to - tile);
  }

  /// The first half of the transform of a strip, down the columns, to scratch memory.
  private void inputColumns(
      Tensor src, int tile, int count, int block, MemorySegment scratch, long tmp) {
    int channelBlocks = WeightPacking.blocks(src.shape().channels());
    int[] part = orderedParts[block / channelBlocks];
    int stride = rows.srcStride();
    int y = firstRow(tile) * stride + rows.offsets()[part[0]];
    int x = firstColumn(tile) * stride + columns.offsets()[part[1]];
    int h = src.shape().height();
    int w = src.shape().width();
    int size = transforms.size();
    int width = count * 4 + size - 4;
    int first = Math.clamp(Math.ceilDiv(-x, stride), 0, width);
    int end = Math.clamp(Math.ceilDiv(w - x, stride), first, width);
    MemorySegment map = src.segment();
    long row = stride * w * V;
    long from =
        at(src, tile / tilesPerImage(), block % channelBlocks)
            + ((long) y * w + x + first * stride) * V;
    long zeros = tmp + SPARE_ROW;
    clear(scratch, tmp, size, first, end, width);
    if (y < 0 || y + (size - 1) * stride >= h) {
      // Read at the same pace as the map: with a stride they reach into the room for results.
      Vectors.zero(scratch, zeros, width * stride * V);
    }
    if (end > first) {
      boolean in0 = inside(y, h);
      boolean in1 = inside(y + stride, h);
      boolean in2 = inside(y + 2 * stride, h);
      boolean in3 = inside(y + 3 * stride, h);
      boolean in4 = inside(y + 4 * stride, h);
      boolean in5 = inside(y + 5 * stride, h);
      transforms.inputColumns(
          in0 ? map : scratch,
          in0 ? from : zeros,
          in1 ? map : scratch,
          in1 ? from + row : zeros,
          in2 ? map : scratch,
          in2 ? from + 2 * row : zeros,
          in3 ? map : scratch,
          in3 ? from + 3 * row : zeros,
          in4 ? map : scratch,
          in4 ? from + 4 * row : zeros,
          in5 ? map : scratch,
          in5 ? from + 5 * row : zeros,
          stride * V,
          end - first,
          scratch,
          tmp + first * V);
    }
  }

  /// Zeroes what a strip has outside of the columns `first` to `end`.
  private static void clear(
      MemorySegment scratch, long tmp, int rows, int first, int end, int width) {
    for (int i = 0; i < rows && end - first < width; i++) {
      Vectors.zero(scratch, tmp + i * STRIP_ROW, first * V);
      Vectors.zero(scratch, tmp + i * STRIP_ROW + end * V, (width - end) * V);
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
  /// of channels to the rows `row` to `lastRow` (exclusive) of points; tiles lie side by side
  /// there.
  ///
  /// @param at where the first point of all rows goes
  void gradient(
      Tensor dDst,
      int from,
      int to,
      int block,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long step,
      int row,
      int lastRow) {
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      gradientColumns(dDst, tile, count, block, scratch, tmp);
      transforms.gradientRows(
          scratch,
          tmp + row * STRIP_ROW,
          STRIP_ROW,
          lastRow - row,
          count,
          dst,
          at + (tile - from) * V + row * transforms.size() * step,
          step);
      tile += count;
    }
  }

  /// The first half of the transform of a strip's gradient, down the columns.
  private void gradientColumns(
      Tensor dDst, int tile, int count, int block, MemorySegment scratch, long tmp) {
    int y = firstRow(tile);
    int x = firstColumn(tile);
    int height = rows.results(0);
    int width = Math.min(count * 4, columns.results(0) - x);
    MemorySegment map = dDst.segment();
    long row = columns.results(0) * V;
    long at = at(dDst, tile / tilesPerImage(), block) + y * row + x * V;
    long zeros = tmp + SPARE_ROW;
    clear(scratch, tmp, transforms.size(), 0, width, count * 4);
    if (y + 4 > height) {
      Vectors.zero(scratch, zeros, width * V);
    }
    boolean in1 = y + 1 < height;
    boolean in2 = y + 2 < height;
    boolean in3 = y + 3 < height;
    transforms.gradientColumns(
        map,
        at,
        in1 ? map : scratch,
        in1 ? at + row : zeros,
        in2 ? map : scratch,
        in2 ? at + 2 * row : zeros,
        in3 ? map : scratch,
        in3 ? at + 3 * row : zeros,
        width,
        scratch,
        tmp);
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
      transforms.outputColumns(points, at + (tile - from) * V, step, count, scratch, tmp);
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
    int rowPhase = phase(block)[0];
    int columnPhase = phase(block)[1];
    int y = firstRow(tile);
    int x = firstColumn(tile);
    int height = Math.min(4, rows.results(rowPhase) - y);
    int width = Math.min(count * 4, columns.results(columnPhase) - x);
    if (height <= 0 || width <= 0) {
      return;
    }
    int stride = rows.dstStride();
    MemorySegment map = dst.segment();
    long pixel = stride * V;
    long row = columns.size() * pixel;
    long to =
        at(dst, tile / tilesPerImage(), block / phases())
            + (y * stride + rowPhase) * columns.size() * V
            + (x * stride + columnPhase) * V;
    long spare = tmp + SPARE_STRIP;
    boolean whole = height == 4 && width == count * 4 && stride == 1;
    if (bias != null) {
      Vectors.fill(bias, block / phases() * V, scratch, tmp + SPARE_ROW, count * 4);
    } else if (!whole) {
      copy(map, to, row, pixel, height, width, scratch, spare, STRIP_ROW, V);
    }
    transforms.outputRows(
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
      copy(scratch, spare, STRIP_ROW, V, height, width, map, to, row, pixel);
    }
  }

  @Override
  public void gather(Epilogue epilogue, int slot, int from, int to, int block, Tensor dst) {
    for (int tile = from; tile < to; ) {
      int count = strip(tile, to);
      int y = firstRow(tile);
      int x = firstColumn(tile);
      long row = columns.size() * V;
      long at = at(dst, tile / tilesPerImage(), block) + y * row + x * V;
      int width = Math.min(count * 4, columns.size() - x);
      epilogue.take(slot, block, dst.segment(), at, Math.min(4, rows.size() - y), row, width);
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
      long srcPixel,
      int rows,
      int columns,
      MemorySegment dst,
      long to,
      long dstRow,
      long dstPixel) {
    for (int i = 0; i < rows; i++) {
      PatchTransform.gather(
          src, at + i * srcRow, srcPixel, columns, dst, to + i * dstRow, dstPixel);
    }
  }
}
