package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [RegisterTiles] for processors with 16 vector registers (256-bit AVX2).
///
/// Register budget: 2x6 = 12 accumulators + 2 weights + the spread source values, which must not
/// all be there at once. What orders them is the end of a basic block between the loads. In
/// [#paired2x6] and [#longPaired2x6] that is a branch that is never taken, in the others a check:
/// weights are addressed by an offset that grows by [TileSums#weightsStep()], a variable, so that
/// their checks stay in the loop, and each multiply-add follows its source value. Without either,
/// all loads become one block with the multiply-adds behind them, or the loop is unrolled; then
/// accumulators spill, and a spilled one costs the latency of a store and a load per step: 43
/// instead of 91 GFLOP/s (576 channels, one thread, peak 102).
final class NarrowTiles {

  private static final long LANE_BYTES = Lanes.BYTES;
  private static final long PAIR_BYTES = 2 * LANE_BYTES;

  /// What [#paired2x6] takes at most.
  static final int MOST_CHANNELS = 2048;

  /// Bytes of the slices of [#paired2x6], which may reach beyond what it reads.
  static final long SOURCE_SLICE = MOST_CHANNELS * 4L;

  static final long WEIGHTS_SLICE = MOST_CHANNELS * PAIR_BYTES;

  /// Bytes of the slices of [#tile2x6] and [#tile1x10], which may reach beyond what they read.
  private static final long RUN_SLICE = TileSums.MOST_RUN * 4L;

  private static final long TILE_SLICE = 6 * LANE_BYTES;

  /// A channel that there is not. Not final: the compiler must not know, or it would take out the
  /// branches that end a basic block.
  static int nowhere = -1;

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

  /// The same for at most [#MOST_CHANNELS] channels, with the weights of both blocks side by side
  /// for each channel. Each source position and the weights are slices of a constant size, and the
  /// compiler knows that the loop stays within them: nothing is checked in the loop or before it,
  /// and entering a tile, which takes as long as 16 channels otherwise, costs a check per slice.
  /// The branch that is never taken, as in [#longPaired2x6], compares what is in registers anyway:
  /// the compiler does not see that the loop has ended before.
  ///
  /// The loop has 144 bytes of code. With four more it spans four cache lines instead of three
  /// where it begins at the end of one, and in a core that is shared runs at 0.8 of its speed.
  ///
  /// GFLOP/s on one core (peak 102) with checks in the loop, and so: 16 channels 50 and 85, 32
  /// channels 66 and 94, 64 channels 81 and 96, 256 channels 96 and 99.
  ///
  /// @param src with [#SOURCE_SLICE] bytes behind the last position's first channel
  /// @param weights with [#WEIGHTS_SLICE] bytes from `weightsAt` on
  static void paired2x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    if (channels > MOST_CHANNELS) {
      throw new IllegalArgumentException(
          "%d channels, at most %d".formatted(channels, MOST_CHANNELS));
    }
    int end = Math.min(channels, MOST_CHANNELS);
    MemorySegment both = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    for (int position = 0; position < count; position += 6) {
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
      long w = 0;
      for (int c = 0; c < end; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, both, w, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, both, w + LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        if (c == end) {
          break;
        }
        y = broadcast(SPECIES, x2.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        y = broadcast(SPECIES, x3.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        y = broadcast(SPECIES, x4.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        y = broadcast(SPECIES, x5.get(JAVA_FLOAT_UNALIGNED, c * 4L));
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
        w =
            (w + PAIR_BYTES)
                & (WEIGHTS_SLICE - PAIR_BYTES); // c * PAIR_BYTES, in fewer bytes of code
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

  /// The same for more channels. Nothing is checked in the loop here either, but all is before it,
  /// for all channels: 28 instructions per channel and 9 loads, 31 and 13 with checks in the loop.
  /// What keeps the multiply-adds from waiting behind all loads is a branch that is never taken.
  ///
  /// Alone on a core both reach 96 of 102 GFLOP/s. Where another thread takes half of it, this one
  /// reaches 54 to 66, with checks 49 to 54 (128 to 512 channels).
  static void longPaired2x6(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    int nowhere = NarrowTiles.nowhere;
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
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, weightsAt + c * PAIR_BYTES, ORDER);
        FloatVector v1 =
            fromMemorySegment(SPECIES, weights, weightsAt + c * PAIR_BYTES + LANE_BYTES, ORDER);
        FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = x.fma(v0, a00);
        a10 = x.fma(v1, a10);
        x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = x.fma(v0, a01);
        a11 = x.fma(v1, a11);
        if (c == nowhere) {
          break;
        }
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
