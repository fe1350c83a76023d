package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The register tiles of products whose channels all lie side by side, however many they are, one
/// method per size B x P: B vectors of output channels, P positions `srcStep` bytes apart. All have
/// the same anatomy: start from zero; for each channel load B weights, spread P source values and
/// do B x P multiply-adds; store the sums. [WideTiles] does the same in slices, [DirectTiles] for
/// several runs of channels.
///
/// The compiler schedules all B + P loads of one channel before the multiply-adds, so a tile must
/// fit with them: B x P + B + P registers of 32 (16 with 256-bit vectors). 4x6 does not (34): it
/// kept 24 accumulators in memory and ran at half the speed of 4x5 (29).
///
/// Vectors are loaded and stored with the JDK's methods, which are always inlined; helpers of our
/// own are not, beyond a number of nodes, and would box every vector.
final class RegisterTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  private RegisterTiles() {}

  static void tile4x5(
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
    long w1 = weightsAt + weightsBlock;
    long w2 = w1 + weightsBlock;
    long w3 = w2 + weightsBlock;
    for (int position = 0; position < count; position += 5) {
      long x0 = srcAt + position * srcStep;
      long x1 = x0 + srcStep;
      long x2 = x1 + srcStep;
      long x3 = x2 + srcStep;
      long x4 = x3 + srcStep;
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
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, weightsAt + c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, weights, w2 + c * LANE_BYTES, ORDER);
        FloatVector v3 = fromMemorySegment(SPECIES, weights, w3 + c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        a30 = y.fma(v3, a30);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        a31 = y.fma(v3, a31);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        a32 = y.fma(v3, a32);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        a33 = y.fma(v3, a33);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
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

  static void tile3x6(
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
    long w1 = weightsAt + weightsBlock;
    long w2 = w1 + weightsBlock;
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
      FloatVector a20 = a00;
      FloatVector a21 = a00;
      FloatVector a22 = a00;
      FloatVector a23 = a00;
      FloatVector a24 = a00;
      FloatVector a25 = a00;
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, weightsAt + c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + c * LANE_BYTES, ORDER);
        FloatVector v2 = fromMemorySegment(SPECIES, weights, w2 + c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        a20 = y.fma(v2, a20);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        a21 = y.fma(v2, a21);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        a22 = y.fma(v2, a22);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        a23 = y.fma(v2, a23);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        a24 = y.fma(v2, a24);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + c * 4L));
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

  static void tile2x8(
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
    long w1 = weightsAt + weightsBlock;
    for (int position = 0; position < count; position += 8) {
      long x0 = srcAt + position * srcStep;
      long x1 = x0 + srcStep;
      long x2 = x1 + srcStep;
      long x3 = x2 + srcStep;
      long x4 = x3 + srcStep;
      long x5 = x4 + srcStep;
      long x6 = x5 + srcStep;
      long x7 = x6 + srcStep;
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
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, weightsAt + c * LANE_BYTES, ORDER);
        FloatVector v1 = fromMemorySegment(SPECIES, weights, w1 + c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = y.fma(v0, a00);
        a10 = y.fma(v1, a10);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = y.fma(v0, a01);
        a11 = y.fma(v1, a11);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = y.fma(v0, a02);
        a12 = y.fma(v1, a12);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = y.fma(v0, a03);
        a13 = y.fma(v1, a13);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
        a04 = y.fma(v0, a04);
        a14 = y.fma(v1, a14);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + c * 4L));
        a05 = y.fma(v0, a05);
        a15 = y.fma(v1, a15);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x6 + c * 4L));
        a06 = y.fma(v0, a06);
        a16 = y.fma(v1, a16);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x7 + c * 4L));
        a07 = y.fma(v0, a07);
        a17 = y.fma(v1, a17);
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

  static void tile1x12(
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      int channels,
      MemorySegment scratch,
      long at) {
    for (int position = 0; position < count; position += 12) {
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
      long x10 = x9 + srcStep;
      long x11 = x10 + srcStep;
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
      FloatVector a10 = a00;
      FloatVector a11 = a00;
      for (int c = 0; c < channels; c++) {
        FloatVector v0 = fromMemorySegment(SPECIES, weights, weightsAt + c * LANE_BYTES, ORDER);
        FloatVector y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x0 + c * 4L));
        a00 = y.fma(v0, a00);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x1 + c * 4L));
        a01 = y.fma(v0, a01);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x2 + c * 4L));
        a02 = y.fma(v0, a02);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x3 + c * 4L));
        a03 = y.fma(v0, a03);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x4 + c * 4L));
        a04 = y.fma(v0, a04);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x5 + c * 4L));
        a05 = y.fma(v0, a05);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x6 + c * 4L));
        a06 = y.fma(v0, a06);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x7 + c * 4L));
        a07 = y.fma(v0, a07);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x8 + c * 4L));
        a08 = y.fma(v0, a08);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x9 + c * 4L));
        a09 = y.fma(v0, a09);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x10 + c * 4L));
        a10 = y.fma(v0, a10);
        y = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, x11 + c * 4L));
        a11 = y.fma(v0, a11);
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
      a10.intoMemorySegment(scratch, at + 10 * LANE_BYTES, ORDER);
      a11.intoMemorySegment(scratch, at + 11 * LANE_BYTES, ORDER);
      at += 12 * LANE_BYTES;
    }
  }
}
