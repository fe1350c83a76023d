package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Small passes over whole vectors; offsets and lengths in bytes. They call the JDK's vector
/// methods
/// directly, as all kernels do: helpers of our own around them are not always inlined, and box.
final class Vectors {

  private Vectors() {}

  /// Copies one vector.
  static void copy(MemorySegment src, long at, MemorySegment dst, long to) {
    fromMemorySegment(SPECIES, src, at, ORDER).intoMemorySegment(dst, to, ORDER);
  }

  /// Writes one vector `count` times.
  static void fill(MemorySegment src, long at, MemorySegment dst, long to, int count) {
    FloatVector v = fromMemorySegment(SPECIES, src, at, ORDER);
    for (int i = 0; i < count; i++) {
      v.intoMemorySegment(dst, to + (long) i * Lanes.BYTES, ORDER);
    }
  }

  /// `to = to + at`, `count` vectors.
  static void add(MemorySegment src, long at, MemorySegment dst, long to, int count) {
    for (int i = 0; i < count; i++) {
      long offset = (long) i * Lanes.BYTES;
      fromMemorySegment(SPECIES, src, at + offset, ORDER)
          .add(fromMemorySegment(SPECIES, dst, to + offset, ORDER))
          .intoMemorySegment(dst, to + offset, ORDER);
    }
  }

  /// `x = max(x, floor)`, `count` vectors.
  static void raise(MemorySegment x, long at, int count, float floor) {
    for (int i = 0; i < count; i++) {
      long to = at + (long) i * Lanes.BYTES;
      fromMemorySegment(SPECIES, x, to, ORDER).max(floor).intoMemorySegment(x, to, ORDER);
    }
  }

  /// Zeroes whole vectors.
  static void zero(MemorySegment dst, long at, long length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    int vectors = (int) (length / Lanes.BYTES);
    for (int i = 0; i < vectors; i++) {
      zero.intoMemorySegment(dst, at + (long) i * Lanes.BYTES, ORDER);
    }
  }

  /// `dst = part[0] + part[1] + ...`, in this order, of `length` bytes `at` bytes into each.
  ///
  /// @param start where the first part begins
  static void sumParts(
      MemorySegment partial,
      long start,
      int parts,
      long partBytes,
      long at,
      long length,
      MemorySegment dst) {
    int vectors = (int) (length / Lanes.BYTES);
    for (int i = 0; i < vectors; i++) {
      long offset = at + (long) i * Lanes.BYTES;
      FloatVector sum = fromMemorySegment(SPECIES, partial, start + offset, ORDER);
      for (int part = 1; part < parts; part++) {
        long next = start + part * partBytes + offset;
        sum = sum.add(fromMemorySegment(SPECIES, partial, next, ORDER));
      }
      sum.intoMemorySegment(dst, offset, ORDER);
    }
  }
}
