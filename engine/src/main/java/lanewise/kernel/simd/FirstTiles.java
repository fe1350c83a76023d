package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.IntVector.broadcast;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// The register tiles of a first layer, over [ImagePlanes]. Neighbouring values lie side by side
/// and take one address register together.
///
/// A value is spread once for all pixels that see it at one of the neighbouring taps of a run, and
/// the gradient takes two blocks of filters: processors that begin two multiply-adds per cycle have
/// no more loads than that. Values are spread as integers: see [WideTiles].
///
/// As in [NarrowTiles], slices of a constant size leave nothing to check in the loops, and a branch
/// that is never taken keeps the multiply-adds from waiting behind all loads, for which there are
/// too few registers with 8 lanes.
final class FirstTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  /// Taps that a tile of so many blocks of the gradient takes.
  static int taps(int blocks) {
    return blocks == 2 ? 6 : 9;
  }

  /// Neighbouring pixels of one tile.
  static final int TILE = 8;

  /// Bytes of a tile.
  static final long TILE_BYTES = TILE * LANE_BYTES;

  /// The most taps of one call of [#pixels]: their weights stay in the first-level cache.
  static final int MOST_TAPS = 192;

  /// Bytes from a call's first tap to its last.
  static final int MOST_TAP_BYTES = 32 * 1024 - Float.BYTES;

  /// Pixels of one row in [#taps]: as much as the room behind a tensor.
  static final int MOST_PIXELS = Tensor.ROOM / Lanes.BYTES;

  /// The most taps of a run.
  static final int LONGEST_RUN = 5;

  /// Bytes of planes that may be read behind the last pixel's first tap.
  static final long PLANES_SLICE = MOST_TAP_BYTES + (TILE + LONGEST_RUN - 1L) * Float.BYTES;

  /// Bytes that may be read behind the first weights of a call.
  static final long WEIGHTS_SLICE = MOST_TAPS * LANE_BYTES + LANE_BYTES;

  private static final long ROW_SLICE = MOST_PIXELS * 4L + LANE_BYTES;
  private static final long GRADIENT_SLICE = MOST_PIXELS * LANE_BYTES + LANE_BYTES;

  private FirstTiles() {}

  /// Blocks of the gradient's next tile when so many are left.
  static int blocks(int left) {
    return Math.min(left, 2);
  }

  /// `dst = start + sum over some runs of taps` for one block of the result and some tiles of
  /// [#TILE] pixels of some rows.
  ///
  /// @param run taps of a run, which see pixels side by side: 1 to [#LONGEST_RUN]
  /// @param src planes, with [#PLANES_SLICE] bytes from a tile's first pixel on
  /// @param srcAt what the first pixel of the first row sees at no offset
  /// @param srcRow bytes from there to the next row
  /// @param runs bytes from there to what it sees at the first tap of each run; of [#MOST_TAPS]
  ///   taps at most
  /// @param weights with [#WEIGHTS_SLICE] bytes from the first run's on
  /// @param start the vector that sums start from
  /// @param adds whether the sums are added to what is in `dst`
  /// @param atRow bytes from a row of the result to the next
  /// @param tiles of each row
  static void pixels(
      int run,
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    switch (run) {
      case 1 ->
          FirstSums.runs1(
              src, srcAt, srcRow, runs, weights, weightsAt, start, startAt, adds, dst, at, atRow,
              rows, tiles);
      case 2 ->
          FirstSums.runs2(
              src, srcAt, srcRow, runs, weights, weightsAt, start, startAt, adds, dst, at, atRow,
              rows, tiles);
      case 3 ->
          FirstSums.runs3(
              src, srcAt, srcRow, runs, weights, weightsAt, start, startAt, adds, dst, at, atRow,
              rows, tiles);
      case 4 ->
          FirstSums.runs4(
              src, srcAt, srcRow, runs, weights, weightsAt, start, startAt, adds, dst, at, atRow,
              rows, tiles);
      case 5 ->
          FirstSums.runs5(
              src, srcAt, srcRow, runs, weights, weightsAt, start, startAt, adds, dst, at, atRow,
              rows, tiles);
      default -> throw new IllegalArgumentException("no tile for runs of " + run + " taps");
    }
  }

  /// Adds to the gradient of some taps' weights ([#taps(int)]), which lie side by side, the sum
  /// over some rows of at most [#MOST_PIXELS] pixels.
  ///
  /// @param blocks of the gradient
  /// @param srcAt what the first pixel of the first row sees at no offset
  /// @param srcRow from there to the next row
  /// @param taps bytes from there to what it sees at each tap, from `first` on
  /// @param dDst with a tensor's room behind the last pixel
  /// @param dDstBlock bytes from one block to the next
  /// @param atBlock the same of the weights
  static void taps(
      int blocks,
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] taps,
      int first,
      MemorySegment dDst,
      long dDstAt,
      long dDstRow,
      long dDstBlock,
      int rows,
      int columns,
      MemorySegment dWeights,
      long at,
      long atBlock) {
    if (blocks == 2) {
      taps6x2(
          src, srcAt, srcRow, taps, first, dDst, dDstAt, dDstRow, dDstBlock, rows, columns,
          dWeights, at, atBlock);
    } else {
      taps9x1(src, srcAt, srcRow, taps, first, dDst, dDstAt, dDstRow, rows, columns, dWeights, at);
    }
  }

  private static void taps9x1(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] taps,
      int first,
      MemorySegment dDst,
      long dDstAt,
      long dDstRow,
      int rows,
      int columns,
      MemorySegment dWeights,
      long at) {
    MemorySegment sums = dWeights.asSlice(at, 9 * LANE_BYTES);
    FloatVector a0 = fromMemorySegment(SPECIES, sums, 0, ORDER);
    FloatVector a1 = fromMemorySegment(SPECIES, sums, 1 * LANE_BYTES, ORDER);
    FloatVector a2 = fromMemorySegment(SPECIES, sums, 2 * LANE_BYTES, ORDER);
    FloatVector a3 = fromMemorySegment(SPECIES, sums, 3 * LANE_BYTES, ORDER);
    FloatVector a4 = fromMemorySegment(SPECIES, sums, 4 * LANE_BYTES, ORDER);
    FloatVector a5 = fromMemorySegment(SPECIES, sums, 5 * LANE_BYTES, ORDER);
    FloatVector a6 = fromMemorySegment(SPECIES, sums, 6 * LANE_BYTES, ORDER);
    FloatVector a7 = fromMemorySegment(SPECIES, sums, 7 * LANE_BYTES, ORDER);
    FloatVector a8 = fromMemorySegment(SPECIES, sums, 8 * LANE_BYTES, ORDER);
    long x0 = srcAt + taps[first];
    long x1 = srcAt + taps[first + 1];
    long x2 = srcAt + taps[first + 2];
    long x3 = srcAt + taps[first + 3];
    long x4 = srcAt + taps[first + 4];
    long x5 = srcAt + taps[first + 5];
    long x6 = srcAt + taps[first + 6];
    long x7 = srcAt + taps[first + 7];
    long x8 = srcAt + taps[first + 8];
    int end = Math.clamp(columns, 0, MOST_PIXELS);
    for (int row = 0; row < rows; row++) {
      MemorySegment gradient = dDst.asSlice(dDstAt + row * dDstRow, GRADIENT_SLICE);
      MemorySegment s0 = src.asSlice(x0 + row * srcRow, ROW_SLICE);
      MemorySegment s1 = src.asSlice(x1 + row * srcRow, ROW_SLICE);
      MemorySegment s2 = src.asSlice(x2 + row * srcRow, ROW_SLICE);
      MemorySegment s3 = src.asSlice(x3 + row * srcRow, ROW_SLICE);
      MemorySegment s4 = src.asSlice(x4 + row * srcRow, ROW_SLICE);
      MemorySegment s5 = src.asSlice(x5 + row * srcRow, ROW_SLICE);
      MemorySegment s6 = src.asSlice(x6 + row * srcRow, ROW_SLICE);
      MemorySegment s7 = src.asSlice(x7 + row * srcRow, ROW_SLICE);
      MemorySegment s8 = src.asSlice(x8 + row * srcRow, ROW_SLICE);
      for (int i = 0; i < end; i++) {
        FloatVector g = fromMemorySegment(SPECIES, gradient, i * LANE_BYTES, ORDER);
        FloatVector y = broadcast(INTS, s0.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a0 = y.fma(g, a0);
        y = broadcast(INTS, s1.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a1 = y.fma(g, a1);
        y = broadcast(INTS, s2.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a2 = y.fma(g, a2);
        y = broadcast(INTS, s3.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a3 = y.fma(g, a3);
        if (COUNT == 8 && i == end) {
          break;
        }
        y = broadcast(INTS, s4.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a4 = y.fma(g, a4);
        y = broadcast(INTS, s5.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a5 = y.fma(g, a5);
        y = broadcast(INTS, s6.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a6 = y.fma(g, a6);
        y = broadcast(INTS, s7.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a7 = y.fma(g, a7);
        y = broadcast(INTS, s8.get(JAVA_INT_UNALIGNED, i * 4L)).reinterpretAsFloats();
        a8 = y.fma(g, a8);
      }
    }
    a0.intoMemorySegment(sums, 0, ORDER);
    a1.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a2.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a3.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a4.intoMemorySegment(sums, 4 * LANE_BYTES, ORDER);
    a5.intoMemorySegment(sums, 5 * LANE_BYTES, ORDER);
    a6.intoMemorySegment(sums, 6 * LANE_BYTES, ORDER);
    a7.intoMemorySegment(sums, 7 * LANE_BYTES, ORDER);
    a8.intoMemorySegment(sums, 8 * LANE_BYTES, ORDER);
  }

  /// One index serves all loads, as in [NarrowTiles#sliced2x6].
  private static void taps6x2(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] taps,
      int first,
      MemorySegment dDst,
      long dDstAt,
      long dDstRow,
      long dDstBlock,
      int rows,
      int columns,
      MemorySegment dWeights,
      long at,
      long atBlock) {
    MemorySegment sums0 = dWeights.asSlice(at, 6 * LANE_BYTES);
    MemorySegment sums1 = dWeights.asSlice(at + atBlock, 6 * LANE_BYTES);
    FloatVector a00 = fromMemorySegment(SPECIES, sums0, 0, ORDER);
    FloatVector a01 = fromMemorySegment(SPECIES, sums0, 1 * LANE_BYTES, ORDER);
    FloatVector a02 = fromMemorySegment(SPECIES, sums0, 2 * LANE_BYTES, ORDER);
    FloatVector a03 = fromMemorySegment(SPECIES, sums0, 3 * LANE_BYTES, ORDER);
    FloatVector a04 = fromMemorySegment(SPECIES, sums0, 4 * LANE_BYTES, ORDER);
    FloatVector a05 = fromMemorySegment(SPECIES, sums0, 5 * LANE_BYTES, ORDER);
    FloatVector a10 = fromMemorySegment(SPECIES, sums1, 0, ORDER);
    FloatVector a11 = fromMemorySegment(SPECIES, sums1, 1 * LANE_BYTES, ORDER);
    FloatVector a12 = fromMemorySegment(SPECIES, sums1, 2 * LANE_BYTES, ORDER);
    FloatVector a13 = fromMemorySegment(SPECIES, sums1, 3 * LANE_BYTES, ORDER);
    FloatVector a14 = fromMemorySegment(SPECIES, sums1, 4 * LANE_BYTES, ORDER);
    FloatVector a15 = fromMemorySegment(SPECIES, sums1, 5 * LANE_BYTES, ORDER);
    long x0 = srcAt + taps[first];
    long x1 = srcAt + taps[first + 1];
    long x2 = srcAt + taps[first + 2];
    long x3 = srcAt + taps[first + 3];
    long x4 = srcAt + taps[first + 4];
    long x5 = srcAt + taps[first + 5];
    for (int row = 0; row < rows; row++) {
      int end = Math.clamp(columns, 0, MOST_PIXELS) * Float.BYTES;
      MemorySegment s0 = src.asSlice(x0 + row * srcRow, ROW_SLICE);
      MemorySegment s1 = src.asSlice(x1 + row * srcRow, ROW_SLICE);
      MemorySegment s2 = src.asSlice(x2 + row * srcRow, ROW_SLICE);
      MemorySegment s3 = src.asSlice(x3 + row * srcRow, ROW_SLICE);
      MemorySegment s4 = src.asSlice(x4 + row * srcRow, ROW_SLICE);
      MemorySegment s5 = src.asSlice(x5 + row * srcRow, ROW_SLICE);
      long g = dDstAt + row * dDstRow;
      MemorySegment gradient0 = dDst.asSlice(g, GRADIENT_SLICE);
      MemorySegment gradient1 = dDst.asSlice(g + dDstBlock, GRADIENT_SLICE);
      for (int i = 0; i < end; i += Float.BYTES) {
        FloatVector g0 = fromMemorySegment(SPECIES, gradient0, i * (long) COUNT, ORDER);
        FloatVector g1 = fromMemorySegment(SPECIES, gradient1, i * (long) COUNT, ORDER);
        FloatVector y = broadcast(INTS, s0.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a00 = y.fma(g0, a00);
        a10 = y.fma(g1, a10);
        y = broadcast(INTS, s1.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a01 = y.fma(g0, a01);
        a11 = y.fma(g1, a11);
        if (COUNT == 8 && i == end) {
          break;
        }
        y = broadcast(INTS, s2.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a02 = y.fma(g0, a02);
        a12 = y.fma(g1, a12);
        y = broadcast(INTS, s3.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a03 = y.fma(g0, a03);
        a13 = y.fma(g1, a13);
        y = broadcast(INTS, s4.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a04 = y.fma(g0, a04);
        a14 = y.fma(g1, a14);
        y = broadcast(INTS, s5.get(JAVA_INT_UNALIGNED, i)).reinterpretAsFloats();
        a05 = y.fma(g0, a05);
        a15 = y.fma(g1, a15);
      }
    }
    a00.intoMemorySegment(sums0, 0, ORDER);
    a01.intoMemorySegment(sums0, 1 * LANE_BYTES, ORDER);
    a02.intoMemorySegment(sums0, 2 * LANE_BYTES, ORDER);
    a03.intoMemorySegment(sums0, 3 * LANE_BYTES, ORDER);
    a04.intoMemorySegment(sums0, 4 * LANE_BYTES, ORDER);
    a05.intoMemorySegment(sums0, 5 * LANE_BYTES, ORDER);
    a10.intoMemorySegment(sums1, 0, ORDER);
    a11.intoMemorySegment(sums1, 1 * LANE_BYTES, ORDER);
    a12.intoMemorySegment(sums1, 2 * LANE_BYTES, ORDER);
    a13.intoMemorySegment(sums1, 3 * LANE_BYTES, ORDER);
    a14.intoMemorySegment(sums1, 4 * LANE_BYTES, ORDER);
    a15.intoMemorySegment(sums1, 5 * LANE_BYTES, ORDER);
  }
}
