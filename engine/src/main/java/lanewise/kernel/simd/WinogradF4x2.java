package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// F(4x4, 2x2): 25 multiplications for 16 results of 2x2 weights instead of 64. Interpolation
/// points
/// 1, -1, 1/2, -1/2 and infinity: without 0 they are symmetric, and with 1 among them results need
/// no scaling.
final class WinogradF4x2 implements WinogradTransforms {

  private static final long V = Lanes.BYTES;

  /// Where the last pixel of a row may lie in a slice of a map; also a mask, as [#FARTHEST].
  private static final long FARTHEST_PIXEL = Tensor.ROOM - V;

  /// The second pair of points.
  private static final float Q = 0.5f;

  private static final float Q2 = Q * Q;

  /// Factors of the weights at 1 and at Q: 1 over the product of the distances from the others.
  private static final float AT_ONE = 1 / (2 * (1 - Q2));

  private static final float AT_Q = 1 / (2 * Q * (Q2 - 1));

  @Override
  public int taps() {
    return 2;
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
    if ((count - 1) * pixel > FARTHEST_PIXEL) {
      throw new IllegalArgumentException("pixels %d bytes apart".formatted(pixel));
    }
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector minusQ = FloatVector.broadcast(SPECIES, -Q);
    FloatVector minusQ2 = FloatVector.broadcast(SPECIES, -Q2);
    FloatVector minusSum = FloatVector.broadcast(SPECIES, -1 - Q2);
    FloatVector product = FloatVector.broadcast(SPECIES, Q2);
    MemorySegment lines = dst.asSlice(to, 5 * LINE);
    MemorySegment from0 = row0.asSlice(at0, Tensor.ROOM);
    MemorySegment from1 = row1.asSlice(at1, Tensor.ROOM);
    MemorySegment from2 = row2.asSlice(at2, Tensor.ROOM);
    MemorySegment from3 = row3.asSlice(at3, Tensor.ROOM);
    MemorySegment from4 = row4.asSlice(at4, Tensor.ROOM);
    int end = Math.min(count, LINE_PIXELS);
    for (int x = 0; x < end; x++) {
      long i = x * pixel & FARTHEST_PIXEL;
      FloatVector d0 = fromMemorySegment(SPECIES, from0, i, ORDER);
      FloatVector d1 = fromMemorySegment(SPECIES, from1, i, ORDER);
      FloatVector d2 = fromMemorySegment(SPECIES, from2, i, ORDER);
      FloatVector d3 = fromMemorySegment(SPECIES, from3, i, ORDER);
      FloatVector d4 = fromMemorySegment(SPECIES, from4, i, ORDER);
      FloatVector odd = d1.fma(minusQ2, d3);
      FloatVector even = d0.fma(minusQ2, d2);
      FloatVector wideOdd = d3.sub(d1);
      FloatVector wideEven = d2.sub(d0);
      odd.add(even).intoMemorySegment(lines, x * V, ORDER);
      odd.sub(even).intoMemorySegment(lines, LINE + x * V, ORDER);
      wideEven.fma(q, wideOdd).intoMemorySegment(lines, 2 * LINE + x * V, ORDER);
      wideEven.fma(minusQ, wideOdd).intoMemorySegment(lines, 3 * LINE + x * V, ORDER);
      d0.fma(product, d2.fma(minusSum, d4)).intoMemorySegment(lines, 4 * LINE + x * V, ORDER);
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
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector minusQ = FloatVector.broadcast(SPECIES, -Q);
    FloatVector minusQ2 = FloatVector.broadcast(SPECIES, -Q2);
    FloatVector minusSum = FloatVector.broadcast(SPECIES, -1 - Q2);
    FloatVector product = FloatVector.broadcast(SPECIES, Q2);
    int end = Math.min(tiles, STRIP_TILES);
    for (int y = 0; y < lines; y++) {
      MemorySegment line = src.asSlice(at + y * row, LINE);
      long point = to + y * 5 * step;
      MemorySegment to0 = dst.asSlice(point, SLICE);
      MemorySegment to1 = dst.asSlice(point + step, SLICE);
      MemorySegment to2 = dst.asSlice(point + 2 * step, SLICE);
      MemorySegment to3 = dst.asSlice(point + 3 * step, SLICE);
      MemorySegment to4 = dst.asSlice(point + 4 * step, SLICE);
      for (int x = 0; x < end; x++) {
        long s = x * 4 * V;
        long t = x * tile & FARTHEST;
        FloatVector d0 = fromMemorySegment(SPECIES, line, s, ORDER);
        FloatVector d1 = fromMemorySegment(SPECIES, line, s + V, ORDER);
        FloatVector d2 = fromMemorySegment(SPECIES, line, s + 2 * V, ORDER);
        FloatVector d3 = fromMemorySegment(SPECIES, line, s + 3 * V, ORDER);
        FloatVector d4 = fromMemorySegment(SPECIES, line, s + 4 * V, ORDER);
        FloatVector odd = d1.fma(minusQ2, d3);
        FloatVector even = d0.fma(minusQ2, d2);
        FloatVector wideOdd = d3.sub(d1);
        FloatVector wideEven = d2.sub(d0);
        odd.add(even).intoMemorySegment(to0, t, ORDER);
        odd.sub(even).intoMemorySegment(to1, t, ORDER);
        wideEven.fma(q, wideOdd).intoMemorySegment(to2, t, ORDER);
        wideEven.fma(minusQ, wideOdd).intoMemorySegment(to3, t, ORDER);
        d0.fma(product, d2.fma(minusSum, d4)).intoMemorySegment(to4, t, ORDER);
      }
    }
  }

  @Override
  public void outputColumns(
      MemorySegment src, long at, long step, int tiles, MemorySegment dst, long to) {
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q2 * Q);
    int end = Math.min(tiles, STRIP_TILES);
    for (int j = 0; j < 5; j++) {
      long s = at + j * step;
      MemorySegment from0 = src.asSlice(s, TILES);
      MemorySegment from1 = src.asSlice(s + 5 * step, TILES);
      MemorySegment from2 = src.asSlice(s + 10 * step, TILES);
      MemorySegment from3 = src.asSlice(s + 15 * step, TILES);
      MemorySegment from4 = src.asSlice(s + 20 * step, TILES);
      MemorySegment column = dst.asSlice(to + j * TILES, 16 * TILES);
      for (int x = 0; x < end; x++) {
        long i = x * V;
        FloatVector m0 = fromMemorySegment(SPECIES, from0, i, ORDER);
        FloatVector m1 = fromMemorySegment(SPECIES, from1, i, ORDER);
        FloatVector m2 = fromMemorySegment(SPECIES, from2, i, ORDER);
        FloatVector m3 = fromMemorySegment(SPECIES, from3, i, ORDER);
        FloatVector m4 = fromMemorySegment(SPECIES, from4, i, ORDER);
        FloatVector a = m0.add(m1);
        FloatVector b = m0.sub(m1);
        FloatVector c = m2.add(m3);
        FloatVector d = m2.sub(m3);
        a.add(c).intoMemorySegment(column, i, ORDER);
        d.fma(q, b).intoMemorySegment(column, 5 * TILES + i, ORDER);
        c.fma(q2, a).intoMemorySegment(column, 10 * TILES + i, ORDER);
        d.fma(q3, b).add(m4).intoMemorySegment(column, 15 * TILES + i, ORDER);
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
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q2 * Q);
    FloatVector low = FloatVector.broadcast(SPECIES, floor);
    int end = Math.min(tiles, STRIP_TILES);
    for (int i = 0; i < 4; i++) {
      MemorySegment line = src.asSlice(at + i * 5 * TILES, 5 * TILES);
      for (int x = 0; x < end; x++) {
        long s = x * V;
        MemorySegment start = init.asSlice(initAt + i * initRow + x * 4 * V, RESULTS);
        MemorySegment results = dst.asSlice(to + i * row + x * 4 * V, RESULTS);
        FloatVector m0 = fromMemorySegment(SPECIES, line, s, ORDER);
        FloatVector m1 = fromMemorySegment(SPECIES, line, s + TILES, ORDER);
        FloatVector m2 = fromMemorySegment(SPECIES, line, s + 2 * TILES, ORDER);
        FloatVector m3 = fromMemorySegment(SPECIES, line, s + 3 * TILES, ORDER);
        FloatVector m4 = fromMemorySegment(SPECIES, line, s + 4 * TILES, ORDER);
        FloatVector a = m0.add(m1);
        FloatVector b = m0.sub(m1);
        FloatVector c = m2.add(m3);
        FloatVector d = m2.sub(m3);
        a.add(c)
            .add(fromMemorySegment(SPECIES, start, 0, ORDER))
            .max(low)
            .intoMemorySegment(results, 0, ORDER);
        d.fma(q, b)
            .add(fromMemorySegment(SPECIES, start, V, ORDER))
            .max(low)
            .intoMemorySegment(results, V, ORDER);
        c.fma(q2, a)
            .add(fromMemorySegment(SPECIES, start, 2 * V, ORDER))
            .max(low)
            .intoMemorySegment(results, 2 * V, ORDER);
        d.fma(q3, b)
            .add(m4)
            .add(fromMemorySegment(SPECIES, start, 3 * V, ORDER))
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
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q2 * Q);
    MemorySegment lines = dst.asSlice(to, 5 * LINE);
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
      FloatVector even = y0.add(y2);
      FloatVector odd = y1.add(y3);
      FloatVector narrowEven = y2.fma(q2, y0);
      FloatVector narrowOdd = y3.fma(q3, y1.mul(q));
      even.add(odd).intoMemorySegment(lines, i, ORDER);
      even.sub(odd).intoMemorySegment(lines, LINE + i, ORDER);
      narrowEven.add(narrowOdd).intoMemorySegment(lines, 2 * LINE + i, ORDER);
      narrowEven.sub(narrowOdd).intoMemorySegment(lines, 3 * LINE + i, ORDER);
      y3.intoMemorySegment(lines, 4 * LINE + i, ORDER);
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
    FloatVector q = FloatVector.broadcast(SPECIES, Q);
    FloatVector q2 = FloatVector.broadcast(SPECIES, Q2);
    FloatVector q3 = FloatVector.broadcast(SPECIES, Q2 * Q);
    int end = Math.min(tiles, STRIP_TILES);
    for (int y = 0; y < lines; y++) {
      MemorySegment line = src.asSlice(at + y * row, LINE);
      long point = to + y * 5 * step;
      MemorySegment to0 = dst.asSlice(point, TILES);
      MemorySegment to1 = dst.asSlice(point + step, TILES);
      MemorySegment to2 = dst.asSlice(point + 2 * step, TILES);
      MemorySegment to3 = dst.asSlice(point + 3 * step, TILES);
      MemorySegment to4 = dst.asSlice(point + 4 * step, TILES);
      for (int x = 0; x < end; x++) {
        long s = x * 4 * V;
        long t = x * V;
        FloatVector y0 = fromMemorySegment(SPECIES, line, s, ORDER);
        FloatVector y1 = fromMemorySegment(SPECIES, line, s + V, ORDER);
        FloatVector y2 = fromMemorySegment(SPECIES, line, s + 2 * V, ORDER);
        FloatVector y3 = fromMemorySegment(SPECIES, line, s + 3 * V, ORDER);
        FloatVector even = y0.add(y2);
        FloatVector odd = y1.add(y3);
        FloatVector narrowEven = y2.fma(q2, y0);
        FloatVector narrowOdd = y3.fma(q3, y1.mul(q));
        even.add(odd).intoMemorySegment(to0, t, ORDER);
        even.sub(odd).intoMemorySegment(to1, t, ORDER);
        narrowEven.add(narrowOdd).intoMemorySegment(to2, t, ORDER);
        narrowEven.sub(narrowOdd).intoMemorySegment(to3, t, ORDER);
        y3.intoMemorySegment(to4, t, ORDER);
      }
    }
  }

  @Override
  public void weightLine(
      MemorySegment src, long s, long element, MemorySegment dst, long to, long toElement) {
    FloatVector one = FloatVector.broadcast(SPECIES, AT_ONE);
    FloatVector q0 = FloatVector.broadcast(SPECIES, AT_Q);
    FloatVector q1 = FloatVector.broadcast(SPECIES, AT_Q * Q);
    for (int channel = 0; channel < Lanes.COUNT; channel++) {
      long i = channel * V;
      long t = to + channel * V;
      FloatVector g0 = fromMemorySegment(SPECIES, src, s + i, ORDER);
      FloatVector g1 = fromMemorySegment(SPECIES, src, s + element + i, ORDER);
      FloatVector even = g0.mul(one);
      FloatVector odd = g1.mul(one);
      FloatVector narrowEven = g0.mul(q0);
      FloatVector narrowOdd = g1.mul(q1);
      odd.add(even).intoMemorySegment(dst, t, ORDER);
      odd.sub(even).intoMemorySegment(dst, t + toElement, ORDER);
      narrowOdd.add(narrowEven).intoMemorySegment(dst, t + 2 * toElement, ORDER);
      narrowOdd.sub(narrowEven).intoMemorySegment(dst, t + 3 * toElement, ORDER);
      g1.intoMemorySegment(dst, t + 4 * toElement, ORDER);
    }
  }

  @Override
  public void weightGradientLine(
      MemorySegment src, long s, long element, MemorySegment dst, long t, long toElement) {
    FloatVector one = FloatVector.broadcast(SPECIES, AT_ONE);
    FloatVector q0 = FloatVector.broadcast(SPECIES, AT_Q);
    FloatVector q1 = FloatVector.broadcast(SPECIES, AT_Q * Q);
    for (int channel = 0; channel < Lanes.COUNT; channel++) {
      long i = channel * V;
      FloatVector u0 = fromMemorySegment(SPECIES, src, s + i, ORDER);
      FloatVector u1 = fromMemorySegment(SPECIES, src, s + element + i, ORDER);
      FloatVector u2 = fromMemorySegment(SPECIES, src, s + 2 * element + i, ORDER);
      FloatVector u3 = fromMemorySegment(SPECIES, src, s + 3 * element + i, ORDER);
      FloatVector u4 = fromMemorySegment(SPECIES, src, s + 4 * element + i, ORDER);
      u2.sub(u3).fma(q0, u0.sub(u1).mul(one)).intoMemorySegment(dst, t + i, ORDER);
      u2.add(u3).fma(q1, u0.add(u1).fma(one, u4)).intoMemorySegment(dst, t + toElement + i, ORDER);
    }
  }
}
