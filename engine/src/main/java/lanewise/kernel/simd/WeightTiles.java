package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The register tiles under every gradient of weights. One tile adds to R rows (source channels) x
/// B vectors (output channels) of the gradient the sum over the pixels that three nested loops
/// visit:
///
/// `dWeights[channel r, block b] += sum over pixels of src[pixel, r] * dDst[pixel, block b]`
///
/// Register budget, all loads of one pixel at once: 4x4 = 16 accumulators + 4 gradients + 4 sources
/// of 32 registers; 4x2 = 8 + 2 + 4 of 16; 8x1 and 4x1 serve the last block.
///
/// Panels are faster: there the source channels of several blocks lie side by side per pixel, and
/// pixels a constant number of bytes apart ([PanelTiles], [WidePanelTiles]).
final class WeightTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  private WeightTiles() {}

  /// The pixels of one sum, innermost loop first: how many, and the bytes from one to the next in
  /// source and gradient.
  static final class Loops {
    int count0;
    int count1;
    int count2;
    long srcStep0;
    long srcStep1;
    long srcStep2;
    long dDstStep0;
    long dDstStep1;
    long dDstStep2;

    /// Pixels of a panel: one loop.
    void panel(int pixels) {
      count0 = pixels;
      count1 = 1;
      count2 = 1;
      srcStep0 = PANEL_BLOCKS * LANE_BYTES;
      dDstStep0 = LANE_BYTES;
    }
  }

  /// Blocks of source channels that lie side by side per pixel in a panel
  /// `[blocks / PANEL_BLOCKS][pixel][PANEL_BLOCKS * lanes]`: 3 of 8 lanes are whole tiles of 6 and
  /// of 12 rows.
  static final int PANEL_BLOCKS = PanelTiles.SUITS ? 3 : 1;

  /// Room behind panels and the gradient beside them, which are addressed through slices of a
  /// constant size, the last one begun some floats behind the first.
  static final long PANEL_ROOM =
      (PanelTiles.SUITS ? PanelTiles.PANEL_SLICE : WidePanelTiles.PANEL_SLICE) + Lanes.BYTES;

  /// Rows of a tile of a panel when so many channels are left.
  static int panelRows(int blocks, int channels) {
    if (PanelTiles.SUITS) {
      return PanelTiles.rows(blocks);
    }
    if (WidePanelTiles.SUITS) {
      return WidePanelTiles.rows(blocks);
    }
    return rows(blocks, channels);
  }

  /// Source channels of a tile when so many are left.
  static int rows(int blocks, int channels) {
    return blocks == 1 && Lanes.COUNT >= 8 && channels > 4 ? 8 : 4;
  }

  /// Adds one tile of `rows` source channels x `blocks` vectors of output channels to the gradient.
  ///
  /// @param valid rows that are added, at most `rows`; the others are computed and dropped
  static void run(
      int rows,
      int valid,
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops l,
      MemorySegment dWeights,
      long weightsAt,
      long weightsBlock,
      MemorySegment scratch,
      long at) {
    tile(rows, blocks, src, srcAt, dDst, dDstAt, dDstBlock, l, scratch, at);
    add(rows, valid, blocks, dWeights, weightsAt, weightsBlock, scratch, at);
  }

  /// The same where the source is a panel, and the pixels of a block of the gradient lie side by
  /// side.
  ///
  /// @param l [Loops#panel]
  static void runPanel(
      int rows,
      int valid,
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops l,
      MemorySegment dWeights,
      long weightsAt,
      long weightsBlock,
      MemorySegment scratch,
      long at) {
    if (!PanelTiles.SUITS && !WidePanelTiles.SUITS) {
      tile(rows, blocks, src, srcAt, dDst, dDstAt, dDstBlock, l, scratch, at);
      add(rows, valid, blocks, dWeights, weightsAt, weightsBlock, scratch, at);
      return;
    }
    int most = PanelTiles.SUITS ? PanelTiles.MOST_PIXELS : WidePanelTiles.pixels(blocks);
    // Tiles add to the gradient itself, unless some rows are to be dropped.
    boolean direct = valid == rows;
    MemorySegment sums = direct ? dWeights : scratch;
    long sumsAt = direct ? weightsAt : at;
    long sumsBlock = direct ? weightsBlock : rows * LANE_BYTES;
    for (int from = 0; from < l.count0; from += most) {
      int count = Math.min(most, l.count0 - from);
      long panel = srcAt + from * l.srcStep0;
      long gradient = dDstAt + from * l.dDstStep0;
      if (!direct) {
        Vectors.zero(scratch, at, blocks * sumsBlock);
      }
      if (PanelTiles.SUITS) {
        PanelTiles.run(
            blocks, src, panel, dDst, gradient, dDstBlock, count, sums, sumsAt, sumsBlock);
      } else {
        WidePanelTiles.run(
            blocks, src, panel, dDst, gradient, dDstBlock, count, sums, sumsAt, sumsBlock);
      }
      if (!direct) {
        add(rows, valid, blocks, dWeights, weightsAt, weightsBlock, scratch, at);
      }
    }
  }

  private static void tile(
      int rows,
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops l,
      MemorySegment scratch,
      long at) {
    switch (blocks) {
      case 4 -> tile4x4(src, srcAt, dDst, dDstAt, dDstBlock, l, scratch, at);
      case 3 -> tile4x3(src, srcAt, dDst, dDstAt, dDstBlock, l, scratch, at);
      case 2 -> tile4x2(src, srcAt, dDst, dDstAt, dDstBlock, l, scratch, at);
      default -> {
        if (rows == 8) {
          tile8x1(src, srcAt, dDst, dDstAt, l, scratch, at);
        } else {
          tile4x1(src, srcAt, dDst, dDstAt, l, scratch, at);
        }
      }
    }
  }

  private static void add(
      int rows,
      int valid,
      int blocks,
      MemorySegment dWeights,
      long weightsAt,
      long weightsBlock,
      MemorySegment scratch,
      long at) {
    for (int b = 0; b < blocks; b++) {
      for (int r = 0; r < valid; r++) {
        long to = weightsAt + b * weightsBlock + r * LANE_BYTES;
        long from = at + (b * rows + r) * LANE_BYTES;
        fromMemorySegment(SPECIES, dWeights, to, ORDER)
            .add(fromMemorySegment(SPECIES, scratch, from, ORDER))
            .intoMemorySegment(dWeights, to, ORDER);
      }
    }
  }

  private static void tile4x4(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops loops,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a02 = a00;
    FloatVector a12 = a00;
    FloatVector a22 = a00;
    FloatVector a32 = a00;
    FloatVector a03 = a00;
    FloatVector a13 = a00;
    FloatVector a23 = a00;
    FloatVector a33 = a00;
    long srcStep = loops.srcStep0;
    long dDstStep = loops.dDstStep0;
    int count = loops.count0;
    for (int k = 0; k < loops.count2; k++) {
      for (int j = 0; j < loops.count1; j++) {
        long s = srcAt + k * loops.srcStep2 + j * loops.srcStep1;
        long d0 = dDstAt + k * loops.dDstStep2 + j * loops.dDstStep1;
        long d1 = d0 + dDstBlock;
        long d2 = d1 + dDstBlock;
        long d3 = d2 + dDstBlock;
        for (int i = 0; i < count; i++) {
          FloatVector g0 = fromMemorySegment(SPECIES, dDst, d0 + i * dDstStep, ORDER);
          FloatVector g1 = fromMemorySegment(SPECIES, dDst, d1 + i * dDstStep, ORDER);
          FloatVector g2 = fromMemorySegment(SPECIES, dDst, d2 + i * dDstStep, ORDER);
          FloatVector g3 = fromMemorySegment(SPECIES, dDst, d3 + i * dDstStep, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep));
          a00 = x.fma(g0, a00);
          a01 = x.fma(g1, a01);
          a02 = x.fma(g2, a02);
          a03 = x.fma(g3, a03);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 4));
          a10 = x.fma(g0, a10);
          a11 = x.fma(g1, a11);
          a12 = x.fma(g2, a12);
          a13 = x.fma(g3, a13);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 8));
          a20 = x.fma(g0, a20);
          a21 = x.fma(g1, a21);
          a22 = x.fma(g2, a22);
          a23 = x.fma(g3, a23);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 12));
          a30 = x.fma(g0, a30);
          a31 = x.fma(g1, a31);
          a32 = x.fma(g2, a32);
          a33 = x.fma(g3, a33);
        }
      }
    }
    a00.intoMemorySegment(scratch, at, ORDER);
    a10.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
    a02.intoMemorySegment(scratch, at + 8 * LANE_BYTES, ORDER);
    a12.intoMemorySegment(scratch, at + 9 * LANE_BYTES, ORDER);
    a22.intoMemorySegment(scratch, at + 10 * LANE_BYTES, ORDER);
    a32.intoMemorySegment(scratch, at + 11 * LANE_BYTES, ORDER);
    a03.intoMemorySegment(scratch, at + 12 * LANE_BYTES, ORDER);
    a13.intoMemorySegment(scratch, at + 13 * LANE_BYTES, ORDER);
    a23.intoMemorySegment(scratch, at + 14 * LANE_BYTES, ORDER);
    a33.intoMemorySegment(scratch, at + 15 * LANE_BYTES, ORDER);
  }

  private static void tile4x3(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops loops,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a02 = a00;
    FloatVector a12 = a00;
    FloatVector a22 = a00;
    FloatVector a32 = a00;
    long srcStep = loops.srcStep0;
    long dDstStep = loops.dDstStep0;
    int count = loops.count0;
    for (int k = 0; k < loops.count2; k++) {
      for (int j = 0; j < loops.count1; j++) {
        long s = srcAt + k * loops.srcStep2 + j * loops.srcStep1;
        long d0 = dDstAt + k * loops.dDstStep2 + j * loops.dDstStep1;
        long d1 = d0 + dDstBlock;
        long d2 = d1 + dDstBlock;
        for (int i = 0; i < count; i++) {
          FloatVector g0 = fromMemorySegment(SPECIES, dDst, d0 + i * dDstStep, ORDER);
          FloatVector g1 = fromMemorySegment(SPECIES, dDst, d1 + i * dDstStep, ORDER);
          FloatVector g2 = fromMemorySegment(SPECIES, dDst, d2 + i * dDstStep, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep));
          a00 = x.fma(g0, a00);
          a01 = x.fma(g1, a01);
          a02 = x.fma(g2, a02);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 4));
          a10 = x.fma(g0, a10);
          a11 = x.fma(g1, a11);
          a12 = x.fma(g2, a12);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 8));
          a20 = x.fma(g0, a20);
          a21 = x.fma(g1, a21);
          a22 = x.fma(g2, a22);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 12));
          a30 = x.fma(g0, a30);
          a31 = x.fma(g1, a31);
          a32 = x.fma(g2, a32);
        }
      }
    }
    a00.intoMemorySegment(scratch, at, ORDER);
    a10.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
    a02.intoMemorySegment(scratch, at + 8 * LANE_BYTES, ORDER);
    a12.intoMemorySegment(scratch, at + 9 * LANE_BYTES, ORDER);
    a22.intoMemorySegment(scratch, at + 10 * LANE_BYTES, ORDER);
    a32.intoMemorySegment(scratch, at + 11 * LANE_BYTES, ORDER);
  }

  private static void tile4x2(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      Loops loops,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    long srcStep = loops.srcStep0;
    long dDstStep = loops.dDstStep0;
    int count = loops.count0;
    for (int k = 0; k < loops.count2; k++) {
      for (int j = 0; j < loops.count1; j++) {
        long s = srcAt + k * loops.srcStep2 + j * loops.srcStep1;
        long d0 = dDstAt + k * loops.dDstStep2 + j * loops.dDstStep1;
        long d1 = d0 + dDstBlock;
        for (int i = 0; i < count; i++) {
          FloatVector g0 = fromMemorySegment(SPECIES, dDst, d0 + i * dDstStep, ORDER);
          FloatVector g1 = fromMemorySegment(SPECIES, dDst, d1 + i * dDstStep, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep));
          a00 = x.fma(g0, a00);
          a01 = x.fma(g1, a01);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 4));
          a10 = x.fma(g0, a10);
          a11 = x.fma(g1, a11);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 8));
          a20 = x.fma(g0, a20);
          a21 = x.fma(g1, a21);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 12));
          a30 = x.fma(g0, a30);
          a31 = x.fma(g1, a31);
        }
      }
    }
    a00.intoMemorySegment(scratch, at, ORDER);
    a10.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
  }

  private static void tile8x1(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      Loops loops,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a40 = a00;
    FloatVector a50 = a00;
    FloatVector a60 = a00;
    FloatVector a70 = a00;
    long srcStep = loops.srcStep0;
    long dDstStep = loops.dDstStep0;
    int count = loops.count0;
    for (int k = 0; k < loops.count2; k++) {
      for (int j = 0; j < loops.count1; j++) {
        long s = srcAt + k * loops.srcStep2 + j * loops.srcStep1;
        long d0 = dDstAt + k * loops.dDstStep2 + j * loops.dDstStep1;
        for (int i = 0; i < count; i++) {
          FloatVector g0 = fromMemorySegment(SPECIES, dDst, d0 + i * dDstStep, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep));
          a00 = x.fma(g0, a00);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 4));
          a10 = x.fma(g0, a10);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 8));
          a20 = x.fma(g0, a20);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 12));
          a30 = x.fma(g0, a30);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 16));
          a40 = x.fma(g0, a40);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 20));
          a50 = x.fma(g0, a50);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 24));
          a60 = x.fma(g0, a60);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 28));
          a70 = x.fma(g0, a70);
        }
      }
    }
    a00.intoMemorySegment(scratch, at, ORDER);
    a10.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
    a40.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
    a50.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
    a60.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
    a70.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
  }

  private static void tile4x1(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      Loops loops,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    long srcStep = loops.srcStep0;
    long dDstStep = loops.dDstStep0;
    int count = loops.count0;
    for (int k = 0; k < loops.count2; k++) {
      for (int j = 0; j < loops.count1; j++) {
        long s = srcAt + k * loops.srcStep2 + j * loops.srcStep1;
        long d0 = dDstAt + k * loops.dDstStep2 + j * loops.dDstStep1;
        for (int i = 0; i < count; i++) {
          FloatVector g0 = fromMemorySegment(SPECIES, dDst, d0 + i * dDstStep, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep));
          a00 = x.fma(g0, a00);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 4));
          a10 = x.fma(g0, a10);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 8));
          a20 = x.fma(g0, a20);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + i * srcStep + 12));
          a30 = x.fma(g0, a30);
        }
      }
    }
    a00.intoMemorySegment(scratch, at, ORDER);
    a10.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
  }
}
