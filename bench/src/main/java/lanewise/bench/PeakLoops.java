package lanewise.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import lanewise.kernel.Cpu;

/// The two loops that show what the machine can do at best: fused multiply-adds that touch nothing
/// but registers, and a sum that does little but move memory.
final class PeakLoops {

  private static final VectorSpecies<Float> SPECIES =
      switch (Cpu.lanes()) {
        case 4 -> FloatVector.SPECIES_128;
        case 8 -> FloatVector.SPECIES_256;
        default -> FloatVector.SPECIES_512;
      };

  /// Independent sums: enough to hide the latency of an FMA (4 cycles, 2 a cycle), and with the two
  /// factors still within 16 registers.
  private static final int SUMS = 12;

  private PeakLoops() {}

  /// Floating point operations of so many iterations of [#fma].
  static long flops(int iterations) {
    return 2L * iterations * SUMS * SPECIES.length();
  }

  /// Runs 12 independent chains of `x = x + 0.999 * 0.001`. The sum is the operand that the
  /// instruction overwrites: any other one has to be copied first.
  ///
  /// @return their sum, so that no compiler leaves them out
  static float fma(int iterations) {
    FloatVector factor = FloatVector.broadcast(SPECIES, 0.999f);
    FloatVector offset = FloatVector.broadcast(SPECIES, 0.001f);
    FloatVector a = offset;
    FloatVector b = factor;
    FloatVector c = a.add(b);
    FloatVector d = c.add(b);
    FloatVector e = d.add(b);
    FloatVector f = e.add(b);
    FloatVector g = f.add(b);
    FloatVector h = g.add(b);
    FloatVector i = h.add(b);
    FloatVector j = i.add(b);
    FloatVector k = j.add(b);
    FloatVector l = k.add(b);
    for (int n = 0; n < iterations; n++) {
      a = factor.fma(offset, a);
      b = factor.fma(offset, b);
      c = factor.fma(offset, c);
      d = factor.fma(offset, d);
      e = factor.fma(offset, e);
      f = factor.fma(offset, f);
      g = factor.fma(offset, g);
      h = factor.fma(offset, h);
      i = factor.fma(offset, i);
      j = factor.fma(offset, j);
      k = factor.fma(offset, k);
      l = factor.fma(offset, l);
    }
    FloatVector first = a.add(b).add(c).add(d).add(e).add(f);
    FloatVector second = g.add(h).add(i).add(j).add(k).add(l);
    return first.add(second).reduceLanes(jdk.incubator.vector.VectorOperators.ADD);
  }

  /// `dst = left + 3 * right` over whole vectors.
  ///
  /// @param from first byte, a multiple of 64
  /// @param bytes a multiple of 64, less than 2 GB from the start of the segments
  static void triad(
      MemorySegment dst, MemorySegment left, MemorySegment right, int from, int bytes) {
    ByteOrder order = ByteOrder.nativeOrder();
    int step = SPECIES.vectorByteSize();
    FloatVector factor = FloatVector.broadcast(SPECIES, 3);
    for (int at = from; at < from + bytes; at += step) {
      FloatVector sum = FloatVector.fromMemorySegment(SPECIES, left, at, order);
      FloatVector.fromMemorySegment(SPECIES, right, at, order)
          .fma(factor, sum)
          .intoMemorySegment(dst, at, order);
    }
  }
}
