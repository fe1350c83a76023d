package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.IntVector.broadcast;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [WeightTiles] for panels with 512-bit vectors and 32 registers: pixels of a panel
/// are one vector, as those of the gradient, and slices of a constant size leave nothing to check
/// in the loop or before it ([PanelTiles] does the same with 16 registers).
///
/// GFLOP/s of 4x4 on one core (peak 117), with three nested loops and here: 32 pixels 91 and 112,
/// 64 pixels 100 and 114, 256 pixels 111 and 116.
final class WidePanelTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  private static final int MOST_PIXELS = PanelTiles.MOST_PIXELS;

  /// Bytes of the slices of a panel, which may reach beyond what is read.
  static final long PANEL_SLICE = MOST_PIXELS * LANE_BYTES;

  /// One vector more than all pixels: see [NarrowTiles#SOURCE_SLICE].
  private static final long GRADIENT_SLICE = PANEL_SLICE + LANE_BYTES;

  private WidePanelTiles() {}

  /// Whether these are the tiles of this vector width.
  static final boolean SUITS = Lanes.COUNT == 16;

  /// Rows of a tile.
  static int rows(int blocks) {
    return blocks <= 3 ? 8 : 4;
  }

  /// Pixels that a tile sums at most. With one block, tiles read so much per multiply-add that the
  /// panel and the gradient must stay in the first-level cache from one tile to the next.
  static int pixels(int blocks) {
    return blocks == 1 ? MOST_PIXELS / 2 : MOST_PIXELS;
  }

  /// Adds the sums over `count` pixels, at most [#pixels], of [#rows] rows of a panel x 1 to 4
  /// blocks of a gradient.
  ///
  /// @param at where the first row's sum of the first block is; rows lie side by side
  /// @param atBlock from there to the next block
  static void run(
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
      MemorySegment sums,
      long at,
      long atBlock) {
    switch (blocks) {
      case 4 -> tile4x4(src, srcAt, dDst, dDstAt, dDstBlock, count, sums, at, atBlock);
      case 3 -> tile8x3(src, srcAt, dDst, dDstAt, dDstBlock, count, sums, at, atBlock);
      case 2 -> tile8x2(src, srcAt, dDst, dDstAt, dDstBlock, count, sums, at, atBlock);
      default -> tile8x1(src, srcAt, dDst, dDstAt, count, sums, at);
    }
  }

  /// Adds `count` pixels of 4 rows of a panel x 4 blocks of a gradient.
  private static void tile4x4(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
      MemorySegment sums,
      long at,
      long atBlock) {
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
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient0 = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    MemorySegment gradient1 = dDst.asSlice(dDstAt + dDstBlock, GRADIENT_SLICE);
    MemorySegment gradient2 = dDst.asSlice(dDstAt + 2 * dDstBlock, GRADIENT_SLICE);
    MemorySegment gradient3 = dDst.asSlice(dDstAt + 3 * dDstBlock, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(SPECIES, gradient0, i * LANE_BYTES, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, gradient1, i * LANE_BYTES, ORDER);
      FloatVector g2 = fromMemorySegment(SPECIES, gradient2, i * LANE_BYTES, ORDER);
      FloatVector g3 = fromMemorySegment(SPECIES, gradient3, i * LANE_BYTES, ORDER);
      FloatVector x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      a02 = x.fma(g2, a02);
      a03 = x.fma(g3, a03);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 4));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      a12 = x.fma(g2, a12);
      a13 = x.fma(g3, a13);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      a22 = x.fma(g2, a22);
      a23 = x.fma(g3, a23);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 12));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
      a32 = x.fma(g2, a32);
      a33 = x.fma(g3, a33);
    }
    MemorySegment sums0 = sums.asSlice(at, 4 * LANE_BYTES);
    MemorySegment sums1 = sums.asSlice(at + atBlock, 4 * LANE_BYTES);
    MemorySegment sums2 = sums.asSlice(at + 2 * atBlock, 4 * LANE_BYTES);
    MemorySegment sums3 = sums.asSlice(at + 3 * atBlock, 4 * LANE_BYTES);
    a00.add(fromMemorySegment(SPECIES, sums0, 0, ORDER)).intoMemorySegment(sums0, 0, ORDER);
    a10.add(fromMemorySegment(SPECIES, sums0, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 1 * LANE_BYTES, ORDER);
    a20.add(fromMemorySegment(SPECIES, sums0, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 2 * LANE_BYTES, ORDER);
    a30.add(fromMemorySegment(SPECIES, sums0, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 3 * LANE_BYTES, ORDER);
    a01.add(fromMemorySegment(SPECIES, sums1, 0, ORDER)).intoMemorySegment(sums1, 0, ORDER);
    a11.add(fromMemorySegment(SPECIES, sums1, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 1 * LANE_BYTES, ORDER);
    a21.add(fromMemorySegment(SPECIES, sums1, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 2 * LANE_BYTES, ORDER);
    a31.add(fromMemorySegment(SPECIES, sums1, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 3 * LANE_BYTES, ORDER);
    a02.add(fromMemorySegment(SPECIES, sums2, 0, ORDER)).intoMemorySegment(sums2, 0, ORDER);
    a12.add(fromMemorySegment(SPECIES, sums2, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 1 * LANE_BYTES, ORDER);
    a22.add(fromMemorySegment(SPECIES, sums2, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 2 * LANE_BYTES, ORDER);
    a32.add(fromMemorySegment(SPECIES, sums2, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 3 * LANE_BYTES, ORDER);
    a03.add(fromMemorySegment(SPECIES, sums3, 0, ORDER)).intoMemorySegment(sums3, 0, ORDER);
    a13.add(fromMemorySegment(SPECIES, sums3, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums3, 1 * LANE_BYTES, ORDER);
    a23.add(fromMemorySegment(SPECIES, sums3, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums3, 2 * LANE_BYTES, ORDER);
    a33.add(fromMemorySegment(SPECIES, sums3, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums3, 3 * LANE_BYTES, ORDER);
  }

  /// Adds `count` pixels of 8 rows of a panel x 3 blocks of a gradient. With 4 rows the compiler
  /// unrolls the loop and keeps what it spreads in memory: a third of the speed.
  private static void tile8x3(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
      MemorySegment sums,
      long at,
      long atBlock) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a40 = a00;
    FloatVector a50 = a00;
    FloatVector a60 = a00;
    FloatVector a70 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a41 = a00;
    FloatVector a51 = a00;
    FloatVector a61 = a00;
    FloatVector a71 = a00;
    FloatVector a02 = a00;
    FloatVector a12 = a00;
    FloatVector a22 = a00;
    FloatVector a32 = a00;
    FloatVector a42 = a00;
    FloatVector a52 = a00;
    FloatVector a62 = a00;
    FloatVector a72 = a00;
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient0 = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    MemorySegment gradient1 = dDst.asSlice(dDstAt + dDstBlock, GRADIENT_SLICE);
    MemorySegment gradient2 = dDst.asSlice(dDstAt + 2 * dDstBlock, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(SPECIES, gradient0, i * LANE_BYTES, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, gradient1, i * LANE_BYTES, ORDER);
      FloatVector g2 = fromMemorySegment(SPECIES, gradient2, i * LANE_BYTES, ORDER);
      FloatVector x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      a02 = x.fma(g2, a02);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 4));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      a12 = x.fma(g2, a12);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      a22 = x.fma(g2, a22);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 12));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
      a32 = x.fma(g2, a32);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 16));
      a40 = x.fma(g0, a40);
      a41 = x.fma(g1, a41);
      a42 = x.fma(g2, a42);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 20));
      a50 = x.fma(g0, a50);
      a51 = x.fma(g1, a51);
      a52 = x.fma(g2, a52);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 24));
      a60 = x.fma(g0, a60);
      a61 = x.fma(g1, a61);
      a62 = x.fma(g2, a62);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 28));
      a70 = x.fma(g0, a70);
      a71 = x.fma(g1, a71);
      a72 = x.fma(g2, a72);
    }
    MemorySegment sums0 = sums.asSlice(at, 8 * LANE_BYTES);
    MemorySegment sums1 = sums.asSlice(at + atBlock, 8 * LANE_BYTES);
    MemorySegment sums2 = sums.asSlice(at + 2 * atBlock, 8 * LANE_BYTES);
    a00.add(fromMemorySegment(SPECIES, sums0, 0, ORDER)).intoMemorySegment(sums0, 0, ORDER);
    a10.add(fromMemorySegment(SPECIES, sums0, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 1 * LANE_BYTES, ORDER);
    a20.add(fromMemorySegment(SPECIES, sums0, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 2 * LANE_BYTES, ORDER);
    a30.add(fromMemorySegment(SPECIES, sums0, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 3 * LANE_BYTES, ORDER);
    a40.add(fromMemorySegment(SPECIES, sums0, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 4 * LANE_BYTES, ORDER);
    a50.add(fromMemorySegment(SPECIES, sums0, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 5 * LANE_BYTES, ORDER);
    a60.add(fromMemorySegment(SPECIES, sums0, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 6 * LANE_BYTES, ORDER);
    a70.add(fromMemorySegment(SPECIES, sums0, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 7 * LANE_BYTES, ORDER);
    a01.add(fromMemorySegment(SPECIES, sums1, 0, ORDER)).intoMemorySegment(sums1, 0, ORDER);
    a11.add(fromMemorySegment(SPECIES, sums1, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 1 * LANE_BYTES, ORDER);
    a21.add(fromMemorySegment(SPECIES, sums1, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 2 * LANE_BYTES, ORDER);
    a31.add(fromMemorySegment(SPECIES, sums1, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 3 * LANE_BYTES, ORDER);
    a41.add(fromMemorySegment(SPECIES, sums1, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 4 * LANE_BYTES, ORDER);
    a51.add(fromMemorySegment(SPECIES, sums1, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 5 * LANE_BYTES, ORDER);
    a61.add(fromMemorySegment(SPECIES, sums1, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 6 * LANE_BYTES, ORDER);
    a71.add(fromMemorySegment(SPECIES, sums1, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 7 * LANE_BYTES, ORDER);
    a02.add(fromMemorySegment(SPECIES, sums2, 0, ORDER)).intoMemorySegment(sums2, 0, ORDER);
    a12.add(fromMemorySegment(SPECIES, sums2, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 1 * LANE_BYTES, ORDER);
    a22.add(fromMemorySegment(SPECIES, sums2, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 2 * LANE_BYTES, ORDER);
    a32.add(fromMemorySegment(SPECIES, sums2, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 3 * LANE_BYTES, ORDER);
    a42.add(fromMemorySegment(SPECIES, sums2, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 4 * LANE_BYTES, ORDER);
    a52.add(fromMemorySegment(SPECIES, sums2, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 5 * LANE_BYTES, ORDER);
    a62.add(fromMemorySegment(SPECIES, sums2, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 6 * LANE_BYTES, ORDER);
    a72.add(fromMemorySegment(SPECIES, sums2, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums2, 7 * LANE_BYTES, ORDER);
  }

  /// Adds `count` pixels of 8 rows of a panel x 2 blocks of a gradient.
  private static void tile8x2(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
      MemorySegment sums,
      long at,
      long atBlock) {
    FloatVector a00 = FloatVector.zero(SPECIES);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a40 = a00;
    FloatVector a50 = a00;
    FloatVector a60 = a00;
    FloatVector a70 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a41 = a00;
    FloatVector a51 = a00;
    FloatVector a61 = a00;
    FloatVector a71 = a00;
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient0 = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    MemorySegment gradient1 = dDst.asSlice(dDstAt + dDstBlock, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(SPECIES, gradient0, i * LANE_BYTES, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, gradient1, i * LANE_BYTES, ORDER);
      FloatVector x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 4));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 12));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 16));
      a40 = x.fma(g0, a40);
      a41 = x.fma(g1, a41);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 20));
      a50 = x.fma(g0, a50);
      a51 = x.fma(g1, a51);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 24));
      a60 = x.fma(g0, a60);
      a61 = x.fma(g1, a61);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 28));
      a70 = x.fma(g0, a70);
      a71 = x.fma(g1, a71);
    }
    MemorySegment sums0 = sums.asSlice(at, 8 * LANE_BYTES);
    MemorySegment sums1 = sums.asSlice(at + atBlock, 8 * LANE_BYTES);
    a00.add(fromMemorySegment(SPECIES, sums0, 0, ORDER)).intoMemorySegment(sums0, 0, ORDER);
    a10.add(fromMemorySegment(SPECIES, sums0, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 1 * LANE_BYTES, ORDER);
    a20.add(fromMemorySegment(SPECIES, sums0, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 2 * LANE_BYTES, ORDER);
    a30.add(fromMemorySegment(SPECIES, sums0, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 3 * LANE_BYTES, ORDER);
    a40.add(fromMemorySegment(SPECIES, sums0, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 4 * LANE_BYTES, ORDER);
    a50.add(fromMemorySegment(SPECIES, sums0, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 5 * LANE_BYTES, ORDER);
    a60.add(fromMemorySegment(SPECIES, sums0, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 6 * LANE_BYTES, ORDER);
    a70.add(fromMemorySegment(SPECIES, sums0, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 7 * LANE_BYTES, ORDER);
    a01.add(fromMemorySegment(SPECIES, sums1, 0, ORDER)).intoMemorySegment(sums1, 0, ORDER);
    a11.add(fromMemorySegment(SPECIES, sums1, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 1 * LANE_BYTES, ORDER);
    a21.add(fromMemorySegment(SPECIES, sums1, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 2 * LANE_BYTES, ORDER);
    a31.add(fromMemorySegment(SPECIES, sums1, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 3 * LANE_BYTES, ORDER);
    a41.add(fromMemorySegment(SPECIES, sums1, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 4 * LANE_BYTES, ORDER);
    a51.add(fromMemorySegment(SPECIES, sums1, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 5 * LANE_BYTES, ORDER);
    a61.add(fromMemorySegment(SPECIES, sums1, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 6 * LANE_BYTES, ORDER);
    a71.add(fromMemorySegment(SPECIES, sums1, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums1, 7 * LANE_BYTES, ORDER);
  }

  /// Adds `count` pixels of 8 rows of a panel x one block of a gradient. Each value of the panel is
  /// used once, and spread as an integer for that: see [WideTiles].
  private static void tile8x1(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      int count,
      MemorySegment sums,
      long at) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    FloatVector a6 = a0;
    FloatVector a7 = a0;
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g = fromMemorySegment(SPECIES, gradient, i * LANE_BYTES, ORDER);
      FloatVector x =
          broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES)).reinterpretAsFloats();
      a0 = x.fma(g, a0);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 4)).reinterpretAsFloats();
      a1 = x.fma(g, a1);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 8)).reinterpretAsFloats();
      a2 = x.fma(g, a2);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 12)).reinterpretAsFloats();
      a3 = x.fma(g, a3);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 16)).reinterpretAsFloats();
      a4 = x.fma(g, a4);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 20)).reinterpretAsFloats();
      a5 = x.fma(g, a5);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 24)).reinterpretAsFloats();
      a6 = x.fma(g, a6);
      x = broadcast(INTS, panel.get(JAVA_INT_UNALIGNED, i * LANE_BYTES + 28)).reinterpretAsFloats();
      a7 = x.fma(g, a7);
    }
    MemorySegment to = sums.asSlice(at, 8 * LANE_BYTES);
    a0.add(fromMemorySegment(SPECIES, to, 0, ORDER)).intoMemorySegment(to, 0, ORDER);
    a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
    a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
    a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
    a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
    a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
    a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
    a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
  }
}
