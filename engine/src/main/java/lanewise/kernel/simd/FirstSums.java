package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static jdk.incubator.vector.IntVector.broadcast;
import static lanewise.kernel.simd.FirstTiles.MOST_TAPS;
import static lanewise.kernel.simd.FirstTiles.MOST_TAP_BYTES;
import static lanewise.kernel.simd.FirstTiles.PLANES_SLICE;
import static lanewise.kernel.simd.FirstTiles.TILE;
import static lanewise.kernel.simd.FirstTiles.TILE_BYTES;
import static lanewise.kernel.simd.FirstTiles.WEIGHTS_SLICE;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The tiles of [FirstTiles#pixels], one for each length of a run: a value is read and spread once
/// for all pixels that see it at one of the run's taps.
final class FirstSums {

  private static final long LANE_BYTES = Lanes.BYTES;

  private FirstSums() {}

  static void runs1(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    FloatVector from = fromMemorySegment(SPECIES, start, startAt, ORDER);
    MemorySegment w = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    int end = Math.clamp(runs.length, 0, MOST_TAPS);
    for (int row = 0; row < rows; row++) {
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment planes = src.asSlice(srcAt + row * srcRow + tile * TILE * 4L, PLANES_SLICE);
        MemorySegment to = dst.asSlice(at + row * atRow + tile * TILE_BYTES, TILE_BYTES);
        FloatVector a0 = from;
        FloatVector a1 = from;
        FloatVector a2 = from;
        FloatVector a3 = from;
        FloatVector a4 = from;
        FloatVector a5 = from;
        FloatVector a6 = from;
        FloatVector a7 = from;
        for (int r = 0; r < end; r++) {
          long x = runs[r] & MOST_TAP_BYTES;
          FloatVector v = fromMemorySegment(SPECIES, w, r * LANE_BYTES, ORDER);
          FloatVector y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x)).reinterpretAsFloats();
          a0 = y.fma(v, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 4)).reinterpretAsFloats();
          a1 = y.fma(v, a1);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 8)).reinterpretAsFloats();
          a2 = y.fma(v, a2);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 12)).reinterpretAsFloats();
          a3 = y.fma(v, a3);
          if (COUNT == 8 && r == end) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 16)).reinterpretAsFloats();
          a4 = y.fma(v, a4);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 20)).reinterpretAsFloats();
          a5 = y.fma(v, a5);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 24)).reinterpretAsFloats();
          a6 = y.fma(v, a6);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 28)).reinterpretAsFloats();
          a7 = y.fma(v, a7);
        }
        if (adds) {
          a0 = a0.add(fromMemorySegment(SPECIES, to, 0, ORDER));
          a1 = a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER));
          a2 = a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER));
          a3 = a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER));
          a4 = a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER));
          a5 = a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER));
          a6 = a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER));
          a7 = a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER));
        }
        a0.intoMemorySegment(to, 0, ORDER);
        a1.intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
        a2.intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
        a3.intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
        a4.intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
        a5.intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
        a6.intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
        a7.intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
      }
    }
  }

  static void runs2(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    FloatVector from = fromMemorySegment(SPECIES, start, startAt, ORDER);
    MemorySegment w = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    int end = Math.clamp(runs.length, 0, MOST_TAPS / 2);
    for (int row = 0; row < rows; row++) {
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment planes = src.asSlice(srcAt + row * srcRow + tile * TILE * 4L, PLANES_SLICE);
        MemorySegment to = dst.asSlice(at + row * atRow + tile * TILE_BYTES, TILE_BYTES);
        FloatVector a0 = from;
        FloatVector a1 = from;
        FloatVector a2 = from;
        FloatVector a3 = from;
        FloatVector a4 = from;
        FloatVector a5 = from;
        FloatVector a6 = from;
        FloatVector a7 = from;
        for (int r = 0; r < end; r++) {
          long x = runs[r] & MOST_TAP_BYTES;
          FloatVector w0 = fromMemorySegment(SPECIES, w, r * 2 * LANE_BYTES, ORDER);
          FloatVector w1 = fromMemorySegment(SPECIES, w, (r * 2 + 1) * LANE_BYTES, ORDER);
          FloatVector y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x)).reinterpretAsFloats();
          a0 = y.fma(w0, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 4)).reinterpretAsFloats();
          a1 = y.fma(w0, a1);
          a0 = y.fma(w1, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 8)).reinterpretAsFloats();
          a2 = y.fma(w0, a2);
          a1 = y.fma(w1, a1);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 12)).reinterpretAsFloats();
          a3 = y.fma(w0, a3);
          a2 = y.fma(w1, a2);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 16)).reinterpretAsFloats();
          a4 = y.fma(w0, a4);
          a3 = y.fma(w1, a3);
          if (r == end) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 20)).reinterpretAsFloats();
          a5 = y.fma(w0, a5);
          a4 = y.fma(w1, a4);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 24)).reinterpretAsFloats();
          a6 = y.fma(w0, a6);
          a5 = y.fma(w1, a5);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 28)).reinterpretAsFloats();
          a7 = y.fma(w0, a7);
          a6 = y.fma(w1, a6);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 32)).reinterpretAsFloats();
          a7 = y.fma(w1, a7);
        }
        if (adds) {
          a0 = a0.add(fromMemorySegment(SPECIES, to, 0, ORDER));
          a1 = a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER));
          a2 = a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER));
          a3 = a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER));
          a4 = a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER));
          a5 = a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER));
          a6 = a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER));
          a7 = a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER));
        }
        a0.intoMemorySegment(to, 0, ORDER);
        a1.intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
        a2.intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
        a3.intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
        a4.intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
        a5.intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
        a6.intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
        a7.intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
      }
    }
  }

  static void runs3(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    FloatVector from = fromMemorySegment(SPECIES, start, startAt, ORDER);
    MemorySegment w = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    int end = Math.clamp(runs.length, 0, MOST_TAPS / 3);
    for (int row = 0; row < rows; row++) {
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment planes = src.asSlice(srcAt + row * srcRow + tile * TILE * 4L, PLANES_SLICE);
        MemorySegment to = dst.asSlice(at + row * atRow + tile * TILE_BYTES, TILE_BYTES);
        FloatVector a0 = from;
        FloatVector a1 = from;
        FloatVector a2 = from;
        FloatVector a3 = from;
        FloatVector a4 = from;
        FloatVector a5 = from;
        FloatVector a6 = from;
        FloatVector a7 = from;
        for (int r = 0; r < end; r++) {
          long x = runs[r] & MOST_TAP_BYTES;
          FloatVector w0 = fromMemorySegment(SPECIES, w, r * 3 * LANE_BYTES, ORDER);
          FloatVector w1 = fromMemorySegment(SPECIES, w, (r * 3 + 1) * LANE_BYTES, ORDER);
          FloatVector w2 = fromMemorySegment(SPECIES, w, (r * 3 + 2) * LANE_BYTES, ORDER);
          FloatVector y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x)).reinterpretAsFloats();
          a0 = y.fma(w0, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 4)).reinterpretAsFloats();
          a1 = y.fma(w0, a1);
          a0 = y.fma(w1, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 8)).reinterpretAsFloats();
          a2 = y.fma(w0, a2);
          a1 = y.fma(w1, a1);
          a0 = y.fma(w2, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 12)).reinterpretAsFloats();
          a3 = y.fma(w0, a3);
          a2 = y.fma(w1, a2);
          a1 = y.fma(w2, a1);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 16)).reinterpretAsFloats();
          a4 = y.fma(w0, a4);
          a3 = y.fma(w1, a3);
          a2 = y.fma(w2, a2);
          if (r == end) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 20)).reinterpretAsFloats();
          a5 = y.fma(w0, a5);
          a4 = y.fma(w1, a4);
          a3 = y.fma(w2, a3);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 24)).reinterpretAsFloats();
          a6 = y.fma(w0, a6);
          a5 = y.fma(w1, a5);
          a4 = y.fma(w2, a4);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 28)).reinterpretAsFloats();
          a7 = y.fma(w0, a7);
          a6 = y.fma(w1, a6);
          a5 = y.fma(w2, a5);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 32)).reinterpretAsFloats();
          a7 = y.fma(w1, a7);
          a6 = y.fma(w2, a6);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 36)).reinterpretAsFloats();
          a7 = y.fma(w2, a7);
        }
        if (adds) {
          a0 = a0.add(fromMemorySegment(SPECIES, to, 0, ORDER));
          a1 = a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER));
          a2 = a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER));
          a3 = a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER));
          a4 = a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER));
          a5 = a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER));
          a6 = a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER));
          a7 = a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER));
        }
        a0.intoMemorySegment(to, 0, ORDER);
        a1.intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
        a2.intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
        a3.intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
        a4.intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
        a5.intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
        a6.intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
        a7.intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
      }
    }
  }

  static void runs4(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    FloatVector from = fromMemorySegment(SPECIES, start, startAt, ORDER);
    MemorySegment w = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    int end = Math.clamp(runs.length, 0, MOST_TAPS / 4);
    for (int row = 0; row < rows; row++) {
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment planes = src.asSlice(srcAt + row * srcRow + tile * TILE * 4L, PLANES_SLICE);
        MemorySegment to = dst.asSlice(at + row * atRow + tile * TILE_BYTES, TILE_BYTES);
        FloatVector a0 = from;
        FloatVector a1 = from;
        FloatVector a2 = from;
        FloatVector a3 = from;
        FloatVector a4 = from;
        FloatVector a5 = from;
        FloatVector a6 = from;
        FloatVector a7 = from;
        for (int r = 0; r < end; r++) {
          long x = runs[r] & MOST_TAP_BYTES;
          FloatVector w0 = fromMemorySegment(SPECIES, w, r * 4 * LANE_BYTES, ORDER);
          FloatVector w1 = fromMemorySegment(SPECIES, w, (r * 4 + 1) * LANE_BYTES, ORDER);
          FloatVector w2 = fromMemorySegment(SPECIES, w, (r * 4 + 2) * LANE_BYTES, ORDER);
          FloatVector w3 = fromMemorySegment(SPECIES, w, (r * 4 + 3) * LANE_BYTES, ORDER);
          FloatVector y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x)).reinterpretAsFloats();
          a0 = y.fma(w0, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 4)).reinterpretAsFloats();
          a1 = y.fma(w0, a1);
          a0 = y.fma(w1, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 8)).reinterpretAsFloats();
          a2 = y.fma(w0, a2);
          a1 = y.fma(w1, a1);
          a0 = y.fma(w2, a0);
          if (r == end) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 12)).reinterpretAsFloats();
          a3 = y.fma(w0, a3);
          a2 = y.fma(w1, a2);
          a1 = y.fma(w2, a1);
          a0 = y.fma(w3, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 16)).reinterpretAsFloats();
          a4 = y.fma(w0, a4);
          a3 = y.fma(w1, a3);
          a2 = y.fma(w2, a2);
          a1 = y.fma(w3, a1);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 20)).reinterpretAsFloats();
          a5 = y.fma(w0, a5);
          a4 = y.fma(w1, a4);
          a3 = y.fma(w2, a3);
          a2 = y.fma(w3, a2);
          if (r == runs.length) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 24)).reinterpretAsFloats();
          a6 = y.fma(w0, a6);
          a5 = y.fma(w1, a5);
          a4 = y.fma(w2, a4);
          a3 = y.fma(w3, a3);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 28)).reinterpretAsFloats();
          a7 = y.fma(w0, a7);
          a6 = y.fma(w1, a6);
          a5 = y.fma(w2, a5);
          a4 = y.fma(w3, a4);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 32)).reinterpretAsFloats();
          a7 = y.fma(w1, a7);
          a6 = y.fma(w2, a6);
          a5 = y.fma(w3, a5);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 36)).reinterpretAsFloats();
          a7 = y.fma(w2, a7);
          a6 = y.fma(w3, a6);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 40)).reinterpretAsFloats();
          a7 = y.fma(w3, a7);
        }
        if (adds) {
          a0 = a0.add(fromMemorySegment(SPECIES, to, 0, ORDER));
          a1 = a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER));
          a2 = a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER));
          a3 = a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER));
          a4 = a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER));
          a5 = a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER));
          a6 = a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER));
          a7 = a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER));
        }
        a0.intoMemorySegment(to, 0, ORDER);
        a1.intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
        a2.intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
        a3.intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
        a4.intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
        a5.intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
        a6.intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
        a7.intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
      }
    }
  }

  static void runs5(
      MemorySegment src,
      long srcAt,
      long srcRow,
      int[] runs,
      MemorySegment weights,
      long weightsAt,
      MemorySegment start,
      long startAt,
      boolean adds,
      MemorySegment dst,
      long at,
      long atRow,
      int rows,
      int tiles) {
    FloatVector from = fromMemorySegment(SPECIES, start, startAt, ORDER);
    MemorySegment w = weights.asSlice(weightsAt, WEIGHTS_SLICE);
    int end = Math.clamp(runs.length, 0, MOST_TAPS / 5);
    for (int row = 0; row < rows; row++) {
      for (int tile = 0; tile < tiles; tile++) {
        MemorySegment planes = src.asSlice(srcAt + row * srcRow + tile * TILE * 4L, PLANES_SLICE);
        MemorySegment to = dst.asSlice(at + row * atRow + tile * TILE_BYTES, TILE_BYTES);
        FloatVector a0 = from;
        FloatVector a1 = from;
        FloatVector a2 = from;
        FloatVector a3 = from;
        FloatVector a4 = from;
        FloatVector a5 = from;
        FloatVector a6 = from;
        FloatVector a7 = from;
        for (int r = 0; r < end; r++) {
          long x = runs[r] & MOST_TAP_BYTES;
          FloatVector w0 = fromMemorySegment(SPECIES, w, r * 5 * LANE_BYTES, ORDER);
          FloatVector w1 = fromMemorySegment(SPECIES, w, (r * 5 + 1) * LANE_BYTES, ORDER);
          FloatVector w2 = fromMemorySegment(SPECIES, w, (r * 5 + 2) * LANE_BYTES, ORDER);
          FloatVector w3 = fromMemorySegment(SPECIES, w, (r * 5 + 3) * LANE_BYTES, ORDER);
          FloatVector w4 = fromMemorySegment(SPECIES, w, (r * 5 + 4) * LANE_BYTES, ORDER);
          FloatVector y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x)).reinterpretAsFloats();
          a0 = y.fma(w0, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 4)).reinterpretAsFloats();
          a1 = y.fma(w0, a1);
          a0 = y.fma(w1, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 8)).reinterpretAsFloats();
          a2 = y.fma(w0, a2);
          a1 = y.fma(w1, a1);
          a0 = y.fma(w2, a0);
          if (r == end) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 12)).reinterpretAsFloats();
          a3 = y.fma(w0, a3);
          a2 = y.fma(w1, a2);
          a1 = y.fma(w2, a1);
          a0 = y.fma(w3, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 16)).reinterpretAsFloats();
          a4 = y.fma(w0, a4);
          a3 = y.fma(w1, a3);
          a2 = y.fma(w2, a2);
          a1 = y.fma(w3, a1);
          a0 = y.fma(w4, a0);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 20)).reinterpretAsFloats();
          a5 = y.fma(w0, a5);
          a4 = y.fma(w1, a4);
          a3 = y.fma(w2, a3);
          a2 = y.fma(w3, a2);
          a1 = y.fma(w4, a1);
          if (r == runs.length) {
            break;
          }
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 24)).reinterpretAsFloats();
          a6 = y.fma(w0, a6);
          a5 = y.fma(w1, a5);
          a4 = y.fma(w2, a4);
          a3 = y.fma(w3, a3);
          a2 = y.fma(w4, a2);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 28)).reinterpretAsFloats();
          a7 = y.fma(w0, a7);
          a6 = y.fma(w1, a6);
          a5 = y.fma(w2, a5);
          a4 = y.fma(w3, a4);
          a3 = y.fma(w4, a3);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 32)).reinterpretAsFloats();
          a7 = y.fma(w1, a7);
          a6 = y.fma(w2, a6);
          a5 = y.fma(w3, a5);
          a4 = y.fma(w4, a4);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 36)).reinterpretAsFloats();
          a7 = y.fma(w2, a7);
          a6 = y.fma(w3, a6);
          a5 = y.fma(w4, a5);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 40)).reinterpretAsFloats();
          a7 = y.fma(w3, a7);
          a6 = y.fma(w4, a6);
          y = broadcast(INTS, planes.get(JAVA_INT_UNALIGNED, x + 44)).reinterpretAsFloats();
          a7 = y.fma(w4, a7);
        }
        if (adds) {
          a0 = a0.add(fromMemorySegment(SPECIES, to, 0, ORDER));
          a1 = a1.add(fromMemorySegment(SPECIES, to, 1 * LANE_BYTES, ORDER));
          a2 = a2.add(fromMemorySegment(SPECIES, to, 2 * LANE_BYTES, ORDER));
          a3 = a3.add(fromMemorySegment(SPECIES, to, 3 * LANE_BYTES, ORDER));
          a4 = a4.add(fromMemorySegment(SPECIES, to, 4 * LANE_BYTES, ORDER));
          a5 = a5.add(fromMemorySegment(SPECIES, to, 5 * LANE_BYTES, ORDER));
          a6 = a6.add(fromMemorySegment(SPECIES, to, 6 * LANE_BYTES, ORDER));
          a7 = a7.add(fromMemorySegment(SPECIES, to, 7 * LANE_BYTES, ORDER));
        }
        a0.intoMemorySegment(to, 0, ORDER);
        a1.intoMemorySegment(to, 1 * LANE_BYTES, ORDER);
        a2.intoMemorySegment(to, 2 * LANE_BYTES, ORDER);
        a3.intoMemorySegment(to, 3 * LANE_BYTES, ORDER);
        a4.intoMemorySegment(to, 4 * LANE_BYTES, ORDER);
        a5.intoMemorySegment(to, 5 * LANE_BYTES, ORDER);
        a6.intoMemorySegment(to, 6 * LANE_BYTES, ORDER);
        a7.intoMemorySegment(to, 7 * LANE_BYTES, ORDER);
      }
    }
  }
}
