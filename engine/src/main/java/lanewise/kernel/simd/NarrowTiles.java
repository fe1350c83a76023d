package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.VectorOperators.LE;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [RegisterTiles] and [DirectTiles] for processors with 16 vector registers (256-bit
/// AVX2).
///
/// Register budget: 2x6 = 12 accumulators + 2 weights + the spread source values, which must not
/// all be there at once. What orders them is the end of a basic block between the loads. In
/// [#sliced2x6] and [#long2x6] that is a branch that is never taken, in the others a check:
/// weights are addressed by an offset that grows by [TileSums#weightsStep()], a variable, so that
/// their checks stay in the loop, and each multiply-add follows its source value. Without either,
/// all loads become one block with the multiply-adds behind them, or the loop is unrolled; then
/// accumulators spill, and a spilled one costs the latency of a store and a load per step: 43
/// instead of 91 GFLOP/s (576 channels, one thread, peak 102).
final class NarrowTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  /// Channels of one loop of [#sliced2x6]. With more than 1,000 the compiler would cut the loop in
  /// two, and read its end from the stack.
  static final int PART = 512;

  /// Bytes of the slices of [#sliced2x6], which may reach beyond what it reads. The compiler takes
  /// every number below the loop's end for an index, so they are a little longer than all channels.
  static final long SOURCE_SLICE = PART * 4L + LANE_BYTES;

  static final long WEIGHTS_SLICE = PART * LANE_BYTES + 2 * LANE_BYTES;

  /// Bytes of the slices of [#tile2x6] and [#tile1x10], which may reach beyond what they read.
  private static final long RUN_SLICE = TileSums.MOST_RUN * 4L;

  private static final long TILE_SLICE = 6 * LANE_BYTES;

  private NarrowTiles() {}

  /// `count` positions `srcStep` bytes apart whose channels all lie side by side, those of the
  /// weights `weightsStep` bytes apart: one loop per tile, however many channels.
  static void packed2x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      long weightsStep,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    for (int position = 0; position < count; position += 6) {
      long x0 = srcAt + position * srcStep;
      long x1 = x0 + srcStep;
      long x2 = x1 + srcStep;
      long x3 = x2 + srcStep;
      long x4 = x3 + srcStep;
      long x5 = x4 + srcStep;
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
      long w = weightsAt;
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, w, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, weights, w + weightsBlock, ORDER);
        FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = x.fma(v0, a00);
        a10 = x.fma(v1, a10);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = x.fma(v0, a01);
        a11 = x.fma(v1, a11);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = x.fma(v0, a02);
        a12 = x.fma(v1, a12);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = x.fma(v0, a03);
        a13 = x.fma(v1, a13);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
        a04 = x.fma(v0, a04);
        a14 = x.fma(v1, a14);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + c * 4L));
        a05 = x.fma(v0, a05);
        a15 = x.fma(v1, a15);
        w += weightsStep;
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

  /// The same for at most [#PART] channels. Each source position and each block of weights is a
  /// slice of a constant size, and the compiler knows that the loop stays within them: nothing is
  /// checked in the loop or before it, and entering a tile, which takes as long as 16 channels
  /// otherwise, costs a check per slice. The branch that is never taken, as in [#long2x6], compares
  /// what is in registers anyway: the compiler does not see that the loop has ended before.
  ///
  /// A core that is shared does not hold up the multiply-adds but the instructions around them, so
  /// there are few: 26 in 134 bytes. One index serves all eight loads: bytes from the first channel
  /// on, times 8 (lanes) for the weights. With the weights of both blocks side by side, which need
  /// an index of their own, there were 29 in 144 bytes.
  ///
  /// GFLOP/s on one core (peak 102) with checks in the loop, and without: 16 channels 50 and 85, 32
  /// channels 66 and 94, 64 channels 81 and 96, 256 channels 96 and 99.
  ///
  /// @param src with [#SOURCE_SLICE] bytes behind the last position's first channel
  /// @param weightsBlock from one block to the next
  /// @param weights with [#WEIGHTS_SLICE] bytes from either block's first channel on
  static void sliced2x6(
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
    MemorySegment w0 = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    MemorySegment w1 = weights.asSlice(weightsAt + weightsBlock, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 6) {
      // The loop's end is computed again for each tile, or it would be read from the stack.
      int end = Math.clamp(Math.min(channels, position + PART), 0, PART) * Float.BYTES;
      long x = srcAt + position * srcStep;
      MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
      MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
      MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
      MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
      MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
      MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
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
      for (int i = 0; i < end; i += Float.BYTES) {
        FloatVector v0 = fromMemorySegment(SPECIES, w0, i * 8L, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, w1, i * 8L, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, i));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, i));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        if (i == end) {
          break;
        }
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, i));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, i));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, i));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, i));
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
      }
      MemorySegment to0 = scratch.asSlice(at, TILE_SLICE);
      a00.intoMemorySegment(to0, 0, ORDER);
      a01.intoMemorySegment(to0, 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(to0, 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(to0, 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(to0, 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(to0, 5 * LANE_BYTES, ORDER);
      MemorySegment to1 = scratch.asSlice(at + atBlock, TILE_SLICE);
      a10.intoMemorySegment(to1, 0, ORDER);
      a11.intoMemorySegment(to1, 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(to1, 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(to1, 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(to1, 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(to1, 5 * LANE_BYTES, ORDER);
      at += TILE_SLICE;
    }
  }

  /// The same for any number of channels, in loops of [#PART] of them, each with slices of its own.
  static void long2x6(
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
      for (int part = 0; part < channels; part += PART) {
        int end = Math.clamp(channels - part, 0, PART) * Float.BYTES;
        long w = weightsAt + part * LANE_BYTES;
        MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
        MemorySegment w1 = weights.asSlice(w + weightsBlock, WEIGHTS_SLICE);
        long x = srcAt + position * srcStep + part * 4L;
        MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
        MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
        MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
        MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
        MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
        MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
        for (int i = 0; i < end; i += Float.BYTES) {
          FloatVector v0 = fromMemorySegment(SPECIES, w0, i * 8L, ORDER);
          FloatVector v1 = fromMemorySegment(SPECIES, w1, i * 8L, ORDER);
          FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, i));
          a00 = y.fma(v0, a00);
          a10 = y.fma(v1, a10);
          y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, i));
          a01 = y.fma(v0, a01);
          a11 = y.fma(v1, a11);
          if (i == end) {
            break;
          }
          y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, i));
          a02 = y.fma(v0, a02);
          a12 = y.fma(v1, a12);
          y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, i));
          a03 = y.fma(v0, a03);
          a13 = y.fma(v1, a13);
          y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, i));
          a04 = y.fma(v0, a04);
          a14 = y.fma(v1, a14);
          y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, i));
          a05 = y.fma(v0, a05);
          a15 = y.fma(v1, a15);
        }
      }
      MemorySegment to0 = scratch.asSlice(at, TILE_SLICE);
      a00.intoMemorySegment(to0, 0, ORDER);
      a01.intoMemorySegment(to0, 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(to0, 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(to0, 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(to0, 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(to0, 5 * LANE_BYTES, ORDER);
      MemorySegment to1 = scratch.asSlice(at + atBlock, TILE_SLICE);
      a10.intoMemorySegment(to1, 0, ORDER);
      a11.intoMemorySegment(to1, 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(to1, 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(to1, 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(to1, 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(to1, 5 * LANE_BYTES, ORDER);
      at += TILE_SLICE;
    }
  }

  /// The same, and the sums go to where they belong, instead of to scratch memory and from there in
  /// another pass: `dst = max(sum + start, floor)`. Writing waits for memory, which costs nothing
  /// while the next tile is summed.
  ///
  /// @param bias start values, a vector per block, from `biasAt` on; null to add to the destination
  /// @param at where the first position of the first block goes; positions lie side by side
  /// @param atBlock from there to the second block
  static void finished2x6(
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
    boolean add = bias == null;
    MemorySegment init = add ? dst : bias;
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
      for (int part = 0; part < channels; part += PART) {
        int end = Math.clamp(channels - part, 0, PART) * Float.BYTES;
        long w = weightsAt + part * LANE_BYTES;
        MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
        MemorySegment w1 = weights.asSlice(w + weightsBlock, WEIGHTS_SLICE);
        long x = srcAt + position * srcStep + part * 4L;
        MemorySegment x0 = src.asSlice(x, SOURCE_SLICE);
        MemorySegment x1 = src.asSlice(x + srcStep, SOURCE_SLICE);
        MemorySegment x2 = src.asSlice(x + 2 * srcStep, SOURCE_SLICE);
        MemorySegment x3 = src.asSlice(x + 3 * srcStep, SOURCE_SLICE);
        MemorySegment x4 = src.asSlice(x + 4 * srcStep, SOURCE_SLICE);
        MemorySegment x5 = src.asSlice(x + 5 * srcStep, SOURCE_SLICE);
        for (int i = 0; i < end; i += Float.BYTES) {
          FloatVector v0 = fromMemorySegment(SPECIES, w0, i * 8L, ORDER);
          FloatVector v1 = fromMemorySegment(SPECIES, w1, i * 8L, ORDER);
          FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, i));
          a00 = y.fma(v0, a00);
          a10 = y.fma(v1, a10);
          y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, i));
          a01 = y.fma(v0, a01);
          a11 = y.fma(v1, a11);
          if (i == end) {
            break;
          }
          y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, i));
          a02 = y.fma(v0, a02);
          a12 = y.fma(v1, a12);
          y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, i));
          a03 = y.fma(v0, a03);
          a13 = y.fma(v1, a13);
          y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, i));
          a04 = y.fma(v0, a04);
          a14 = y.fma(v1, a14);
          y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, i));
          a05 = y.fma(v0, a05);
          a15 = y.fma(v1, a15);
        }
      }
      MemorySegment to0 = dst.asSlice(at, TILE_SLICE);
      MemorySegment to1 = dst.asSlice(at + atBlock, TILE_SLICE);
      FloatVector low = FloatVector.broadcast(SPECIES, floor);
      MemorySegment i0 = init.asSlice(add ? at : biasAt, add ? TILE_SLICE : LANE_BYTES);
      MemorySegment i1 =
          init.asSlice(add ? at + atBlock : biasAt + LANE_BYTES, add ? TILE_SLICE : LANE_BYTES);
      long step = add ? LANE_BYTES : 0;
      a00 = a00.add(fromMemorySegment(SPECIES, i0, 0, ORDER));
      // Not max, which is five instructions where a NaN has to stay one.
      a00 = a00.blend(low, a00.compare(LE, low));
      a01 = a01.add(fromMemorySegment(SPECIES, i0, step, ORDER));
      a01 = a01.blend(low, a01.compare(LE, low));
      a02 = a02.add(fromMemorySegment(SPECIES, i0, 2 * step, ORDER));
      a02 = a02.blend(low, a02.compare(LE, low));
      a03 = a03.add(fromMemorySegment(SPECIES, i0, 3 * step, ORDER));
      a03 = a03.blend(low, a03.compare(LE, low));
      a04 = a04.add(fromMemorySegment(SPECIES, i0, 4 * step, ORDER));
      a04 = a04.blend(low, a04.compare(LE, low));
      a05 = a05.add(fromMemorySegment(SPECIES, i0, 5 * step, ORDER));
      a05 = a05.blend(low, a05.compare(LE, low));
      a10 = a10.add(fromMemorySegment(SPECIES, i1, 0, ORDER));
      a10 = a10.blend(low, a10.compare(LE, low));
      a11 = a11.add(fromMemorySegment(SPECIES, i1, step, ORDER));
      a11 = a11.blend(low, a11.compare(LE, low));
      a12 = a12.add(fromMemorySegment(SPECIES, i1, 2 * step, ORDER));
      a12 = a12.blend(low, a12.compare(LE, low));
      a13 = a13.add(fromMemorySegment(SPECIES, i1, 3 * step, ORDER));
      a13 = a13.blend(low, a13.compare(LE, low));
      a14 = a14.add(fromMemorySegment(SPECIES, i1, 4 * step, ORDER));
      a14 = a14.blend(low, a14.compare(LE, low));
      a15 = a15.add(fromMemorySegment(SPECIES, i1, 5 * step, ORDER));
      a15 = a15.blend(low, a15.compare(LE, low));
      a00.intoMemorySegment(to0, 0, ORDER);
      a01.intoMemorySegment(to0, 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(to0, 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(to0, 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(to0, 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(to0, 5 * LANE_BYTES, ORDER);
      a10.intoMemorySegment(to1, 0, ORDER);
      a11.intoMemorySegment(to1, 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(to1, 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(to1, 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(to1, 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(to1, 5 * LANE_BYTES, ORDER);
      at += TILE_SLICE;
    }
  }

  /// The same for one block.
  static void packed1x10(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsStep,
      int channels,
      MemorySegment scratch,
      long at) {
    for (int position = 0; position < count; position += 10) {
      long x0 = srcAt + position * srcStep;
      long x1 = x0 + srcStep;
      long x2 = x1 + srcStep;
      long x3 = x2 + srcStep;
      long x4 = x3 + srcStep;
      long x5 = x4 + srcStep;
      long x6 = x5 + srcStep;
      long x7 = x6 + srcStep;
      long x8 = x7 + srcStep;
      long x9 = x8 + srcStep;
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a06 = a00;
      FloatVector a07 = a00;
      FloatVector a08 = a00;
      FloatVector a09 = a00;
      long w = weightsAt;
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, w, ORDER);
        FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = x.fma(v0, a00);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = x.fma(v0, a01);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = x.fma(v0, a02);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = x.fma(v0, a03);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
        a04 = x.fma(v0, a04);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + c * 4L));
        a05 = x.fma(v0, a05);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x6 + c * 4L));
        a06 = x.fma(v0, a06);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x7 + c * 4L));
        a07 = x.fma(v0, a07);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x8 + c * 4L));
        a08 = x.fma(v0, a08);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x9 + c * 4L));
        a09 = x.fma(v0, a09);
        w += weightsStep;
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
      a06.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
      a07.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
      a08.intoMemorySegment(scratch, at + 8 * LANE_BYTES, ORDER);
      a09.intoMemorySegment(scratch, at + 9 * LANE_BYTES, ORDER);
      at += 10 * LANE_BYTES;
    }
  }

  static void tile2x6(
      TileSums s,
      int from,
      int to,
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      long weightsAt,
      int srcBlocks,
      int lastChannels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    int[] positions = s.srcPosition();
    int[] tapSrc = s.tapSrc();
    int[] tapWeights = s.tapWeights();
    int tapChannels = s.tapChannels();
    long srcBlock = s.srcBlock();
    long weightsSrcBlock = s.weightsSrcBlock();
    long wBlock = s.weightsBlock();
    long wStep = s.weightsStep();
    for (int position = from; position < to; position += 6) {
      long s0 = srcAt + positions[position];
      long s1 = srcAt + positions[position + 1];
      long s2 = srcAt + positions[position + 2];
      long s3 = srcAt + positions[position + 3];
      long s4 = srcAt + positions[position + 4];
      long s5 = srcAt + positions[position + 5];
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
      for (int block = 0; block < srcBlocks; block++) {
        int channels = block == srcBlocks - 1 ? lastChannels : tapChannels;
        for (int tap = 0; tap < tapSrc.length; tap++) {
          long w = weightsAt + block * weightsSrcBlock + tapWeights[tap];
          long shift = block * srcBlock + tapSrc[tap];
          MemorySegment x0 = src.asSlice(s0 + shift, RUN_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, RUN_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, RUN_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, RUN_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, RUN_SLICE);
          MemorySegment x5 = src.asSlice(s5 + shift, RUN_SLICE);
          int end = Math.min(channels, TileSums.MOST_RUN);
          for (int c = 0; c < end; c++) {
            FloatVector v0 = fromMemorySegment(SPECIES, weights, w, ORDER);
            FloatVector v1 = fromMemorySegment(SPECIES, weights, w + wBlock, ORDER);
            FloatVector x = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a00 = x.fma(v0, a00);
            a10 = x.fma(v1, a10);
            x = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a01 = x.fma(v0, a01);
            a11 = x.fma(v1, a11);
            x = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a02 = x.fma(v0, a02);
            a12 = x.fma(v1, a12);
            x = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a03 = x.fma(v0, a03);
            a13 = x.fma(v1, a13);
            x = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a04 = x.fma(v0, a04);
            a14 = x.fma(v1, a14);
            x = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a05 = x.fma(v0, a05);
            a15 = x.fma(v1, a15);
            w += wStep;
          }
        }
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

  static void tile1x10(
      TileSums s,
      int from,
      int to,
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      long weightsAt,
      int srcBlocks,
      int lastChannels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    int[] positions = s.srcPosition();
    int[] tapSrc = s.tapSrc();
    int[] tapWeights = s.tapWeights();
    int tapChannels = s.tapChannels();
    long srcBlock = s.srcBlock();
    long weightsSrcBlock = s.weightsSrcBlock();
    long wStep = s.weightsStep();
    for (int position = from; position < to; position += 10) {
      long s0 = srcAt + positions[position];
      long s1 = srcAt + positions[position + 1];
      long s2 = srcAt + positions[position + 2];
      long s3 = srcAt + positions[position + 3];
      long s4 = srcAt + positions[position + 4];
      long s5 = srcAt + positions[position + 5];
      long s6 = srcAt + positions[position + 6];
      long s7 = srcAt + positions[position + 7];
      long s8 = srcAt + positions[position + 8];
      long s9 = srcAt + positions[position + 9];
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a06 = a00;
      FloatVector a07 = a00;
      FloatVector a08 = a00;
      FloatVector a09 = a00;
      for (int block = 0; block < srcBlocks; block++) {
        int channels = block == srcBlocks - 1 ? lastChannels : tapChannels;
        for (int tap = 0; tap < tapSrc.length; tap++) {
          long w = weightsAt + block * weightsSrcBlock + tapWeights[tap];
          long shift = block * srcBlock + tapSrc[tap];
          MemorySegment x0 = src.asSlice(s0 + shift, RUN_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, RUN_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, RUN_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, RUN_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, RUN_SLICE);
          MemorySegment x5 = src.asSlice(s5 + shift, RUN_SLICE);
          MemorySegment x6 = src.asSlice(s6 + shift, RUN_SLICE);
          MemorySegment x7 = src.asSlice(s7 + shift, RUN_SLICE);
          MemorySegment x8 = src.asSlice(s8 + shift, RUN_SLICE);
          MemorySegment x9 = src.asSlice(s9 + shift, RUN_SLICE);
          int end = Math.min(channels, TileSums.MOST_RUN);
          for (int c = 0; c < end; c++) {
            FloatVector v0 = fromMemorySegment(SPECIES, weights, w, ORDER);
            FloatVector x = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a00 = x.fma(v0, a00);
            x = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a01 = x.fma(v0, a01);
            x = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a02 = x.fma(v0, a02);
            x = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a03 = x.fma(v0, a03);
            x = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a04 = x.fma(v0, a04);
            x = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a05 = x.fma(v0, a05);
            x = broadcast(SPECIES, x6.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a06 = x.fma(v0, a06);
            x = broadcast(SPECIES, x7.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a07 = x.fma(v0, a07);
            x = broadcast(SPECIES, x8.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a08 = x.fma(v0, a08);
            x = broadcast(SPECIES, x9.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a09 = x.fma(v0, a09);
            w += wStep;
          }
        }
      }
      a00.intoMemorySegment(scratch, at, ORDER);
      a01.intoMemorySegment(scratch, at + 1 * LANE_BYTES, ORDER);
      a02.intoMemorySegment(scratch, at + 2 * LANE_BYTES, ORDER);
      a03.intoMemorySegment(scratch, at + 3 * LANE_BYTES, ORDER);
      a04.intoMemorySegment(scratch, at + 4 * LANE_BYTES, ORDER);
      a05.intoMemorySegment(scratch, at + 5 * LANE_BYTES, ORDER);
      a06.intoMemorySegment(scratch, at + 6 * LANE_BYTES, ORDER);
      a07.intoMemorySegment(scratch, at + 7 * LANE_BYTES, ORDER);
      a08.intoMemorySegment(scratch, at + 8 * LANE_BYTES, ORDER);
      a09.intoMemorySegment(scratch, at + 9 * LANE_BYTES, ORDER);
      at += 10 * LANE_BYTES;
    }
  }
}
