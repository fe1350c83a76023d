package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.HALF;
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
///
/// One block of the gradient is two halves of 256 bits, see [WideTiles]: with 16 and 48 pixels 102
/// and 111 for 12 rows instead of 50 and 69 for 8 rows of whole vectors.
final class WidePanelTiles {

  /// Whether these are the tiles of this vector width.
  static final boolean SUITS = Lanes.COUNT == 16;

  private static final long LANE_BYTES = Lanes.BYTES;
  private static final long HALF_BYTES = LANE_BYTES / 2;

  private static final int MOST_PIXELS = PanelTiles.MOST_PIXELS;

  /// Bytes of the slices of a panel, which may reach beyond what is read.
  static final long PANEL_SLICE = MOST_PIXELS * LANE_BYTES;

  /// One vector more than all pixels: see [NarrowTiles#SOURCE_SLICE].
  private static final long GRADIENT_SLICE = PANEL_SLICE + LANE_BYTES;

  private WidePanelTiles() {}

  /// Rows of a tile when so many channels are left.
  static int rows(int blocks, int channels) {
    return switch (blocks) {
      case 1 -> channels > 4 ? 12 : 4;
      case 2 -> 8;
      default -> 4;
    };
  }

  /// Sums `count` pixels, at most [PanelTiles#MOST_PIXELS], of some rows of a panel x 1 to 4 blocks
  /// of a gradient: `scratch[block][row]`.
  static void run(
      int rows,
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
      MemorySegment scratch,
      long at) {
    switch (blocks) {
      case 4 -> tile4x4(src, srcAt, dDst, dDstAt, dDstBlock, count, scratch, at);
      case 3 -> tile4x3(src, srcAt, dDst, dDstAt, dDstBlock, count, scratch, at);
      case 2 -> tile8x2(src, srcAt, dDst, dDstAt, dDstBlock, count, scratch, at);
      default -> {
        if (rows == 12) {
          tile12x1(src, srcAt, dDst, dDstAt, count, scratch, at);
        } else {
          tile4x1(src, srcAt, dDst, dDstAt, count, scratch, at);
        }
      }
    }
  }

  /// Sums `count` pixels of 4 rows of a panel x 4 blocks of a gradient.
  private static void tile4x4(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
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
    MemorySegment sums = scratch.asSlice(at, 16 * LANE_BYTES);
    a00.intoMemorySegment(sums, 0, ORDER);
    a10.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(sums, 4 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(sums, 5 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(sums, 6 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(sums, 7 * LANE_BYTES, ORDER);
    a02.intoMemorySegment(sums, 8 * LANE_BYTES, ORDER);
    a12.intoMemorySegment(sums, 9 * LANE_BYTES, ORDER);
    a22.intoMemorySegment(sums, 10 * LANE_BYTES, ORDER);
    a32.intoMemorySegment(sums, 11 * LANE_BYTES, ORDER);
    a03.intoMemorySegment(sums, 12 * LANE_BYTES, ORDER);
    a13.intoMemorySegment(sums, 13 * LANE_BYTES, ORDER);
    a23.intoMemorySegment(sums, 14 * LANE_BYTES, ORDER);
    a33.intoMemorySegment(sums, 15 * LANE_BYTES, ORDER);
  }

  /// Sums `count` pixels of 4 rows of a panel x 3 blocks of a gradient.
  private static void tile4x3(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
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
    }
    MemorySegment sums = scratch.asSlice(at, 12 * LANE_BYTES);
    a00.intoMemorySegment(sums, 0, ORDER);
    a10.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(sums, 4 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(sums, 5 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(sums, 6 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(sums, 7 * LANE_BYTES, ORDER);
    a02.intoMemorySegment(sums, 8 * LANE_BYTES, ORDER);
    a12.intoMemorySegment(sums, 9 * LANE_BYTES, ORDER);
    a22.intoMemorySegment(sums, 10 * LANE_BYTES, ORDER);
    a32.intoMemorySegment(sums, 11 * LANE_BYTES, ORDER);
  }

  /// Sums `count` pixels of 8 rows of a panel x 2 blocks of a gradient.
  private static void tile8x2(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      long dDstBlock,
      int count,
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
    MemorySegment sums = scratch.asSlice(at, 16 * LANE_BYTES);
    a00.intoMemorySegment(sums, 0, ORDER);
    a10.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a20.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a30.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a40.intoMemorySegment(sums, 4 * LANE_BYTES, ORDER);
    a50.intoMemorySegment(sums, 5 * LANE_BYTES, ORDER);
    a60.intoMemorySegment(sums, 6 * LANE_BYTES, ORDER);
    a70.intoMemorySegment(sums, 7 * LANE_BYTES, ORDER);
    a01.intoMemorySegment(sums, 8 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(sums, 9 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(sums, 10 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(sums, 11 * LANE_BYTES, ORDER);
    a41.intoMemorySegment(sums, 12 * LANE_BYTES, ORDER);
    a51.intoMemorySegment(sums, 13 * LANE_BYTES, ORDER);
    a61.intoMemorySegment(sums, 14 * LANE_BYTES, ORDER);
    a71.intoMemorySegment(sums, 15 * LANE_BYTES, ORDER);
  }

  /// Sums `count` pixels of 12 rows of a panel x 1 block of a gradient, as two halves.
  private static void tile12x1(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      int count,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(HALF);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a40 = a00;
    FloatVector a50 = a00;
    FloatVector a60 = a00;
    FloatVector a70 = a00;
    FloatVector a80 = a00;
    FloatVector a90 = a00;
    FloatVector a100 = a00;
    FloatVector a110 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a41 = a00;
    FloatVector a51 = a00;
    FloatVector a61 = a00;
    FloatVector a71 = a00;
    FloatVector a81 = a00;
    FloatVector a91 = a00;
    FloatVector a101 = a00;
    FloatVector a111 = a00;
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(HALF, gradient, i * LANE_BYTES, ORDER);
      FloatVector g1 = fromMemorySegment(HALF, gradient, i * LANE_BYTES + HALF_BYTES, ORDER);
      FloatVector x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 4));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 12));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 16));
      a40 = x.fma(g0, a40);
      a41 = x.fma(g1, a41);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 20));
      a50 = x.fma(g0, a50);
      a51 = x.fma(g1, a51);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 24));
      a60 = x.fma(g0, a60);
      a61 = x.fma(g1, a61);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 28));
      a70 = x.fma(g0, a70);
      a71 = x.fma(g1, a71);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 32));
      a80 = x.fma(g0, a80);
      a81 = x.fma(g1, a81);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 36));
      a90 = x.fma(g0, a90);
      a91 = x.fma(g1, a91);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 40));
      a100 = x.fma(g0, a100);
      a101 = x.fma(g1, a101);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 44));
      a110 = x.fma(g0, a110);
      a111 = x.fma(g1, a111);
    }
    MemorySegment sums = scratch.asSlice(at, 12 * LANE_BYTES);
    a00.intoMemorySegment(sums, 0, ORDER);
    a01.intoMemorySegment(sums, HALF_BYTES, ORDER);
    a10.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(sums, 1 * LANE_BYTES + HALF_BYTES, ORDER);
    a20.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(sums, 2 * LANE_BYTES + HALF_BYTES, ORDER);
    a30.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(sums, 3 * LANE_BYTES + HALF_BYTES, ORDER);
    a40.intoMemorySegment(sums, 4 * LANE_BYTES, ORDER);
    a41.intoMemorySegment(sums, 4 * LANE_BYTES + HALF_BYTES, ORDER);
    a50.intoMemorySegment(sums, 5 * LANE_BYTES, ORDER);
    a51.intoMemorySegment(sums, 5 * LANE_BYTES + HALF_BYTES, ORDER);
    a60.intoMemorySegment(sums, 6 * LANE_BYTES, ORDER);
    a61.intoMemorySegment(sums, 6 * LANE_BYTES + HALF_BYTES, ORDER);
    a70.intoMemorySegment(sums, 7 * LANE_BYTES, ORDER);
    a71.intoMemorySegment(sums, 7 * LANE_BYTES + HALF_BYTES, ORDER);
    a80.intoMemorySegment(sums, 8 * LANE_BYTES, ORDER);
    a81.intoMemorySegment(sums, 8 * LANE_BYTES + HALF_BYTES, ORDER);
    a90.intoMemorySegment(sums, 9 * LANE_BYTES, ORDER);
    a91.intoMemorySegment(sums, 9 * LANE_BYTES + HALF_BYTES, ORDER);
    a100.intoMemorySegment(sums, 10 * LANE_BYTES, ORDER);
    a101.intoMemorySegment(sums, 10 * LANE_BYTES + HALF_BYTES, ORDER);
    a110.intoMemorySegment(sums, 11 * LANE_BYTES, ORDER);
    a111.intoMemorySegment(sums, 11 * LANE_BYTES + HALF_BYTES, ORDER);
  }

  /// Sums `count` pixels of 4 rows of a panel x 1 block of a gradient, as two halves.
  private static void tile4x1(
      MemorySegment src,
      long srcAt,
      MemorySegment dDst,
      long dDstAt,
      int count,
      MemorySegment scratch,
      long at) {
    FloatVector a00 = FloatVector.zero(HALF);
    FloatVector a10 = a00;
    FloatVector a20 = a00;
    FloatVector a30 = a00;
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(HALF, gradient, i * LANE_BYTES, ORDER);
      FloatVector g1 = fromMemorySegment(HALF, gradient, i * LANE_BYTES + HALF_BYTES, ORDER);
      FloatVector x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 4));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      x = broadcast(HALF, panel.get(JAVA_FLOAT_UNALIGNED, i * LANE_BYTES + 12));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
    }
    MemorySegment sums = scratch.asSlice(at, 4 * LANE_BYTES);
    a00.intoMemorySegment(sums, 0, ORDER);
    a01.intoMemorySegment(sums, HALF_BYTES, ORDER);
    a10.intoMemorySegment(sums, 1 * LANE_BYTES, ORDER);
    a11.intoMemorySegment(sums, 1 * LANE_BYTES + HALF_BYTES, ORDER);
    a20.intoMemorySegment(sums, 2 * LANE_BYTES, ORDER);
    a21.intoMemorySegment(sums, 2 * LANE_BYTES + HALF_BYTES, ORDER);
    a30.intoMemorySegment(sums, 3 * LANE_BYTES, ORDER);
    a31.intoMemorySegment(sums, 3 * LANE_BYTES + HALF_BYTES, ORDER);
  }
}
