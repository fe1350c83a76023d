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

/// The register tiles of direct convolution for processors with 32 vector registers: loops over the
/// blocks of the source, the runs of taps ([TileSums#tapSrc]) and the channels of a run, which
/// slices of a constant size hold, as in [WideTiles], so that nothing is checked in the innermost
/// loop or before it. A run has 16 channels at least with 16 lanes, 48 in most 3x3 kernels.
///
/// With a list of all channels of all taps instead, each load had its check, and an entry of a list
/// before it: 82 instructions per 20 multiply-adds instead of 34. Where a processor begins one
/// 512-bit multiply-add a cycle (Zen 4) these hide; where it begins two (Intel), or another thread
/// takes half of the core, they decide.
///
/// With one block a value of the source is spread as an integer: see [WideTiles].
final class DirectTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  /// Bytes of the slices, which may reach beyond what is read: see [NarrowTiles#SOURCE_SLICE].
  private static final long SOURCE_SLICE = TileSums.MOST_RUN * 4L + LANE_BYTES;

  private static final long WEIGHTS_SLICE = TileSums.MOST_RUN * LANE_BYTES + LANE_BYTES;

  private DirectTiles() {}

  /// Sums of whole tiles of positions, from `from` on until `to` is passed, side by side in scratch
  /// memory, and `atBlock` bytes further on those of the next block. The other sizes do the same.
  ///
  /// @param src with [lanewise.tensor.Tensor#ROOM] bytes behind the last value
  /// @param weights with as many behind the last weight
  /// @param srcBlocks blocks to sum over, the last with runs of `lastChannels` channels
  static void tile4x5(
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
    for (int position = from; position < to; position += 5) {
      long s0 = srcAt + positions[position];
      long s1 = srcAt + positions[position + 1];
      long s2 = srcAt + positions[position + 2];
      long s3 = srcAt + positions[position + 3];
      long s4 = srcAt + positions[position + 4];
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
      for (int block = 0; block < srcBlocks; block++) {
        int channels = block == srcBlocks - 1 ? lastChannels : tapChannels;
        for (int tap = 0; tap < tapSrc.length; tap++) {
          long w = weightsAt + block * weightsSrcBlock + tapWeights[tap];
          long shift = block * srcBlock + tapSrc[tap];
          MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
          MemorySegment w1 = weights.asSlice(w + wBlock, WEIGHTS_SLICE);
          MemorySegment w2 = weights.asSlice(w + 2 * wBlock, WEIGHTS_SLICE);
          MemorySegment w3 = weights.asSlice(w + 3 * wBlock, WEIGHTS_SLICE);
          MemorySegment x0 = src.asSlice(s0 + shift, SOURCE_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, SOURCE_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, SOURCE_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, SOURCE_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, SOURCE_SLICE);
          int end = Math.clamp(channels, 0, TileSums.MOST_RUN);
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
        }
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

  static void tile3x6(
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
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a22 = a00;
      FloatVector a23 = a00;
      FloatVector a24 = a00;
      FloatVector a25 = a00;
      for (int block = 0; block < srcBlocks; block++) {
        int channels = block == srcBlocks - 1 ? lastChannels : tapChannels;
        for (int tap = 0; tap < tapSrc.length; tap++) {
          long w = weightsAt + block * weightsSrcBlock + tapWeights[tap];
          long shift = block * srcBlock + tapSrc[tap];
          MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
          MemorySegment w1 = weights.asSlice(w + wBlock, WEIGHTS_SLICE);
          MemorySegment w2 = weights.asSlice(w + 2 * wBlock, WEIGHTS_SLICE);
          MemorySegment x0 = src.asSlice(s0 + shift, SOURCE_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, SOURCE_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, SOURCE_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, SOURCE_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, SOURCE_SLICE);
          MemorySegment x5 = src.asSlice(s5 + shift, SOURCE_SLICE);
          int end = Math.clamp(channels, 0, TileSums.MOST_RUN);
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

  static void tile2x8(
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
    for (int position = from; position < to; position += 8) {
      long s0 = srcAt + positions[position];
      long s1 = srcAt + positions[position + 1];
      long s2 = srcAt + positions[position + 2];
      long s3 = srcAt + positions[position + 3];
      long s4 = srcAt + positions[position + 4];
      long s5 = srcAt + positions[position + 5];
      long s6 = srcAt + positions[position + 6];
      long s7 = srcAt + positions[position + 7];
      FloatVector a00 = FloatVector.zero(SPECIES);
      FloatVector a01 = a00;
      FloatVector a02 = a00;
      FloatVector a03 = a00;
      FloatVector a04 = a00;
      FloatVector a05 = a00;
      FloatVector a06 = a00;
      FloatVector a07 = a00;
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      FloatVector a12 = a00;
      FloatVector a13 = a00;
      FloatVector a14 = a00;
      FloatVector a15 = a00;
      FloatVector a16 = a00;
      FloatVector a17 = a00;
      for (int block = 0; block < srcBlocks; block++) {
        int channels = block == srcBlocks - 1 ? lastChannels : tapChannels;
        for (int tap = 0; tap < tapSrc.length; tap++) {
          long w = weightsAt + block * weightsSrcBlock + tapWeights[tap];
          long shift = block * srcBlock + tapSrc[tap];
          MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
          MemorySegment w1 = weights.asSlice(w + wBlock, WEIGHTS_SLICE);
          MemorySegment x0 = src.asSlice(s0 + shift, SOURCE_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, SOURCE_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, SOURCE_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, SOURCE_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, SOURCE_SLICE);
          MemorySegment x5 = src.asSlice(s5 + shift, SOURCE_SLICE);
          MemorySegment x6 = src.asSlice(s6 + shift, SOURCE_SLICE);
          MemorySegment x7 = src.asSlice(s7 + shift, SOURCE_SLICE);
          int end = Math.clamp(channels, 0, TileSums.MOST_RUN);
          for (int c = 0; c < end; c++) {
            FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
            FloatVector v1 = fromMemorySegment(SPECIES, w1, c * LANE_BYTES, ORDER);
            FloatVector y = broadcast(SPECIES, x0.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a00 = y.fma(v0, a00);
            a10 = y.fma(v1, a10);
            y = broadcast(SPECIES, x1.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a01 = y.fma(v0, a01);
            a11 = y.fma(v1, a11);
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
            y = broadcast(SPECIES, x6.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a06 = y.fma(v0, a06);
            a16 = y.fma(v1, a16);
            y = broadcast(SPECIES, x7.get(JAVA_FLOAT_UNALIGNED, c * 4L));
            a07 = y.fma(v0, a07);
            a17 = y.fma(v1, a17);
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
      long at1 = at + atBlock;
      a10.intoMemorySegment(scratch, at1, ORDER);
      a11.intoMemorySegment(scratch, at1 + 1 * LANE_BYTES, ORDER);
      a12.intoMemorySegment(scratch, at1 + 2 * LANE_BYTES, ORDER);
      a13.intoMemorySegment(scratch, at1 + 3 * LANE_BYTES, ORDER);
      a14.intoMemorySegment(scratch, at1 + 4 * LANE_BYTES, ORDER);
      a15.intoMemorySegment(scratch, at1 + 5 * LANE_BYTES, ORDER);
      a16.intoMemorySegment(scratch, at1 + 6 * LANE_BYTES, ORDER);
      a17.intoMemorySegment(scratch, at1 + 7 * LANE_BYTES, ORDER);
      at += 8 * LANE_BYTES;
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
      long at) {
    int[] positions = s.srcPosition();
    int[] tapSrc = s.tapSrc();
    int[] tapWeights = s.tapWeights();
    int tapChannels = s.tapChannels();
    long srcBlock = s.srcBlock();
    long weightsSrcBlock = s.weightsSrcBlock();
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
          MemorySegment w0 = weights.asSlice(w, WEIGHTS_SLICE);
          MemorySegment x0 = src.asSlice(s0 + shift, SOURCE_SLICE);
          MemorySegment x1 = src.asSlice(s1 + shift, SOURCE_SLICE);
          MemorySegment x2 = src.asSlice(s2 + shift, SOURCE_SLICE);
          MemorySegment x3 = src.asSlice(s3 + shift, SOURCE_SLICE);
          MemorySegment x4 = src.asSlice(s4 + shift, SOURCE_SLICE);
          MemorySegment x5 = src.asSlice(s5 + shift, SOURCE_SLICE);
          MemorySegment x6 = src.asSlice(s6 + shift, SOURCE_SLICE);
          MemorySegment x7 = src.asSlice(s7 + shift, SOURCE_SLICE);
          MemorySegment x8 = src.asSlice(s8 + shift, SOURCE_SLICE);
          MemorySegment x9 = src.asSlice(s9 + shift, SOURCE_SLICE);
          int end = Math.clamp(channels, 0, TileSums.MOST_RUN);
          for (int c = 0; c < end; c++) {
            FloatVector v0 = fromMemorySegment(SPECIES, w0, c * LANE_BYTES, ORDER);
            FloatVector y =
                broadcast(INTS, x0.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
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
            y = broadcast(INTS, x8.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
            a08 = y.fma(v0, a08);
            y = broadcast(INTS, x9.get(JAVA_INT_UNALIGNED, c * 4L)).reinterpretAsFloats();
            a09 = y.fma(v0, a09);
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
