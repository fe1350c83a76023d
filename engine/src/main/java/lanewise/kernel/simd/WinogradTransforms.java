package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;

/// The transforms of Winograd's minimal filtering F(4x4, RxR) (Lavin and Gray 2015, "Fast
/// Algorithms
/// for Convolutional Neural Networks", section 4), each on one block of channels:
///
/// `Y = A' [ (G g G') * (B' d B) ] A`
///
/// with d the input of `size x size`, g weights of `taps x taps`, Y 4x4 results, size = taps + 3.
///
/// Each is a 1-d transform down the columns and then one along the rows, through scratch memory.
/// All offsets are bytes; `step` goes from one of the size x size points to the next. Activations
/// are transformed in strips, up to [#STRIP_TILES] tiles of one row at once: the innermost loops
/// then
/// run over pixels or tiles that lie a constant number of bytes apart.
///
/// The methods are kept small: beyond some 30 memory accesses the compiler stops inlining the
/// vector operations, which then run a hundred times slower.
interface WinogradTransforms {

  /// Tiles of one row that are transformed together at most.
  int STRIP_TILES = 8;

  /// Pixels of a row of a strip at most.
  int LINE_PIXELS = STRIP_TILES * 4 + 2;

  /// Bytes of them.
  long LINE = (long) LINE_PIXELS * Lanes.BYTES;

  /// Bytes of one value of each tile of a strip.
  long TILES = (long) STRIP_TILES * Lanes.BYTES;

  /// Bytes of a row of a tile's results.
  long RESULTS = 4L * Lanes.BYTES;

  /// Bytes of the slices that points are written through. Where scratch memory and points are
  /// addressed through slices of a constant size, the compiler sees that nothing lies outside of
  /// them, and checks them once instead of every access: strips are too short for taking checks
  /// out of their loops. Slices may reach beyond what is read or written, so that behind all points
  /// there must be so much room.
  long SLICE = 1024L * Lanes.BYTES;

  /// Where the last tile of a strip may lie in such a slice. Also a mask: `offset & FARTHEST` is
  /// the
  /// offset of a whole vector that lies in the slice, and tells the compiler so.
  long FARTHEST = SLICE - Lanes.BYTES;

  /// Bytes of the weights of one pair of blocks and one tap.
  long PAIR = (long) Lanes.COUNT * Lanes.BYTES;

  /// Rows and columns of the kernel: R.
  int taps();

  /// Rows and columns of a tile's input, and of its points.
  default int size() {
    return taps() + 3;
  }

  /// Bytes of scratch memory that [#weights] and [#weightGradient] need.
  default long weightScratch() {
    return size() * taps() * PAIR;
  }

  /// The first half of `B' d B`, down the columns: [#size] rows of `count` pixels, each row in a
  /// segment of its own (a row outside of the map is a row of zeros elsewhere), to as many rows of
  /// `dst`, [#LINE] apart. Rows are read through slices, which may reach up to
  /// [lanewise.tensor.Tensor#ROOM] beyond.
  ///
  /// @param row5 read only if there are 6 rows
  /// @param pixel from one pixel to the next of a row; side by side in `dst`
  /// @throws IllegalArgumentException if the filter takes neighbours alone, and they are not, or if
  ///     the last pixel lies beyond [lanewise.tensor.Tensor#ROOM]
  void inputColumns(
      MemorySegment row0,
      long at0,
      MemorySegment row1,
      long at1,
      MemorySegment row2,
      long at2,
      MemorySegment row3,
      long at3,
      MemorySegment row4,
      long at4,
      MemorySegment row5,
      long at5,
      long pixel,
      int count,
      MemorySegment dst,
      long to);

  /// The second half, along some rows of what [#inputColumns] made, a tile every 4 pixels, to
  /// points `step` bytes apart; tiles are `tile` bytes apart there.
  ///
  /// @param lines rows from the one at `at` on, at most [#size]
  void inputRows(
      MemorySegment src,
      long at,
      long row,
      int lines,
      int tiles,
      MemorySegment dst,
      long to,
      long tile,
      long step);

  /// The first half of `A' M A`, down the columns: the points of `tiles` tiles side by side to 4 x
  /// size values of each, `dst[row][column][tile]` with room for [#STRIP_TILES].
  void outputColumns(MemorySegment src, long at, long step, int tiles, MemorySegment dst, long to);

  /// The second half, along the rows: what [#outputColumns] made to 4 rows of 4 pixels per tile,
  /// `dst = max(result + init, floor)`.
  void outputRows(
      MemorySegment src,
      long at,
      int tiles,
      MemorySegment init,
      long initAt,
      long initRow,
      MemorySegment dst,
      long to,
      long row,
      float floor);

  /// The first half of `A Y A'`, down the columns: 4 rows of `count` pixels of the output's
  /// gradient (rows outside of the map lie elsewhere and are zero) to [#size] rows of `dst`, as
  /// above.
  void gradientColumns(
      MemorySegment row0,
      long at0,
      MemorySegment row1,
      long at1,
      MemorySegment row2,
      long at2,
      MemorySegment row3,
      long at3,
      int count,
      MemorySegment dst,
      long to);

  /// The second half, along some rows of what [#gradientColumns] made, to the points of tiles side
  /// by side.
  ///
  /// @param lines rows from the one at `at` on, at most [#size]
  void gradientRows(
      MemorySegment src,
      long at,
      long row,
      int lines,
      int tiles,
      MemorySegment dst,
      long to,
      long step);

  /// `G g G'`: the weights of a pair of blocks (taps `tap` bytes apart) to points; the channels of
  /// the source block are vectors, side by side in the weights and in the points.
  default void weights(
      MemorySegment src,
      long at,
      long tap,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    int taps = taps();
    for (int x = 0; x < taps; x++) {
      weightLine(src, at + x * tap, taps * tap, scratch, tmp + x * PAIR, taps * PAIR);
    }
    for (int y = 0; y < size(); y++) {
      weightLine(scratch, tmp + taps * y * PAIR, PAIR, dst, to + size() * y * step, step);
    }
  }

  /// One line of [#weights]: G times taps that are `element` bytes apart.
  void weightLine(
      MemorySegment src, long s, long element, MemorySegment dst, long to, long toElement);

  /// `G' U G`: the points of the gradient of a pair of blocks to taps.
  default void weightGradient(
      MemorySegment src,
      long at,
      long step,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long tap) {
    int size = size();
    for (int x = 0; x < size; x++) {
      weightGradientLine(src, at + x * step, size * step, scratch, tmp + x * PAIR, size * PAIR);
    }
    for (int y = 0; y < taps(); y++) {
      weightGradientLine(scratch, tmp + size * y * PAIR, PAIR, dst, to + taps() * y * tap, tap);
    }
  }

  /// One line of [#weightGradient]: G transposed times points that are `element` bytes apart.
  void weightGradientLine(
      MemorySegment src, long s, long element, MemorySegment dst, long t, long toElement);
}
