package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The optimizers' passes over flat arrays of parameters, gradients and state. Every value is
/// computed from its own place alone. Ranges are whole vectors: their padding, zero in all arrays,
/// stays zero.
public final class Update {

  private Update() {}

  /// `p -= rate * (g + decay * p)`.
  ///
  /// @param offset first float
  /// @param floats how many, a multiple of the lanes
  public static void sgd(
      MemorySegment parameters,
      MemorySegment gradients,
      long offset,
      int floats,
      float rate,
      float decay) {
    FloatVector decays = FloatVector.broadcast(SPECIES, decay);
    FloatVector down = FloatVector.broadcast(SPECIES, -rate);
    long at = offset * Float.BYTES;
    int vectors = vectors(floats);
    for (int i = 0; i < vectors; i++) {
      long here = at + (long) i * Lanes.BYTES;
      FloatVector p = fromMemorySegment(SPECIES, parameters, here, ORDER);
      FloatVector g = decays.fma(p, fromMemorySegment(SPECIES, gradients, here, ORDER));
      down.fma(g, p).intoMemorySegment(parameters, here, ORDER);
    }
  }

  /// `g += decay * p; v = momentum * v + g; p -= rate * (nesterov ? g + momentum * v : v)`, of
  /// which
  /// the gradients in memory see nothing.
  ///
  /// @param offset first float
  /// @param floats how many, a multiple of the lanes
  public static void sgdMomentum(
      MemorySegment parameters,
      MemorySegment gradients,
      MemorySegment velocity,
      long offset,
      int floats,
      float rate,
      float decay,
      float momentum,
      boolean nesterov) {
    // Without Nesterov the look-ahead is 1 * v + 0 * g: one loop serves both.
    FloatVector ahead = FloatVector.broadcast(SPECIES, nesterov ? momentum : 1);
    FloatVector own = FloatVector.broadcast(SPECIES, nesterov ? 1 : 0);
    FloatVector decays = FloatVector.broadcast(SPECIES, decay);
    FloatVector keep = FloatVector.broadcast(SPECIES, momentum);
    FloatVector down = FloatVector.broadcast(SPECIES, -rate);
    long at = offset * Float.BYTES;
    int vectors = vectors(floats);
    for (int i = 0; i < vectors; i++) {
      long here = at + (long) i * Lanes.BYTES;
      FloatVector p = fromMemorySegment(SPECIES, parameters, here, ORDER);
      FloatVector g = decays.fma(p, fromMemorySegment(SPECIES, gradients, here, ORDER));
      FloatVector v = keep.fma(fromMemorySegment(SPECIES, velocity, here, ORDER), g);
      v.intoMemorySegment(velocity, here, ORDER);
      down.fma(ahead.fma(v, own.mul(g)), p).intoMemorySegment(parameters, here, ORDER);
    }
  }

  private static int vectors(int floats) {
    if (floats % Lanes.COUNT != 0) {
      throw new IllegalArgumentException(floats + " floats are not whole vectors");
    }
    return floats / Lanes.COUNT;
  }
}
