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

/// The tiles of [RegisterTiles] with one innermost loop over all channels of all taps of a block,
/// by lists of offsets, where the channels of one tap are too few for a loop of their own: entering
/// and leaving it would take as long as the multiply-adds. The lists cost a bounds check per load,
/// which fits beside the multiply-adds; with 64 and more channels per tap [RegisterTiles] wins.
final class StepTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  private StepTiles() {}

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
    int[] stepSrc = s.stepSrc();
    int[] stepWeights = s.stepWeights();
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
        int steps = block == srcBlocks - 1 ? s.steps(lastChannels) : stepSrc.length;
        long shift = block * srcBlock;
        long x0 = s0 + shift;
        long x1 = s1 + shift;
        long x2 = s2 + shift;
        long x3 = s3 + shift;
        long x4 = s4 + shift;
        long w0 = weightsAt + block * weightsSrcBlock;
        long w1 = w0 + wBlock;
        long w2 = w1 + wBlock;
        long w3 = w2 + wBlock;
        for (int i = 0; i < steps; i++) {
          int o = stepSrc[i];
          int u = stepWeights[i];
          FloatVector v0 = fromMemorySegment(SPECIES, weights, w0 + u, ORDER);
          FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + u, ORDER);
          FloatVector v2 = fromMemorySegment(SPECIES, weights, w2 + u, ORDER);
          FloatVector v3 = fromMemorySegment(SPECIES, weights, w3 + u, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + o));
          a00 = x.fma(v0, a00);
          a10 = x.fma(v1, a10);
          a20 = x.fma(v2, a20);
          a30 = x.fma(v3, a30);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + o));
          a01 = x.fma(v0, a01);
          a11 = x.fma(v1, a11);
          a21 = x.fma(v2, a21);
          a31 = x.fma(v3, a31);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + o));
          a02 = x.fma(v0, a02);
          a12 = x.fma(v1, a12);
          a22 = x.fma(v2, a22);
          a32 = x.fma(v3, a32);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + o));
          a03 = x.fma(v0, a03);
          a13 = x.fma(v1, a13);
          a23 = x.fma(v2, a23);
          a33 = x.fma(v3, a33);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + o));
          a04 = x.fma(v0, a04);
          a14 = x.fma(v1, a14);
          a24 = x.fma(v2, a24);
          a34 = x.fma(v3, a34);
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
    int[] stepSrc = s.stepSrc();
    int[] stepWeights = s.stepWeights();
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
        int steps = block == srcBlocks - 1 ? s.steps(lastChannels) : stepSrc.length;
        long shift = block * srcBlock;
        long x0 = s0 + shift;
        long x1 = s1 + shift;
        long x2 = s2 + shift;
        long x3 = s3 + shift;
        long x4 = s4 + shift;
        long x5 = s5 + shift;
        long w0 = weightsAt + block * weightsSrcBlock;
        long w1 = w0 + wBlock;
        long w2 = w1 + wBlock;
        for (int i = 0; i < steps; i++) {
          int o = stepSrc[i];
          int u = stepWeights[i];
          FloatVector v0 = fromMemorySegment(SPECIES, weights, w0 + u, ORDER);
          FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + u, ORDER);
          FloatVector v2 = fromMemorySegment(SPECIES, weights, w2 + u, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + o));
          a00 = x.fma(v0, a00);
          a10 = x.fma(v1, a10);
          a20 = x.fma(v2, a20);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + o));
          a01 = x.fma(v0, a01);
          a11 = x.fma(v1, a11);
          a21 = x.fma(v2, a21);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + o));
          a02 = x.fma(v0, a02);
          a12 = x.fma(v1, a12);
          a22 = x.fma(v2, a22);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + o));
          a03 = x.fma(v0, a03);
          a13 = x.fma(v1, a13);
          a23 = x.fma(v2, a23);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + o));
          a04 = x.fma(v0, a04);
          a14 = x.fma(v1, a14);
          a24 = x.fma(v2, a24);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + o));
          a05 = x.fma(v0, a05);
          a15 = x.fma(v1, a15);
          a25 = x.fma(v2, a25);
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
    int[] stepSrc = s.stepSrc();
    int[] stepWeights = s.stepWeights();
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
        int steps = block == srcBlocks - 1 ? s.steps(lastChannels) : stepSrc.length;
        long shift = block * srcBlock;
        long x0 = s0 + shift;
        long x1 = s1 + shift;
        long x2 = s2 + shift;
        long x3 = s3 + shift;
        long x4 = s4 + shift;
        long x5 = s5 + shift;
        long x6 = s6 + shift;
        long x7 = s7 + shift;
        long w0 = weightsAt + block * weightsSrcBlock;
        long w1 = w0 + wBlock;
        for (int i = 0; i < steps; i++) {
          int o = stepSrc[i];
          int u = stepWeights[i];
          FloatVector v0 = fromMemorySegment(SPECIES, weights, w0 + u, ORDER);
          FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + u, ORDER);
          FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + o));
          a00 = x.fma(v0, a00);
          a10 = x.fma(v1, a10);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + o));
          a01 = x.fma(v0, a01);
          a11 = x.fma(v1, a11);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + o));
          a02 = x.fma(v0, a02);
          a12 = x.fma(v1, a12);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + o));
          a03 = x.fma(v0, a03);
          a13 = x.fma(v1, a13);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + o));
          a04 = x.fma(v0, a04);
          a14 = x.fma(v1, a14);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + o));
          a05 = x.fma(v0, a05);
          a15 = x.fma(v1, a15);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x6 + o));
          a06 = x.fma(v0, a06);
          a16 = x.fma(v1, a16);
          x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x7 + o));
          a07 = x.fma(v0, a07);
          a17 = x.fma(v1, a17);
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

  /// Each value of the source is used once, and spread as an integer for that: see [WideTiles].
  static void tile1x12(
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
    int[] stepSrc = s.stepSrc();
    int[] stepWeights = s.stepWeights();
    long srcBlock = s.srcBlock();
    long weightsSrcBlock = s.weightsSrcBlock();
    for (int position = from; position < to; position += 12) {
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
      long s10 = srcAt + positions[position + 10];
      long s11 = srcAt + positions[position + 11];
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
      FloatVector a010 = a00;
      FloatVector a011 = a00;
      for (int block = 0; block < srcBlocks; block++) {
        int steps = block == srcBlocks - 1 ? s.steps(lastChannels) : stepSrc.length;
        long shift = block * srcBlock;
        long x0 = s0 + shift;
        long x1 = s1 + shift;
        long x2 = s2 + shift;
        long x3 = s3 + shift;
        long x4 = s4 + shift;
        long x5 = s5 + shift;
        long x6 = s6 + shift;
        long x7 = s7 + shift;
        long x8 = s8 + shift;
        long x9 = s9 + shift;
        long x10 = s10 + shift;
        long x11 = s11 + shift;
        long w0 = weightsAt + block * weightsSrcBlock;
        for (int i = 0; i < steps; i++) {
          int o = stepSrc[i];
          int u = stepWeights[i];
          FloatVector v0 = fromMemorySegment(SPECIES, weights, w0 + u, ORDER);
          FloatVector x =
              broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x0 + o)).reinterpretAsFloats();
          a00 = x.fma(v0, a00);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x1 + o)).reinterpretAsFloats();
          a01 = x.fma(v0, a01);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x2 + o)).reinterpretAsFloats();
          a02 = x.fma(v0, a02);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x3 + o)).reinterpretAsFloats();
          a03 = x.fma(v0, a03);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x4 + o)).reinterpretAsFloats();
          a04 = x.fma(v0, a04);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x5 + o)).reinterpretAsFloats();
          a05 = x.fma(v0, a05);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x6 + o)).reinterpretAsFloats();
          a06 = x.fma(v0, a06);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x7 + o)).reinterpretAsFloats();
          a07 = x.fma(v0, a07);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x8 + o)).reinterpretAsFloats();
          a08 = x.fma(v0, a08);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x9 + o)).reinterpretAsFloats();
          a09 = x.fma(v0, a09);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x10 + o)).reinterpretAsFloats();
          a010 = x.fma(v0, a010);
          x = broadcast(INTS, src.get(JAVA_INT_UNALIGNED, x11 + o)).reinterpretAsFloats();
          a011 = x.fma(v0, a011);
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
      a010.intoMemorySegment(scratch, at + 10 * LANE_BYTES, ORDER);
      a011.intoMemorySegment(scratch, at + 11 * LANE_BYTES, ORDER);
      at += 12 * LANE_BYTES;
    }
  }
}
