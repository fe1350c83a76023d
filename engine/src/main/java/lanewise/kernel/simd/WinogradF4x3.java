package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// F(4x4, 3x3): `Y = A' [ (G g G') * (B' d B) ] A` with d 6x6 input, g 3x3 weights, Y 4x4 output.
///
/// Interpolation points 0, 3/4, -3/4, 3/2, -3/2 and infinity: spread evenly around 1, they keep the
/// constants of all transforms small and those of A and B exact. Errors are half those of the usual
/// 0, 1, -1, 2, -2 (`docs/equal-weights.md`; on the choice of points: Barabasz et al. 2018, "Error
/// Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks").
final class WinogradF4x3 implements WinogradTransforms {

  private static final long V = Lanes.BYTES;

  /// The points besides 0 and infinity are P, -P, Q and -Q.
  private static final float P = 0.75f;

  private static final float Q = 1.5f;

  /// Factors of the weights at 0, +-P and +-Q: 1 over the product of the distances from the others.
  private static final float AT_ZERO = 1 / (P * P * Q * Q);

  private static final float AT_P = 1 / (2 * P * P * (P * P - Q * Q));
  private static final float AT_Q = 1 / (2 * Q * Q * (Q * Q - P * P));

  /// Powers of P. What belongs to row `i` and column `j` of a result has P^(i + j) in front of it,
  /// which the transform of results takes out and multiplies by at the very end.
  private static final float[] SCALES = {
    1, P, P * P, P * P * P, P * P * P * P, P * P * P * P * P, P * P * P * P * P * P
  };

  @Override
  public int taps() {
    return 3;
  }

  @Override
  public void inputColumns(
      MemorySegment row0,
      long at0,
      MemorySegment row1,
      long at1,
      MemorySegment row2,
      long at2,
      MemorySegment row3,
      long at3,
      MemorySegment row4,
      long at4,
      MemorySegment row5,
      long at5,
      long pixel,
      int count,
      MemorySegment dst,
      long to) {
    if (pixel != V) {
      // A constant step keeps the bounds checks out of the loop.
      throw new IllegalArgumentException("pixels %d bytes apart".formatted(pixel));
    }
    FloatVector p = FloatVector.broadcast(SPECIES, P);
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector minusP = FloatVector.broadcast(SPECIES, -P);
    FloatVector minusQ = FloatVector.broadcast(SPECIES, -Q);
    FloatVector minusP2 = FloatVector.broadcast(SPECIES, -P * P);
    FloatVector minusQ2 = FloatVector.broadcast(SPECIES, -Q * Q);
    FloatVector minusSum = FloatVector.broadcast(SPECIES, -P * P - Q * Q);
    FloatVector product = FloatVector.broadcast(SPECIES, P * P * Q * Q);
    MemorySegment lines = dst.asSlice(to, 6 * LINE);
    MemorySegment from0 = row0.asSlice(at0, LINE);
    MemorySegment from1 = row1.asSlice(at1, LINE);
    MemorySegment from2 = row2.asSlice(at2, LINE);
    MemorySegment from3 = row3.asSlice(at3, LINE);
    MemorySegment from4 = row4.asSlice(at4, LINE);
    MemorySegment from5 = row5.asSlice(at5, LINE);
    int end = Math.min(count, LINE_PIXELS);
    for (int x = 0; x < end; x++) {
      long i = x * V;
      FloatVector d0 = fromMemorySegment(SPECIES, from0, i, ORDER);
      FloatVector d1 = fromMemorySegment(SPECIES, from1, i, ORDER);
      FloatVector d2 = fromMemorySegment(SPECIES, from2, i, ORDER);
      FloatVector d3 = fromMemorySegment(SPECIES, from3, i, ORDER);
      FloatVector d4 = fromMemorySegment(SPECIES, from4, i, ORDER);
      FloatVector d5 = fromMemorySegment(SPECIES, from5, i, ORDER);
      FloatVector even = d2.fma(minusQ2, d4);
      FloatVector odd = d1.fma(minusQ2, d3);
      FloatVector wideEven = d2.fma(minusP2, d4);
      FloatVector wideOdd = d1.fma(minusP2, d3);
      d0.fma(product, d2.fma(minusSum, d4)).intoMemorySegment(lines, i, ORDER);
      odd.fma(p, even).intoMemorySegment(lines, LINE + i, ORDER);
      odd.fma(minusP, even).intoMemorySegment(lines, 2 * LINE + i, ORDER);
      wideOdd.fma(q, wideEven).intoMemorySegment(lines, 3 * LINE + i, ORDER);
      wideOdd.fma(minusQ, wideEven).intoMemorySegment(lines, 4 * LINE + i, ORDER);
      d1.fma(product, d3.fma(minusSum, d5)).intoMemorySegment(lines, 5 * LINE + i, ORDER);
    }
  }

  @Override
  public void inputRows(
      MemorySegment src,
      long at,
      long row,
      int lines,
      int tiles,
      MemorySegment dst,
      long to,
      long tile,
      long step) {
    if ((tiles - 1) * tile > FARTHEST) {
      for (int x = 0; x < tiles; x++) {
        inputRows(src, at + x * 4 * V, row, lines, 1, dst, to + x * tile, 0, step);
      }
      return;
    }
    FloatVector p = FloatVector.broadcast(SPECIES, P);
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector minusP = FloatVector.broadcast(SPECIES, -P);
    FloatVector minusQ = FloatVector.broadcast(SPECIES, -Q);
    FloatVector minusP2 = FloatVector.broadcast(SPECIES, -P * P);
    FloatVector minusQ2 = FloatVector.broadcast(SPECIES, -Q * Q);
    FloatVector minusSum = FloatVector.broadcast(SPECIES, -P * P - Q * Q);
    FloatVector product = FloatVector.broadcast(SPECIES, P * P * Q * Q);
    int end = Math.min(tiles, STRIP_TILES);
    for (int y = 0; y < lines; y++) {
      MemorySegment line = src.asSlice(at + y * row, LINE);
      long point = to + y * 6 * step;
      MemorySegment to0 = dst.asSlice(point, SLICE);
      MemorySegment to1 = dst.asSlice(point + step, SLICE);
      MemorySegment to2 = dst.asSlice(point + 2 * step, SLICE);
      MemorySegment to3 = dst.asSlice(point + 3 * step, SLICE);
      MemorySegment to4 = dst.asSlice(point + 4 * step, SLICE);
      MemorySegment to5 = dst.asSlice(point + 5 * step, SLICE);
      for (int x = 0; x < end; x++) {
        long s = x * 4 * V;
        long t = x * tile & FARTHEST;
        FloatVector d0 = fromMemorySegment(SPECIES, line, s, ORDER);
        FloatVector d1 = fromMemorySegment(SPECIES, line, s + V, ORDER);
        FloatVector d2 = fromMemorySegment(SPECIES, line, s + 2 * V, ORDER);
        FloatVector d3 = fromMemorySegment(SPECIES, line, s + 3 * V, ORDER);
        FloatVector d4 = fromMemorySegment(SPECIES, line, s + 4 * V, ORDER);
        FloatVector d5 = fromMemorySegment(SPECIES, line, s + 5 * V, ORDER);
        FloatVector even = d2.fma(minusQ2, d4);
        FloatVector odd = d1.fma(minusQ2, d3);
        FloatVector wideEven = d2.fma(minusP2, d4);
        FloatVector wideOdd = d1.fma(minusP2, d3);
        d0.fma(product, d2.fma(minusSum, d4)).intoMemorySegment(to0, t, ORDER);
        odd.fma(p, even).intoMemorySegment(to1, t, ORDER);
        odd.fma(minusP, even).intoMemorySegment(to2, t, ORDER);
        wideOdd.fma(q, wideEven).intoMemorySegment(to3, t, ORDER);
        wideOdd.fma(minusQ, wideEven).intoMemorySegment(to4, t, ORDER);
        d1.fma(product, d3.fma(minusSum, d5)).intoMemorySegment(to5, t, ORDER);
      }
    }
  }

  @Override
  public void outputColumns(
      MemorySegment src, long at, long step, int tiles, MemorySegment dst, long to) {
    FloatVector two = FloatVector.broadcast(SPECIES, Q / P);
    FloatVector four = FloatVector.broadcast(SPECIES, Q * Q / P / P);
    FloatVector eight = FloatVector.broadcast(SPECIES, Q * Q * Q / P / P / P);
    int end = Math.min(tiles, STRIP_TILES);
    for (int j = 0; j < 6; j++) {
      long s = at + j * step;
      MemorySegment from0 = src.asSlice(s, TILES);
      MemorySegment from1 = src.asSlice(s + 6 * step, TILES);
      MemorySegment from2 = src.asSlice(s + 12 * step, TILES);
      MemorySegment from3 = src.asSlice(s + 18 * step, TILES);
      MemorySegment from4 = src.asSlice(s + 24 * step, TILES);
      MemorySegment from5 = src.asSlice(s + 30 * step, TILES);
      MemorySegment column = dst.asSlice(to + j * TILES, 19 * TILES);
      for (int x = 0; x < end; x++) {
        long i = x * V;
        FloatVector m1 = fromMemorySegment(SPECIES, from1, i, ORDER);
        FloatVector m2 = fromMemorySegment(SPECIES, from2, i, ORDER);
        FloatVector m3 = fromMemorySegment(SPECIES, from3, i, ORDER);
        FloatVector m4 = fromMemorySegment(SPECIES, from4, i, ORDER);
        FloatVector a = m1.add(m2);
        FloatVector b = m1.sub(m2);
        FloatVector c = m3.add(m4);
        FloatVector d = m3.sub(m4);
        fromMemorySegment(SPECIES, from0, i, ORDER)
            .add(a)
            .add(c)
            .intoMemorySegment(column, i, ORDER);
        d.fma(two, b).intoMemorySegment(column, 6 * TILES + i, ORDER);
        c.fma(four, a).intoMemorySegment(column, 12 * TILES + i, ORDER);
        d.fma(eight, b)
            .add(fromMemorySegment(SPECIES, from5, i, ORDER))
            .intoMemorySegment(column, 18 * TILES + i, ORDER);
      }
    }
  }

  @Override
  public void outputRows(
      MemorySegment src,
      long at,
      int tiles,
      MemorySegment init,
      long initAt,
      long initRow,
      MemorySegment dst,
      long to,
      long row,
      float floor) {
    FloatVector two = FloatVector.broadcast(SPECIES, Q / P);
    FloatVector four = FloatVector.broadcast(SPECIES, Q * Q / P / P);
    FloatVector eight = FloatVector.broadcast(SPECIES, Q * Q * Q / P / P / P);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    int end = Math.min(tiles, STRIP_TILES);
    for (int i = 0; i < 4; i++) {
      FloatVector scale0 = FloatVector.broadcast(SPECIES, SCALES[i]);
      FloatVector scale1 = FloatVector.broadcast(SPECIES, SCALES[i + 1]);
      FloatVector scale2 = FloatVector.broadcast(SPECIES, SCALES[i + 2]);
      FloatVector scale3 = FloatVector.broadcast(SPECIES, SCALES[i + 3]);
      MemorySegment line = src.asSlice(at + i * 6 * TILES, 6 * TILES);
      for (int x = 0; x < end; x++) {
        long s = x * V;
        MemorySegment start = init.asSlice(initAt + i * initRow + x * 4 * V, RESULTS);
        MemorySegment results = dst.asSlice(to + i * row + x * 4 * V, RESULTS);
        FloatVector m1 = fromMemorySegment(SPECIES, line, s + TILES, ORDER);
        FloatVector m2 = fromMemorySegment(SPECIES, line, s + 2 * TILES, ORDER);
        FloatVector m3 = fromMemorySegment(SPECIES, line, s + 3 * TILES, ORDER);
        FloatVector m4 = fromMemorySegment(SPECIES, line, s + 4 * TILES, ORDER);
        FloatVector a = m1.add(m2);
        FloatVector b = m1.sub(m2);
        FloatVector c = m3.add(m4);
        FloatVector d = m3.sub(m4);
        FloatVector y0 = fromMemorySegment(SPECIES, line, s, ORDER).add(a).add(c);
        FloatVector y1 = d.fma(two, b);
        FloatVector y2 = c.fma(four, a);
        FloatVector y3 =
            d.fma(eight, b).add(fromMemorySegment(SPECIES, line, s + 5 * TILES, ORDER));
        y0.fma(scale0, fromMemorySegment(SPECIES, start, 0, ORDER))
            .max(low)
            .intoMemorySegment(results, 0, ORDER);
        y1.fma(scale1, fromMemorySegment(SPECIES, start, V, ORDER))
            .max(low)
            .intoMemorySegment(results, V, ORDER);
        y2.fma(scale2, fromMemorySegment(SPECIES, start, 2 * V, ORDER))
            .max(low)
            .intoMemorySegment(results, 2 * V, ORDER);
        y3.fma(scale3, fromMemorySegment(SPECIES, start, 3 * V, ORDER))
            .max(low)
            .intoMemorySegment(results, 3 * V, ORDER);
      }
    }
  }

  @Override
  public void gradientColumns(
      MemorySegment row0,
      long at0,
      MemorySegment row1,
      long at1,
      MemorySegment row2,
      long at2,
      MemorySegment row3,
      long at3,
      int count,
      MemorySegment dst,
      long to) {
    FloatVector p = FloatVector.broadcast(SPECIES, P);
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector p2 = FloatVector.broadcast(SPECIES, P * P);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q * Q);
    FloatVector p3 = FloatVector.broadcast(SPECIES, P * P * P);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q * Q * Q);
    MemorySegment lines = dst.asSlice(to, 6 * LINE);
    MemorySegment from0 = row0.asSlice(at0, LINE);
    MemorySegment from1 = row1.asSlice(at1, LINE);
    MemorySegment from2 = row2.asSlice(at2, LINE);
    MemorySegment from3 = row3.asSlice(at3, LINE);
    int end = Math.min(count, LINE_PIXELS);
    for (int x = 0; x < end; x++) {
      long i = x * V;
      FloatVector y0 = fromMemorySegment(SPECIES, from0, i, ORDER);
      FloatVector y1 = fromMemorySegment(SPECIES, from1, i, ORDER);
      FloatVector y2 = fromMemorySegment(SPECIES, from2, i, ORDER);
      FloatVector y3 = fromMemorySegment(SPECIES, from3, i, ORDER);
      FloatVector e = y2.fma(p2, y0);
      FloatVector f = y3.fma(p3, y1.mul(p));
      FloatVector g = y2.fma(q2, y0);
      FloatVector h = y3.fma(q3, y1.mul(q));
      y0.intoMemorySegment(lines, i, ORDER);
      e.add(f).intoMemorySegment(lines, LINE + i, ORDER);
      e.sub(f).intoMemorySegment(lines, 2 * LINE + i, ORDER);
      g.add(h).intoMemorySegment(lines, 3 * LINE + i, ORDER);
      g.sub(h).intoMemorySegment(lines, 4 * LINE + i, ORDER);
      y3.intoMemorySegment(lines, 5 * LINE + i, ORDER);
    }
  }

  @Override
  public void gradientRows(
      MemorySegment src,
      long at,
      long row,
      int lines,
      int tiles,
      MemorySegment dst,
      long to,
      long step) {
    FloatVector p = FloatVector.broadcast(SPECIES, P);
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector p2 = FloatVector.broadcast(SPECIES, P * P);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q * Q);
    FloatVector p3 = FloatVector.broadcast(SPECIES, P * P * P);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q * Q * Q);
    int end = Math.min(tiles, STRIP_TILES);
    for (int y = 0; y < lines; y++) {
      MemorySegment line = src.asSlice(at + y * row, LINE);
      long point = to + y * 6 * step;
      MemorySegment to0 = dst.asSlice(point, TILES);
      MemorySegment to1 = dst.asSlice(point + step, TILES);
      MemorySegment to2 = dst.asSlice(point + 2 * step, TILES);
      MemorySegment to3 = dst.asSlice(point + 3 * step, TILES);
      MemorySegment to4 = dst.asSlice(point + 4 * step, TILES);
      MemorySegment to5 = dst.asSlice(point + 5 * step, TILES);
      for (int x = 0; x < end; x++) {
        long s = x * 4 * V;
        long t = x * V;
        FloatVector y0 = fromMemorySegment(SPECIES, line, s, ORDER);
        FloatVector y1 = fromMemorySegment(SPECIES, line, s + V, ORDER);
        FloatVector y2 = fromMemorySegment(SPECIES, line, s + 2 * V, ORDER);
        FloatVector y3 = fromMemorySegment(SPECIES, line, s + 3 * V, ORDER);
        FloatVector e = y2.fma(p2, y0);
        FloatVector f = y3.fma(p3, y1.mul(p));
        FloatVector g = y2.fma(q2, y0);
        FloatVector h = y3.fma(q3, y1.mul(q));
        y0.intoMemorySegment(to0, t, ORDER);
        e.add(f).intoMemorySegment(to1, t, ORDER);
        e.sub(f).intoMemorySegment(to2, t, ORDER);
        g.add(h).intoMemorySegment(to3, t, ORDER);
        g.sub(h).intoMemorySegment(to4, t, ORDER);
        y3.intoMemorySegment(to5, t, ORDER);
      }
    }
  }

  @Override
  public void weightLine(
      MemorySegment src, long s, long element, MemorySegment dst, long to, long toElement) {
    FloatVector infinity = FloatVector.broadcast(SPECIES, 1 / (P * P * P));
    FloatVector zero = FloatVector.broadcast(SPECIES, AT_ZERO);
    FloatVector p0 = FloatVector.broadcast(SPECIES, AT_P);
    FloatVector p1 = FloatVector.broadcast(SPECIES, AT_P * P);
    FloatVector p2 = FloatVector.broadcast(SPECIES, AT_P * P * P);
    FloatVector q0 = FloatVector.broadcast(SPECIES, AT_Q);
    FloatVector q1 = FloatVector.broadcast(SPECIES, AT_Q * Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, AT_Q * Q * Q);
    for (int channel = 0; channel < Lanes.COUNT; channel++) {
      long i = channel * V;
      long t = to + channel * V;
      FloatVector g0 = fromMemorySegment(SPECIES, src, s + i, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, src, s + element + i, ORDER);
      FloatVector g2 = fromMemorySegment(SPECIES, src, s + 2 * element + i, ORDER);
      FloatVector even = g0.fma(p0, g2.mul(p2));
      FloatVector odd = g1.mul(p1);
      FloatVector wideEven = g0.fma(q0, g2.mul(q2));
      FloatVector wideOdd = g1.mul(q1);
      g0.mul(zero).intoMemorySegment(dst, t, ORDER);
      even.add(odd).intoMemorySegment(dst, t + toElement, ORDER);
      even.sub(odd).intoMemorySegment(dst, t + 2 * toElement, ORDER);
      wideEven.add(wideOdd).intoMemorySegment(dst, t + 3 * toElement, ORDER);
      wideEven.sub(wideOdd).intoMemorySegment(dst, t + 4 * toElement, ORDER);
      g2.mul(infinity).intoMemorySegment(dst, t + 5 * toElement, ORDER);
    }
  }

  @Override
  public void weightGradientLine(
      MemorySegment src, long s, long element, MemorySegment dst, long t, long toElement) {
    FloatVector zero = FloatVector.broadcast(SPECIES, AT_ZERO);
    FloatVector p0 = FloatVector.broadcast(SPECIES, AT_P);
    FloatVector p1 = FloatVector.broadcast(SPECIES, AT_P * P);
    FloatVector p2 = FloatVector.broadcast(SPECIES, AT_P * P * P);
    FloatVector q0 = FloatVector.broadcast(SPECIES, AT_Q);
    FloatVector q1 = FloatVector.broadcast(SPECIES, AT_Q * Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, AT_Q * Q * Q);
    for (int channel = 0; channel < Lanes.COUNT; channel++) {
      long i = channel * V;
      FloatVector u1 = fromMemorySegment(SPECIES, src, s + element + i, ORDER);
      FloatVector u2 = fromMemorySegment(SPECIES, src, s + 2 * element + i, ORDER);
      FloatVector u3 = fromMemorySegment(SPECIES, src, s + 3 * element + i, ORDER);
      FloatVector u4 = fromMemorySegment(SPECIES, src, s + 4 * element + i, ORDER);
      FloatVector a = u1.add(u2);
      FloatVector b = u1.sub(u2);
      FloatVector c = u3.add(u4);
      FloatVector d = u3.sub(u4);
      c.fma(q0, a.fma(p0, fromMemorySegment(SPECIES, src, s + i, ORDER).mul(zero)))
          .intoMemorySegment(dst, t + i, ORDER);
      d.fma(q1, b.mul(p1)).intoMemorySegment(dst, t + toElement + i, ORDER);
      c.fma(q2, a.fma(p2, fromMemorySegment(SPECIES, src, s + 5 * element + i, ORDER)))
          .intoMemorySegment(dst, t + 2 * toElement + i, ORDER);
    }
  }
}
