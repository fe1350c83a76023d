package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Transcendental functions over ranges of memory, in plain arithmetic: the same bits for every
/// lane count, at the speed of a few dozen multiply-adds per vector. NaN stays NaN.
///
/// All start with `exp(x) = 2^n exp(r)`, `n = round(x / ln 2)`, `|r| <= ln(2) / 2`. The polynomial
/// for `exp(r)` and the split of ln 2 are those of S. Moshier's Cephes library, single precision
/// (`expf.c`, version 2.2, 1992), with multiply-adds in place of separate products and sums.
///
/// Two things look odd, and have reasons of speed:
/// - The loops repeat the polynomial: beyond some 50 vector operations in a method the compiler
///   inlines the vector library's methods only, and a vector handed to one of ours would be
///   allocated on the heap.
/// - Bits change from float to int and back through memory, the destination: until it is compiled,
///   `reinterpretAsInts` goes through a segment on the heap, and a JVM that has once seen such
///   segments runs every loop over off-heap segments at a third of the speed.
final class VectorMath {

  /// 1.5 * 2^23: added to a small float, it leaves the nearest integer in the low bits.
  private static final float ROUND = 12582912f;

  /// Taken off those bits, it leaves the integer plus 127: the exponent's bits of a power of two.
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND) - 127;

  private static final float LOG2_E = 1.442695f;
  private static final float MINUS_LN2_HIGH = -355f / 512; // 9 bits: n times it is exact
  private static final float MINUS_LN2_LOW = 2.1219444e-4f;

  // exp(r) = 1 + r + r^2 (C2 + C3 r + C4 r^2 + C5 r^3 + C6 r^4 + C7 r^5)
  private static final float C2 = 0.5f;
  private static final float C3 = 0.16666666f;
  private static final float C4 = 0.041665796f;
  private static final float C5 = 0.008333452f;
  private static final float C6 = 0.0013981999f;
  private static final float C7 = 1.9875691e-4f;

  private static final float EXP_MIN = -150; // exp is 1e-65
  private static final float EXP_MAX = 88; // its power of two is the largest
  private static final float TANH_MAX = 20; // tanh is 1

  private VectorMath() {}

  /// `exp(src - shift) = fraction * 2^exponent`, the product in double precision within 2 ulp of
  /// single precision, apart from the rounding of the difference. Arguments are raised to -150 and
  /// lowered to 88.
  static void exp(
      MemorySegment src, long at, float shift, float[] fraction, float[] exponent, int vectors) {
    for (int i = 0; i < vectors; i++) {
      FloatVector x =
          FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER)
              .sub(shift)
              .max(EXP_MIN)
              .min(EXP_MAX);
      FloatVector n = x.mul(LOG2_E).add(ROUND).sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_HIGH), x);
      r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_LOW), r);
      FloatVector p = r.mul(C7).add(C6);
      p = p.fma(r, FloatVector.broadcast(SPECIES, C5));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C4));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C3));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C2));
      p.fma(r.mul(r), r).add(1f).intoArray(fraction, i * COUNT);
      n.intoArray(exponent, i * COUNT);
    }
  }

  /// `dst = 1 / (1 + exp(-src))` within 3 ulp in the first `lanes` lanes, 0 in the others. Results
  /// below 1e-38 become 0.
  static void sigmoid(
      MemorySegment src, long srcAt, MemorySegment dst, long dstAt, int vectors, int lanes) {
    VectorMask<Float> unused = SPECIES.indexInRange(0, lanes).not();
    for (int i = 0; i < vectors; i++) {
      long at = dstAt + (long) i * BYTES;
      FloatVector x =
          FloatVector.fromMemorySegment(SPECIES, src, srcAt + (long) i * BYTES, ORDER)
              .neg()
              .max(-EXP_MAX)
              .min(EXP_MAX);
      FloatVector rounded = x.mul(LOG2_E).add(ROUND);
      rounded.intoMemorySegment(dst, at, ORDER);
      FloatVector n = rounded.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_HIGH), x);
      r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_LOW), r);
      FloatVector p = r.mul(C7).add(C6);
      p = p.fma(r, FloatVector.broadcast(SPECIES, C5));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C4));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C3));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C2));
      p = p.fma(r.mul(r), r).add(1f);
      IntVector bits = IntVector.fromMemorySegment(INTS, dst, at, ORDER).sub(ROUND_BITS);
      bits.lanewise(VectorOperators.LSHL, 23).intoMemorySegment(dst, at, ORDER);
      FloatVector scale = FloatVector.fromMemorySegment(SPECIES, dst, at, ORDER);
      FloatVector one = FloatVector.broadcast(SPECIES, 1f);
      one.div(p.fma(scale, one))
          .blend(0f, unused.or(x.compare(VectorOperators.EQ, EXP_MAX)))
          .intoMemorySegment(dst, at, ORDER);
    }
  }

  /// `dst = tanh(src)` within 3 ulp: with `e = exp(2 |x|) - 1`, which keeps its relative accuracy
  /// near 0, `|tanh(x)| = e / (e + 2)`.
  static void tanh(MemorySegment src, long srcAt, MemorySegment dst, long dstAt, int vectors) {
    for (int i = 0; i < vectors; i++) {
      long at = dstAt + (long) i * BYTES;
      FloatVector signed =
          FloatVector.fromMemorySegment(SPECIES, src, srcAt + (long) i * BYTES, ORDER);
      FloatVector x = signed.abs().min(TANH_MAX).mul(2f);
      FloatVector rounded = x.mul(LOG2_E).add(ROUND);
      rounded.intoMemorySegment(dst, at, ORDER);
      FloatVector n = rounded.sub(ROUND);
      FloatVector r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_HIGH), x);
      r = n.fma(FloatVector.broadcast(SPECIES, MINUS_LN2_LOW), r);
      FloatVector p = r.mul(C7).add(C6);
      p = p.fma(r, FloatVector.broadcast(SPECIES, C5));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C4));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C3));
      p = p.fma(r, FloatVector.broadcast(SPECIES, C2));
      p = p.fma(r.mul(r), r);
      IntVector bits = IntVector.fromMemorySegment(INTS, dst, at, ORDER).sub(ROUND_BITS);
      bits.lanewise(VectorOperators.LSHL, 23).intoMemorySegment(dst, at, ORDER);
      FloatVector scale = FloatVector.fromMemorySegment(SPECIES, dst, at, ORDER);
      FloatVector e = p.fma(scale, scale.sub(1f));
      FloatVector y = e.div(e.add(2f));
      y.blend(y.neg(), signed.compare(VectorOperators.LT, 0f)).intoMemorySegment(dst, at, ORDER);
    }
  }
}
