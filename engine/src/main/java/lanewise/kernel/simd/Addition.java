package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// The sum of two or more tensors of one shape, and its gradients. Bound to one shape and batch;
/// one caller at a time.
public final class Addition extends Elementwise {

  private final float floor;
  private boolean backward;
  private List<Tensor> parts;
  private List<Boolean> adds;
  private Tensor whole;

  /// @param shape one sample
  public Addition(int batch, Shape shape) {
    this(batch, shape, Float.NEGATIVE_INFINITY);
  }

  /// @param shape one sample
  /// @param floor the least that forward gives: 0 for a fused ReLU, minus infinity for none
  public Addition(int batch, Shape shape, float floor) {
    super(batch, shape);
    this.floor = floor;
  }

  /// `dst = max(srcs[0] + srcs[1] + ..., floor)`, in this order.
  public void forward(List<Tensor> srcs, Tensor dst, Parallel parallel) {
    backward = false;
    parts = srcs;
    whole = dst;
    run(parallel);
  }

  /// `dSrcs[i] =` or, with `adds[i]`, `+= dDst`, as without a floor.
  ///
  /// @param dSrcs null where no gradient is wanted
  public void backward(Tensor dDst, List<Tensor> dSrcs, List<Boolean> adds, Parallel parallel) {
    backward = true;
    whole = dDst;
    parts = dSrcs;
    this.adds = adds;
    run(parallel);
  }

  @Override
  void range(int image, int from, int length) {
    MemorySegment all = whole.segment();
    long allAt = at(whole, image, from);
    int vectors = length / COUNT;
    if (backward) {
      for (int i = 0; i < parts.size(); i++) {
        Tensor part = parts.get(i);
        if (part != null) {
          long at = at(part, image, from);
          Moves.vectors(all, allAt, part.segment(), at, vectors, adds.get(i));
        }
      }
      return;
    }
    Tensor a = parts.get(0);
    long aAt = at(a, image, from);
    int last = parts.size() - 1;
    for (int i = 1; i <= last; i++) {
      Tensor b = parts.get(i);
      float least = i == last ? floor : Float.NEGATIVE_INFINITY;
      sum(a.segment(), aAt, b.segment(), at(b, image, from), all, allAt, vectors, least);
      a = whole;
      aAt = allAt;
    }
  }

  static void sum(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment dst,
      long at,
      int vectors,
      float least) {
    FloatVector low = FloatVector.broadcast(SPECIES, least);
    for (int i = 0; i < vectors; i++) {
      long offset = (long) i * BYTES;
      FloatVector.fromMemorySegment(SPECIES, a, aAt + offset, ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, b, bAt + offset, ORDER))
          .max(low)
          .intoMemorySegment(dst, at + offset, ORDER);
    }
  }
}
