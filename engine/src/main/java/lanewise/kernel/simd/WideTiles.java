package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.IntVector.broadcast;
import static jdk.incubator.vector.VectorOperators.LE;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Products of at most [NarrowTiles#PART] channels that lie side by side, for processors with 32
/// vector registers: what [RegisterTiles] does, in one loop over slices of a constant size, as
/// [NarrowTiles#sliced2x6] does with 16 registers. Nothing is checked in the loop or before it, and
/// no branch is needed in between, since all loads of a channel fit beside the sums.
///
/// GFLOP/s of 4x5 on one core (512-bit vectors, peak 117), [RegisterTiles] and these: 16 channels
/// 68 and 108, 32 channels 87 and 110, 64 channels 99 and 115, 512 channels 113 and 116.
///
/// Sums are stored without slices: with four more the compiler no longer inlines them all.
///
/// With one or two blocks a value of the source is spread as an integer: Zen 4 does that beside the
/// multiply-adds, which a float to 512 bits would hold up by a third of a cycle.
final class WideTiles {

  private static final int PART = NarrowTiles.PART;
  private static final long LANE_BYTES = Lanes.BYTES;
  private static final long SOURCE_SLICE = NarrowTiles.SOURCE_SLICE;
  private static final long WEIGHTS_SLICE = NarrowTiles.WEIGHTS_SLICE;

  private WideTiles() {}

  /// Positions of a tile: enough sums for the multiply-adds not to wait for one another, and so few
  /// sources that the general registers hold their addresses.
  static int positions(int blocks) {
    return switch (blocks) {
      case 1 -> 8;
      case 4 -> 5;
      default -> 6;
    };
  }

  /// The first `count` positions of `blocks` blocks, by tiles of [#positions].
  ///
  /// @param src with [NarrowTiles#SOURCE_SLICE] bytes behind the last position's first channel
  /// @param srcStep from one position to the next
  /// @param weights with [NarrowTiles#WEIGHTS_SLICE] bytes from each block's first channel on
  /// @param weightsBlock from one block to the next
  /// @param at where the sums of the first block go; the last tile may reach beyond `count`
  /// @param atBlock from there to the next block
  static void sliced(
      int blocks,
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    if (channels > PART) {
      throw new IllegalArgumentException("%d channels, at most %d".formatted(channels, PART));
    }
    switch (blocks) {
      case 4 ->
          sliced4x5(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              scratch,
              at,
              atBlock);
      case 3 ->
          sliced3x6(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              scratch,
              at,
              atBlock);
      case 2 ->
          sliced2x6(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              scratch,
              at,
              atBlock);
      default -> sliced1x8(count, src, srcAt, srcStep, weights, weightsAt, channels, scratch, at);
    }
  }

  private static void sliced4x5(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    MemorySegment w2 = weights.asSlice(weightsAt + 2 * weightsBlock, WEIGHTS_SLICE);
    MemorySegment w3 = weights.asSlice(weightsAt + 3 * weightsBlock, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 5) {
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a12 = a00;
      FloatVector a13 = a00;
      FloatVector a14 = a00;
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a22 = a00;
      FloatVector a23 = a00;
      FloatVector a24 = a00;
      FloatVector a30 = a00;
      FloatVector a31 = a00;
      FloatVector a32 = a00;
      FloatVector a33 = a00;
      FloatVector a34 = a00;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, w2, c * LANE_BYTES, ORDER);
        FloatVector v3 = fromMemorySegment(SPECIES, w3, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        a30 = y.fma(v3, a30);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        a31 = y.fma(v3, a31);
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        a32 = y.fma(v3, a32);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        a33 = y.fma(v3, a33);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        a24 = y.fma(v2, a24);
        a34 = y.fma(v3, a34);
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.intoMemorySegment(scratch, at1, ORDER);
      a11.intoMemorySegment(scratch, at1 + 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(scratch, at1 + 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(scratch, at1 + 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(scratch, at1 + 4 * LANE_BYTES, ORDER);
      long at2 = at1 + atBlock;
      a20.intoMemorySegment(scratch, at2, ORDER);
      a21.intoMemorySegment(scratch, at2 + 1 * LANE_BYTES, ORDER);
      a22.intoMemorySegment(scratch, at2 + 2 * LANE_BYTES, ORDER);
      a23.intoMemorySegment(scratch, at2 + 3 * LANE_BYTES, ORDER);
      a24.intoMemorySegment(scratch, at2 + 4 * LANE_BYTES, ORDER);
      long at3 = at2 + atBlock;
      a30.intoMemorySegment(scratch, at3, ORDER);
      a31.intoMemorySegment(scratch, at3 + 1 * LANE_BYTES, ORDER);
      a32.intoMemorySegment(scratch, at3 + 2 * LANE_BYTES, ORDER);
      a33.intoMemorySegment(scratch, at3 + 3 * LANE_BYTES, ORDER);
      a34.intoMemorySegment(scratch, at3 + 4 * LANE_BYTES, ORDER);
      at += 5 * LANE_BYTES;
    }
  }

  private static void sliced3x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    MemorySegment w2 = weights.asSlice(weightsAt + 2 * weightsBlock, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 6) {
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a12 = a00;
      FloatVector a13 = a00;
      FloatVector a14 = a00;
      FloatVector a15 = a00;
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a22 = a00;
      FloatVector a23 = a00;
      FloatVector a24 = a00;
      FloatVector a25 = a00;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, w2, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        a24 = y.fma(v2, a24);
        y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
        a25 = y.fma(v2, a25);
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.intoMemorySegment(scratch, at1, ORDER);
      a11.intoMemorySegment(scratch, at1 + 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(scratch, at1 + 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(scratch, at1 + 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(scratch, at1 + 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(scratch, at1 + 5 * LANE_BYTES, ORDER);
      long at2 = at1 + atBlock;
      a20.intoMemorySegment(scratch, at2, ORDER);
      a21.intoMemorySegment(scratch, at2 + 1 * LANE_BYTES, ORDER);
      a22.intoMemorySegment(scratch, at2 + 2 * LANE_BYTES, ORDER);
      a23.intoMemorySegment(scratch, at2 + 3 * LANE_BYTES, ORDER);
      a24.intoMemorySegment(scratch, at2 + 4 * LANE_BYTES, ORDER);
      a25.intoMemorySegment(scratch, at2 + 5 * LANE_BYTES, ORDER);
      at += 6 * LANE_BYTES;
    }
  }

  private static void sliced2x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 6) {
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a12 = a00;
      FloatVector a13 = a00;
      FloatVector a14 = a00;
      FloatVector a15 = a00;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(INTS, x0.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        y = broadcast(INTS, x1.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        y = broadcast(INTS, x2.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        y = broadcast(INTS, x3.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        y = broadcast(INTS, x4.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        y = broadcast(INTS, x5.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.intoMemorySegment(scratch, at1, ORDER);
      a11.intoMemorySegment(scratch, at1 + 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(scratch, at1 + 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(scratch, at1 + 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(scratch, at1 + 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(scratch, at1 + 5 * LANE_BYTES, ORDER);
      at += 6 * LANE_BYTES;
    }
  }

  private static void sliced1x8(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      int channels,
      MemorySegment scratch,
      long at) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 8) {
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a06 = a00;
      FloatVector a07 = a00;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
      MemorySegment x6 = src.asSlice(x + 6 * srcStep, SOURCE_SLICE);
      MemorySegment x7 = src.asSlice(x + 7 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(INTS, x0.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a00 = y.fma(v0, a00);
        y = broadcast(INTS, x1.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a01 = y.fma(v0, a01);
        y = broadcast(INTS, x2.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a02 = y.fma(v0, a02);
        y = broadcast(INTS, x3.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a03 = y.fma(v0, a03);
        y = broadcast(INTS, x4.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a04 = y.fma(v0, a04);
        y = broadcast(INTS, x5.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a05 = y.fma(v0, a05);
        y = broadcast(INTS, x6.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a06 = y.fma(v0, a06);
        y = broadcast(INTS, x7.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a07 = y.fma(v0, a07);
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
      a06.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
      a07.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
      at += 8 * LANE_BYTES;
    }
  }

  /// The same, and the sums go to where they belong: `dst = max(sum + bias, floor)`, as
  /// [NarrowTiles#finished2x6] does. Sums start from the bias, so there is no adding to what is
  /// there.
  ///
  /// @param blocks 2 to 4
  /// @param count whole tiles of positions, which lie side by side in the destination
  /// @param biasAt a vector per block, from there on
  static void finished(
      int blocks,
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long at,
      long atBlock,
      float floor) {
    if (channels > PART) {
      throw new IllegalArgumentException("%d channels, at most %d".formatted(channels, PART));
    }
    switch (blocks) {
      case 4 ->
          finished4x5(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              bias,
              biasAt,
              dst,
              at,
              atBlock,
              floor);
      case 3 ->
          finished3x6(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              bias,
              biasAt,
              dst,
              at,
              atBlock,
              floor);
      default ->
          finished2x6(
              count,
              src,
              srcAt,
              srcStep,
              weights,
              weightsAt,
              weightsBlock,
              channels,
              bias,
              biasAt,
              dst,
              at,
              atBlock,
              floor);
    }
  }

  private static void finished4x5(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long at,
      long atBlock,
      float floor) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    MemorySegment w2 = weights.asSlice(weightsAt + 2 * weightsBlock, WEIGHTS_SLICE);
    MemorySegment w3 = weights.asSlice(weightsAt + 3 * weightsBlock, WEIGHTS_SLICE);
    MemorySegment start = bias.asSlice(biasAt, 4 * LANE_BYTES);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    for (int position = 0; position < count; position += 5) {
      FloatVector a00 = fromMemorySegment(SPECIES, start, 0, ORDER);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a10 = fromMemorySegment(SPECIES, start, 1 * LANE_BYTES, ORDER);
      FloatVector a11 = a10;
      FloatVector a12 = a10;
      FloatVector a13 = a10;
      FloatVector a14 = a10;
      FloatVector a20 = fromMemorySegment(SPECIES, start, 2 * LANE_BYTES, ORDER);
      FloatVector a21 = a20;
      FloatVector a22 = a20;
      FloatVector a23 = a20;
      FloatVector a24 = a20;
      FloatVector a30 = fromMemorySegment(SPECIES, start, 3 * LANE_BYTES, ORDER);
      FloatVector a31 = a30;
      FloatVector a32 = a30;
      FloatVector a33 = a30;
      FloatVector a34 = a30;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, w2, c * LANE_BYTES, ORDER);
        FloatVector v3 = fromMemorySegment(SPECIES, w3, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        a30 = y.fma(v3, a30);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        a31 = y.fma(v3, a31);
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        a32 = y.fma(v3, a32);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        a33 = y.fma(v3, a33);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        a24 = y.fma(v2, a24);
        a34 = y.fma(v3, a34);
      }
      a00.blend(low, a00.compare(LE, low)).intoMemorySegment(dst, at, ORDER);
      a01.blend(low, a01.compare(LE, low)).intoMemorySegment(dst, at + 1 * LANE_BYTES, ORDER);
      a02.blend(low, a02.compare(LE, low)).intoMemorySegment(dst, at + 2 * LANE_BYTES, ORDER);
      a03.blend(low, a03.compare(LE, low)).intoMemorySegment(dst, at + 3 * LANE_BYTES, ORDER);
      a04.blend(low, a04.compare(LE, low)).intoMemorySegment(dst, at + 4 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.blend(low, a10.compare(LE, low)).intoMemorySegment(dst, at1, ORDER);
      a11.blend(low, a11.compare(LE, low)).intoMemorySegment(dst, at1 + 1 * LANE_BYTES, ORDER);
      a12.blend(low, a12.compare(LE, low)).intoMemorySegment(dst, at1 + 2 * LANE_BYTES, ORDER);
      a13.blend(low, a13.compare(LE, low)).intoMemorySegment(dst, at1 + 3 * LANE_BYTES, ORDER);
      a14.blend(low, a14.compare(LE, low)).intoMemorySegment(dst, at1 + 4 * LANE_BYTES, ORDER);
      long at2 = at1 + atBlock;
      a20.blend(low, a20.compare(LE, low)).intoMemorySegment(dst, at2, ORDER);
      a21.blend(low, a21.compare(LE, low)).intoMemorySegment(dst, at2 + 1 * LANE_BYTES, ORDER);
      a22.blend(low, a22.compare(LE, low)).intoMemorySegment(dst, at2 + 2 * LANE_BYTES, ORDER);
      a23.blend(low, a23.compare(LE, low)).intoMemorySegment(dst, at2 + 3 * LANE_BYTES, ORDER);
      a24.blend(low, a24.compare(LE, low)).intoMemorySegment(dst, at2 + 4 * LANE_BYTES, ORDER);
      long at3 = at2 + atBlock;
      a30.blend(low, a30.compare(LE, low)).intoMemorySegment(dst, at3, ORDER);
      a31.blend(low, a31.compare(LE, low)).intoMemorySegment(dst, at3 + 1 * LANE_BYTES, ORDER);
      a32.blend(low, a32.compare(LE, low)).intoMemorySegment(dst, at3 + 2 * LANE_BYTES, ORDER);
      a33.blend(low, a33.compare(LE, low)).intoMemorySegment(dst, at3 + 3 * LANE_BYTES, ORDER);
      a34.blend(low, a34.compare(LE, low)).intoMemorySegment(dst, at3 + 4 * LANE_BYTES, ORDER);
      at += 5 * LANE_BYTES;
    }
  }

  private static void finished3x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long at,
      long atBlock,
      float floor) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    MemorySegment w2 = weights.asSlice(weightsAt + 2 * weightsBlock, WEIGHTS_SLICE);
    MemorySegment start = bias.asSlice(biasAt, 3 * LANE_BYTES);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    for (int position = 0; position < count; position += 6) {
      FloatVector a00 = fromMemorySegment(SPECIES, start, 0, ORDER);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a10 = fromMemorySegment(SPECIES, start, 1 * LANE_BYTES, ORDER);
      FloatVector a11 = a10;
      FloatVector a12 = a10;
      FloatVector a13 = a10;
      FloatVector a14 = a10;
      FloatVector a15 = a10;
      FloatVector a20 = fromMemorySegment(SPECIES, start, 2 * LANE_BYTES, ORDER);
      FloatVector a21 = a20;
      FloatVector a22 = a20;
      FloatVector a23 = a20;
      FloatVector a24 = a20;
      FloatVector a25 = a20;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, w2, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        a24 = y.fma(v2, a24);
        y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
        a25 = y.fma(v2, a25);
      }
      a00.blend(low, a00.compare(LE, low)).intoMemorySegment(dst, at, ORDER);
      a01.blend(low, a01.compare(LE, low)).intoMemorySegment(dst, at + 1 * LANE_BYTES, ORDER);
      a02.blend(low, a02.compare(LE, low)).intoMemorySegment(dst, at + 2 * LANE_BYTES, ORDER);
      a03.blend(low, a03.compare(LE, low)).intoMemorySegment(dst, at + 3 * LANE_BYTES, ORDER);
      a04.blend(low, a04.compare(LE, low)).intoMemorySegment(dst, at + 4 * LANE_BYTES, ORDER);
      a05.blend(low, a05.compare(LE, low)).intoMemorySegment(dst, at + 5 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.blend(low, a10.compare(LE, low)).intoMemorySegment(dst, at1, ORDER);
      a11.blend(low, a11.compare(LE, low)).intoMemorySegment(dst, at1 + 1 * LANE_BYTES, ORDER);
      a12.blend(low, a12.compare(LE, low)).intoMemorySegment(dst, at1 + 2 * LANE_BYTES, ORDER);
      a13.blend(low, a13.compare(LE, low)).intoMemorySegment(dst, at1 + 3 * LANE_BYTES, ORDER);
      a14.blend(low, a14.compare(LE, low)).intoMemorySegment(dst, at1 + 4 * LANE_BYTES, ORDER);
      a15.blend(low, a15.compare(LE, low)).intoMemorySegment(dst, at1 + 5 * LANE_BYTES, ORDER);
      long at2 = at1 + atBlock;
      a20.blend(low, a20.compare(LE, low)).intoMemorySegment(dst, at2, ORDER);
      a21.blend(low, a21.compare(LE, low)).intoMemorySegment(dst, at2 + 1 * LANE_BYTES, ORDER);
      a22.blend(low, a22.compare(LE, low)).intoMemorySegment(dst, at2 + 2 * LANE_BYTES, ORDER);
      a23.blend(low, a23.compare(LE, low)).intoMemorySegment(dst, at2 + 3 * LANE_BYTES, ORDER);
      a24.blend(low, a24.compare(LE, low)).intoMemorySegment(dst, at2 + 4 * LANE_BYTES, ORDER);
      a25.blend(low, a25.compare(LE, low)).intoMemorySegment(dst, at2 + 5 * LANE_BYTES, ORDER);
      at += 6 * LANE_BYTES;
    }
  }

  private static void finished2x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int channels,
      MemorySegment bias,
      long biasAt,
      MemorySegment dst,
      long at,
      long atBlock,
      float floor) {
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    MemorySegment start = bias.asSlice(biasAt, 2 * LANE_BYTES);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    for (int position = 0; position < count; position += 6) {
      FloatVector a00 = fromMemorySegment(SPECIES, start, 0, ORDER);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a10 = fromMemorySegment(SPECIES, start, 1 * LANE_BYTES, ORDER);
      FloatVector a11 = a10;
      FloatVector a12 = a10;
      FloatVector a13 = a10;
      FloatVector a14 = a10;
      FloatVector a15 = a10;
      int end = Math.clamp(channels, 0, PART);
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(INTS, x0.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        y = broadcast(INTS, x1.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        y = broadcast(INTS, x2.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        y = broadcast(INTS, x3.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        y = broadcast(INTS, x4.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        y = broadcast(INTS, x5.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
      }
      a00.blend(low, a00.compare(LE, low)).intoMemorySegment(dst, at, ORDER);
      a01.blend(low, a01.compare(LE, low)).intoMemorySegment(dst, at + 1 * LANE_BYTES, ORDER);
      a02.blend(low, a02.compare(LE, low)).intoMemorySegment(dst, at + 2 * LANE_BYTES, ORDER);
      a03.blend(low, a03.compare(LE, low)).intoMemorySegment(dst, at + 3 * LANE_BYTES, ORDER);
      a04.blend(low, a04.compare(LE, low)).intoMemorySegment(dst, at + 4 * LANE_BYTES, ORDER);
      a05.blend(low, a05.compare(LE, low)).intoMemorySegment(dst, at + 5 * LANE_BYTES, ORDER);
      long at1 = at + atBlock;
      a10.blend(low, a10.compare(LE, low)).intoMemorySegment(dst, at1, ORDER);
      a11.blend(low, a11.compare(LE, low)).intoMemorySegment(dst, at1 + 1 * LANE_BYTES, ORDER);
      a12.blend(low, a12.compare(LE, low)).intoMemorySegment(dst, at1 + 2 * LANE_BYTES, ORDER);
      a13.blend(low, a13.compare(LE, low)).intoMemorySegment(dst, at1 + 3 * LANE_BYTES, ORDER);
      a14.blend(low, a14.compare(LE, low)).intoMemorySegment(dst, at1 + 4 * LANE_BYTES, ORDER);
      a15.blend(low, a15.compare(LE, low)).intoMemorySegment(dst, at1 + 5 * LANE_BYTES, ORDER);
      at += 6 * LANE_BYTES;
    }
  }
}
