package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2015, "Fast
/// Algorithms for Convolutional Neural Networks", section 4; interpolation points 0, 1, -1, 2, -2),
/// each on one tile of one block of channels:
///
/// `Y = A' [ (G g G') * (B' d B) ] A` with d 6x6 input, g 3x3 weights, Y 4x4 output.
///
/// Each is the same 1-d transform over columns and then over rows, through scratch memory, so one
/// method per 1-d transform serves both: element `e` of line `l` lies at `at + e * element + l *
/// line`. All offsets are bytes; `step` goes from one of the 36 points to the next.
///
/// The methods are kept small: beyond some 30 memory accesses the compiler stops inlining the
/// vector operations, which then run a hundred times slower.
final class WinogradTransforms {

  private static final long V = Lanes.BYTES;

  private WinogradTransforms() {}

  /// `B' d B`: 6x6 pixels to 36 points.
  static void input(
      MemorySegment src,
      long at,
      long row,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    inputLines(src, at, row, V, scratch, tmp, 6 * V, V);
    inputLines(scratch, tmp, V, 6 * V, dst, to, step, 6 * step);
  }

  private static void inputLines(
      MemorySegment src,
      long at,
      long element,
      long line,
      MemorySegment dst,
      long to,
      long toElement,
      long toLine) {
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector minusFour = FloatVector.broadcast(SPECIES, -4f);
    FloatVector minusFive = FloatVector.broadcast(SPECIES, -5f);
    for (int l = 0; l < 6; l++) {
      long s = at + l * line;
      long t = to + l * toLine;
      FloatVector d0 = fromMemorySegment(SPECIES, src, s, ORDER);
      FloatVector d1 = fromMemorySegment(SPECIES, src, s + element, ORDER);
      FloatVector d2 = fromMemorySegment(SPECIES, src, s + 2 * element, ORDER);
      FloatVector d3 = fromMemorySegment(SPECIES, src, s + 3 * element, ORDER);
      FloatVector d4 = fromMemorySegment(SPECIES, src, s + 4 * element, ORDER);
      FloatVector d5 = fromMemorySegment(SPECIES, src, s + 5 * element, ORDER);
      FloatVector even = d2.fma(minusFour, d4);
      FloatVector odd = d1.fma(minusFour, d3);
      FloatVector wide = d4.sub(d2);
      FloatVector half = d3.sub(d1);
      FloatVector twice = half.add(half);
      d0.fma(four, d2.fma(minusFive, d4)).intoMemorySegment(dst, t, ORDER);
      even.add(odd).intoMemorySegment(dst, t + toElement, ORDER);
      even.sub(odd).intoMemorySegment(dst, t + 2 * toElement, ORDER);
      wide.add(twice).intoMemorySegment(dst, t + 3 * toElement, ORDER);
      wide.sub(twice).intoMemorySegment(dst, t + 4 * toElement, ORDER);
      d1.fma(four, d3.fma(minusFive, d5)).intoMemorySegment(dst, t + 5 * toElement, ORDER);
    }
  }

  /// `A' M A`: 36 points to 4x4 pixels, raised by `init` and to `floor`.
  static void output(
      MemorySegment src,
      long at,
      long step,
      MemorySegment scratch,
      long tmp,
      MemorySegment init,
      long initAt,
      long initRow,
      long initPixel,
      MemorySegment dst,
      long to,
      long row,
      float floor) {
    outputColumns(src, at, step, scratch, tmp);
    outputRows(scratch, tmp, init, initAt, initRow, initPixel, dst, to, row, floor);
  }

  private static void outputColumns(
      MemorySegment src, long at, long step, MemorySegment scratch, long tmp) {
    FloatVector two = FloatVector.broadcast(SPECIES, 2f);
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector eight = FloatVector.broadcast(SPECIES, 8f);
    for (int j = 0; j < 6; j++) {
      long s = at + j * step;
      long t = tmp + j * V;
      FloatVector m1 = fromMemorySegment(SPECIES, src, s + 6 * step, ORDER);
      FloatVector m2 = fromMemorySegment(SPECIES, src, s + 12 * step, ORDER);
      FloatVector m3 = fromMemorySegment(SPECIES, src, s + 18 * step, ORDER);
      FloatVector m4 = fromMemorySegment(SPECIES, src, s + 24 * step, ORDER);
      FloatVector a = m1.add(m2);
      FloatVector b = m1.sub(m2);
      FloatVector c = m3.add(m4);
      FloatVector d = m3.sub(m4);
      fromMemorySegment(SPECIES, src, s, ORDER).add(a).add(c).intoMemorySegment(scratch, t, ORDER);
      d.fma(two, b).intoMemorySegment(scratch, t + 6 * V, ORDER);
      c.fma(four, a).intoMemorySegment(scratch, t + 12 * V, ORDER);
      d.fma(eight, b)
          .add(fromMemorySegment(SPECIES, src, s + 30 * step, ORDER))
          .intoMemorySegment(scratch, t + 18 * V, ORDER);
    }
  }

  private static void outputRows(
      MemorySegment scratch,
      long tmp,
      MemorySegment init,
      long initAt,
      long initRow,
      long initPixel,
      MemorySegment dst,
      long to,
      long row,
      float floor) {
    FloatVector two = FloatVector.broadcast(SPECIES, 2f);
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector eight = FloatVector.broadcast(SPECIES, 8f);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    for (int i = 0; i < 4; i++) {
      long s = tmp + i * 6 * V;
      long n = initAt + i * initRow;
      long t = to + i * row;
      FloatVector m1 = fromMemorySegment(SPECIES, scratch, s + V, ORDER);
      FloatVector m2 = fromMemorySegment(SPECIES, scratch, s + 2 * V, ORDER);
      FloatVector m3 = fromMemorySegment(SPECIES, scratch, s + 3 * V, ORDER);
      FloatVector m4 = fromMemorySegment(SPECIES, scratch, s + 4 * V, ORDER);
      FloatVector a = m1.add(m2);
      FloatVector b = m1.sub(m2);
      FloatVector c = m3.add(m4);
      FloatVector d = m3.sub(m4);
      FloatVector y0 =
          fromMemorySegment(SPECIES, scratch, s, ORDER)
              .add(a)
              .add(c)
              .add(fromMemorySegment(SPECIES, init, n, ORDER));
      FloatVector y1 = d.fma(two, b).add(fromMemorySegment(SPECIES, init, n + initPixel, ORDER));
      FloatVector y2 =
          c.fma(four, a).add(fromMemorySegment(SPECIES, init, n + 2 * initPixel, ORDER));
      FloatVector y3 = d.fma(eight, b).add(fromMemorySegment(SPECIES, scratch, s + 5 * V, ORDER));
      y0.max(low).intoMemorySegment(dst, t, ORDER);
      y1.max(low).intoMemorySegment(dst, t + V, ORDER);
      y2.max(low).intoMemorySegment(dst, t + 2 * V, ORDER);
      y3.add(fromMemorySegment(SPECIES, init, n + 3 * initPixel, ORDER))
          .max(low)
          .intoMemorySegment(dst, t + 3 * V, ORDER);
    }
  }

  /// `A Y A'`: 4x4 pixels of the output's gradient to 36 points.
  static void gradient(
      MemorySegment src,
      long at,
      long row,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    gradientLines(src, at, row, V, 4, scratch, tmp, 4 * V, V);
    gradientLines(scratch, tmp, V, 4 * V, 6, dst, to, step, 6 * step);
  }

  private static void gradientLines(
      MemorySegment src,
      long at,
      long element,
      long line,
      int lines,
      MemorySegment dst,
      long to,
      long toElement,
      long toLine) {
    FloatVector two = FloatVector.broadcast(SPECIES, 2f);
    FloatVector four = FloatVector.broadcast(SPECIES, 4f);
    FloatVector eight = FloatVector.broadcast(SPECIES, 8f);
    for (int l = 0; l < lines; l++) {
      long s = at + l * line;
      long t = to + l * toLine;
      FloatVector y0 = fromMemorySegment(SPECIES, src, s, ORDER);
      FloatVector y1 = fromMemorySegment(SPECIES, src, s + element, ORDER);
      FloatVector y2 = fromMemorySegment(SPECIES, src, s + 2 * element, ORDER);
      FloatVector y3 = fromMemorySegment(SPECIES, src, s + 3 * element, ORDER);
      FloatVector e = y0.add(y2);
      FloatVector f = y1.add(y3);
      FloatVector g = y2.fma(four, y0);
      FloatVector h = y3.fma(eight, y1.mul(two));
      y0.intoMemorySegment(dst, t, ORDER);
      e.add(f).intoMemorySegment(dst, t + toElement, ORDER);
      e.sub(f).intoMemorySegment(dst, t + 2 * toElement, ORDER);
      g.add(h).intoMemorySegment(dst, t + 3 * toElement, ORDER);
      g.sub(h).intoMemorySegment(dst, t + 4 * toElement, ORDER);
      y3.intoMemorySegment(dst, t + 5 * toElement, ORDER);
    }
  }

  /// `G g G'`: 3x3 weights (taps `tap` bytes apart, negative for a flipped kernel) to 36 points.
  static void weights(
      MemorySegment src,
      long at,
      long tap,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step) {
    weightLines(src, at, 3 * tap, tap, 3, scratch, tmp, 3 * V, V);
    weightLines(scratch, tmp, V, 3 * V, 6, dst, to, step, 6 * step);
  }

  private static void weightLines(
      MemorySegment src,
      long at,
      long element,
      long line,
      int lines,
      MemorySegment dst,
      long to,
      long toElement,
      long toLine) {
    FloatVector sixth = FloatVector.broadcast(SPECIES, 1 / 6f);
    FloatVector twelfth = FloatVector.broadcast(SPECIES, 1 / 12f);
    FloatVector quarter = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector small = FloatVector.broadcast(SPECIES, 1 / 24f);
    for (int l = 0; l < lines; l++) {
      long s = at + l * line;
      long t = to + l * toLine;
      FloatVector g0 = fromMemorySegment(SPECIES, src, s, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, src, s + element, ORDER);
      FloatVector g2 = fromMemorySegment(SPECIES, src, s + 2 * element, ORDER);
      FloatVector sum = g0.add(g2).mul(sixth);
      FloatVector middle = g1.mul(sixth);
      FloatVector q = g0.fma(small, g2.mul(sixth));
      FloatVector half = g1.mul(twelfth);
      g0.mul(quarter).intoMemorySegment(dst, t, ORDER);
      sum.add(middle).neg().intoMemorySegment(dst, t + toElement, ORDER);
      middle.sub(sum).intoMemorySegment(dst, t + 2 * toElement, ORDER);
      q.add(half).intoMemorySegment(dst, t + 3 * toElement, ORDER);
      q.sub(half).intoMemorySegment(dst, t + 4 * toElement, ORDER);
      g2.intoMemorySegment(dst, t + 5 * toElement, ORDER);
    }
  }

  /// `G' U G`: 36 points of the weights' gradient to 3x3 taps.
  static void weightGradient(
      MemorySegment src,
      long at,
      long step,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long tap) {
    weightGradientLines(src, at, 6 * step, step, 6, scratch, tmp, 6 * V, V);
    weightGradientLines(scratch, tmp, V, 6 * V, 3, dst, to, tap, 3 * tap);
  }

  private static void weightGradientLines(
      MemorySegment src,
      long at,
      long element,
      long line,
      int lines,
      MemorySegment dst,
      long to,
      long toElement,
      long toLine) {
    FloatVector sixth = FloatVector.broadcast(SPECIES, 1 / 6f);
    FloatVector twelfth = FloatVector.broadcast(SPECIES, 1 / 12f);
    FloatVector quarter = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector small = FloatVector.broadcast(SPECIES, 1 / 24f);
    for (int l = 0; l < lines; l++) {
      long s = at + l * line;
      long t = to + l * toLine;
      FloatVector u1 = fromMemorySegment(SPECIES, src, s + element, ORDER);
      FloatVector u2 = fromMemorySegment(SPECIES, src, s + 2 * element, ORDER);
      FloatVector u3 = fromMemorySegment(SPECIES, src, s + 3 * element, ORDER);
      FloatVector u4 = fromMemorySegment(SPECIES, src, s + 4 * element, ORDER);
      FloatVector a = u1.add(u2).mul(sixth);
      FloatVector c = u3.add(u4);
      c.fma(small, fromMemorySegment(SPECIES, src, s, ORDER).fma(quarter, a.neg()))
          .intoMemorySegment(dst, t, ORDER);
      u3.sub(u4).fma(twelfth, u2.sub(u1).mul(sixth)).intoMemorySegment(dst, t + toElement, ORDER);
      c.fma(sixth, fromMemorySegment(SPECIES, src, s + 5 * element, ORDER).sub(a))
          .intoMemorySegment(dst, t + 2 * toElement, ORDER);
    }
  }
}
