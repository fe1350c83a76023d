package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// The tiles of [WeightTiles] for panels on processors with 16 vector registers (256-bit AVX2).
///
/// Register budget: 6x2 = 12 accumulators + 2 gradients + the spread source values one after the
/// other; 12x1 = 12 + 1 + these. As in [NarrowTiles], slices of a constant size leave nothing to
/// check in the loop or before it, and a branch that is never taken keeps the multiply-adds from
/// waiting behind all loads.
final class PanelTiles {

  /// Whether these are the tiles of this vector width.
  static final boolean SUITS = Lanes.COUNT == 8;

  private static final long LANE_BYTES = Lanes.BYTES;

  /// From one pixel of a panel to the next: 3 blocks.
  private static final long PIXEL_BYTES = 3 * LANE_BYTES;

  /// What a tile takes at most: as much as the room behind a tensor.
  static final int MOST_PIXELS = Tensor.ROOM / Lanes.BYTES;

  /// Bytes of the slices of a panel, which may reach beyond what is read; that of a tile's last row
  /// begins five floats behind its first.
  static final long PANEL_SLICE = MOST_PIXELS * PIXEL_BYTES;

  /// One vector more than all pixels: see [NarrowTiles#SOURCE_SLICE].
  private static final long GRADIENT_SLICE = MOST_PIXELS * LANE_BYTES + LANE_BYTES;

  /// From one row of a panel to the next. Not final: slices that lie a known distance apart would
  /// be read by one address, computed anew for each pixel, not six that stay in registers.
  private static int rowBytes = Float.BYTES;

  private PanelTiles() {}

  /// Rows of a tile.
  static int rows(int blocks) {
    return blocks == 2 ? 6 : 12;
  }

  /// Adds the sums over `count` pixels, at most [#MOST_PIXELS], of [#rows] rows of a panel x 1 or 2
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
    if (blocks == 2) {
      tile6x2(src, srcAt, dDst, dDstAt, dDstBlock, count, sums, at, atBlock);
    } else {
      tile12x1(src, srcAt, dDst, dDstAt, count, sums, at);
    }
  }

  private static void tile6x2(
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
    FloatVector a01 = a00;
    FloatVector a11 = a00;
    FloatVector a21 = a00;
    FloatVector a31 = a00;
    FloatVector a41 = a00;
    FloatVector a51 = a00;
    int rowBytes = PanelTiles.rowBytes;
    MemorySegment row0 = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment row1 = src.asSlice(srcAt + rowBytes, PANEL_SLICE);
    MemorySegment row2 = src.asSlice(srcAt + 2 * rowBytes, PANEL_SLICE);
    MemorySegment row3 = src.asSlice(srcAt + 3 * rowBytes, PANEL_SLICE);
    MemorySegment row4 = src.asSlice(srcAt + 4 * rowBytes, PANEL_SLICE);
    MemorySegment row5 = src.asSlice(srcAt + 5 * rowBytes, PANEL_SLICE);
    MemorySegment gradient0 = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    MemorySegment gradient1 = dDst.asSlice(dDstAt + dDstBlock, GRADIENT_SLICE);
    int end = Math.clamp(count, 0, MOST_PIXELS) * Float.BYTES;
    for (int i = 0; i < end; i += Float.BYTES) {
      long j = i + 2L * i;
      FloatVector g0 = fromMemorySegment(SPECIES, gradient0, i * 8L, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, gradient1, i * 8L, ORDER);
      FloatVector x = broadcast(SPECIES, row0.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a00 = x.fma(g0, a00);
      a01 = x.fma(g1, a01);
      x = broadcast(SPECIES, row1.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a10 = x.fma(g0, a10);
      a11 = x.fma(g1, a11);
      if (i == end) {
        break;
      }
      x = broadcast(SPECIES, row2.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a20 = x.fma(g0, a20);
      a21 = x.fma(g1, a21);
      x = broadcast(SPECIES, row3.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a30 = x.fma(g0, a30);
      a31 = x.fma(g1, a31);
      x = broadcast(SPECIES, row4.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a40 = x.fma(g0, a40);
      a41 = x.fma(g1, a41);
      x = broadcast(SPECIES, row5.get(JAVA_FLOAT_UNALIGNED, j * 8));
      a50 = x.fma(g0, a50);
      a51 = x.fma(g1, a51);
    }
    MemorySegment sums0 = sums.asSlice(at, 6 * LANE_BYTES);
    MemorySegment sums1 = sums.asSlice(at + atBlock, 6 * LANE_BYTES);
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
  }

  private static void tile12x1(
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
    FloatVector a8 = a0;
    FloatVector a9 = a0;
    FloatVector a10 = a0;
    FloatVector a11 = a0;
    int end = Math.min(count, MOST_PIXELS);
    MemorySegment panel = src.asSlice(srcAt, PANEL_SLICE);
    MemorySegment gradient = dDst.asSlice(dDstAt, GRADIENT_SLICE);
    for (int i = 0; i < end; i++) {
      FloatVector g0 = fromMemorySegment(SPECIES, gradient, i * LANE_BYTES, ORDER);
      FloatVector x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES));
      a0 = x.fma(g0, a0);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 4));
      a1 = x.fma(g0, a1);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 8));
      a2 = x.fma(g0, a2);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 12));
      a3 = x.fma(g0, a3);
      if (i == end) {
        break;
      }
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 16));
      a4 = x.fma(g0, a4);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 20));
      a5 = x.fma(g0, a5);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 24));
      a6 = x.fma(g0, a6);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 28));
      a7 = x.fma(g0, a7);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 32));
      a8 = x.fma(g0, a8);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 36));
      a9 = x.fma(g0, a9);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 40));
      a10 = x.fma(g0, a10);
      x = broadcast(SPECIES, panel.get(JAVA_FLOAT_UNALIGNED, i * PIXEL_BYTES + 44));
      a11 = x.fma(g0, a11);
    }
    MemorySegment sums0 = sums.asSlice(at, 12 * LANE_BYTES);
    a0.add(fromMemorySegment(SPECIES, sums0, 0, ORDER)).intoMemorySegment(sums0, 0, ORDER);
    a1.add(fromMemorySegment(SPECIES, sums0, 1 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 1 * LANE_BYTES, ORDER);
    a2.add(fromMemorySegment(SPECIES, sums0, 2 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 2 * LANE_BYTES, ORDER);
    a3.add(fromMemorySegment(SPECIES, sums0, 3 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 3 * LANE_BYTES, ORDER);
    a4.add(fromMemorySegment(SPECIES, sums0, 4 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 4 * LANE_BYTES, ORDER);
    a5.add(fromMemorySegment(SPECIES, sums0, 5 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 5 * LANE_BYTES, ORDER);
    a6.add(fromMemorySegment(SPECIES, sums0, 6 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 6 * LANE_BYTES, ORDER);
    a7.add(fromMemorySegment(SPECIES, sums0, 7 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 7 * LANE_BYTES, ORDER);
    a8.add(fromMemorySegment(SPECIES, sums0, 8 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 8 * LANE_BYTES, ORDER);
    a9.add(fromMemorySegment(SPECIES, sums0, 9 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 9 * LANE_BYTES, ORDER);
    a10.add(fromMemorySegment(SPECIES, sums0, 10 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 10 * LANE_BYTES, ORDER);
    a11.add(fromMemorySegment(SPECIES, sums0, 11 * LANE_BYTES, ORDER))
        .intoMemorySegment(sums0, 11 * LANE_BYTES, ORDER);
  }
}
