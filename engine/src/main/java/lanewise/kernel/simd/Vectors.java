package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// Loads and stores of one vector; offsets in bytes. Small enough that the compiler always inlines
/// them.
final class Vectors {

  private Vectors() {}

  static FloatVector load(MemorySegment m, long at) {
    return FloatVector.fromMemorySegment(SPECIES, m, at, ORDER);
  }

  static void store(FloatVector v, MemorySegment m, long at) {
    v.intoMemorySegment(m, at, ORDER);
  }

  /// One float in all lanes.
  static FloatVector spread(MemorySegment m, long at) {
    return FloatVector.broadcast(SPECIES, m.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
  }

  /// Copies one vector.
  static void copy(MemorySegment src, long at, MemorySegment dst, long to) {
    store(load(src, at), dst, to);
  }

  /// Zeroes whole vectors.
  static void zero(MemorySegment dst, long at, long length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    int vectors = (int) (length / Lanes.BYTES);
    for (int i = 0; i < vectors; i++) {
      store(zero, dst, at + (long) i * Lanes.BYTES);
    }
  }

  /// `dst = part[0] + part[1] + ...`, in this order.
  static void sumParts(
      MemorySegment partial, int parts, long partBytes, long at, long length, MemorySegment dst) {
    int vectors = (int) (length / Lanes.BYTES);
    for (int i = 0; i < vectors; i++) {
      long offset = at + (long) i * Lanes.BYTES;
      FloatVector sum = load(partial, offset);
      for (int part = 1; part < parts; part++) {
        sum = sum.add(load(partial, part * partBytes + offset));
      }
      store(sum, dst, offset);
    }
  }
}
