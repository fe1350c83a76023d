package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Activation functions, forward and backward; backward needs the output only. Source and
/// destination may be the same tensor. Bound to one shape and batch; one caller at a time.
public final class Activation extends Elementwise {

  /// What is computed for each value.
  public enum Function {
    /// `max(0, x)`, the gradient at 0 being 0.
    RELU,
    /// `1 / (1 + exp(-x))`.
    SIGMOID,
    /// The hyperbolic tangent.
    TANH
  }

  private final Function function;
  private final int wholeFloats;
  private final int lastLanes;

  private boolean backward;
  private boolean add;
  private Tensor src;
  private Tensor dst;
  private Tensor gradient;

  /// @param shape one sample
  public Activation(Function function, int batch, Shape shape) {
    super(batch, shape);
    this.function = function;
    lastLanes = (shape.channels() - 1) % COUNT + 1;
    wholeFloats = shape.channels() / COUNT * COUNT * shape.pixels();
  }

  /// `dst = function(src)`, zero in the lanes beyond the channels.
  public void forward(Tensor src, Tensor dst, Parallel parallel) {
    backward = false;
    this.src = src;
    this.dst = dst;
    run(parallel);
  }

  /// `dSrc =` or, with `add`, `+= dDst * function'`, the derivative computed from dst.
  public void backward(Tensor dst, Tensor dDst, Tensor dSrc, boolean add, Parallel parallel) {
    backward = true;
    this.add = add;
    src = dst;
    gradient = dDst;
    this.dst = dSrc;
    run(parallel);
  }

  @Override
  void range(int image, int from, int length) {
    MemorySegment x = src.segment();
    MemorySegment y = dst.segment();
    long xAt = at(src, image, from);
    long yAt = at(dst, image, from);
    int vectors = length / COUNT;
    if (backward) {
      MemorySegment g = gradient.segment();
      long gAt = at(gradient, image, from);
      switch (function) {
        case RELU -> reluBackward(x, xAt, g, gAt, y, yAt, vectors, add);
        case SIGMOID -> sigmoidBackward(x, xAt, g, gAt, y, yAt, vectors, add);
        case TANH -> tanhBackward(x, xAt, g, gAt, y, yAt, vectors, add);
      }
      return;
    }
    switch (function) {
      case RELU -> relu(x, xAt, y, yAt, vectors);
      case TANH -> VectorMath.tanh(x, xAt, y, yAt, vectors);
      case SIGMOID -> {
        // sigmoid(0) is not 0, so the last block's unused lanes are masked.
        int whole = Math.clamp(wholeFloats - from, 0, length) / COUNT;
        long skip = (long) whole * BYTES;
        VectorMath.sigmoid(x, xAt, y, yAt, whole, COUNT);
        VectorMath.sigmoid(x, xAt + skip, y, yAt + skip, vectors - whole, lastLanes);
      }
    }
  }

  private static void relu(MemorySegment src, long srcAt, MemorySegment dst, long at, int vectors) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < vectors; i++) {
      long offset = (long) i * BYTES;
      FloatVector x = FloatVector.fromMemorySegment(SPECIES, src, srcAt + offset, ORDER);
      // Not max: a comparison keeps NaN as well and is a single instruction.
      x.blend(zero, x.compare(VectorOperators.LE, 0f)).intoMemorySegment(dst, at + offset, ORDER);
    }
  }

  private static void reluBackward(
      MemorySegment y,
      long yAt,
      MemorySegment dDst,
      long dDstAt,
      MemorySegment dSrc,
      long at,
      int vectors,
      boolean add) {
    FloatVector zero = FloatVector.zero(SPECIES);
    if (add) {
      for (int i = 0; i < vectors; i++) {
        long offset = (long) i * BYTES;
        VectorMask<Float> positive =
            FloatVector.fromMemorySegment(SPECIES, y, yAt + offset, ORDER)
                .compare(VectorOperators.GT, 0f);
        FloatVector g =
            zero.blend(
                FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER), positive);
        FloatVector.fromMemorySegment(SPECIES, dSrc, at + offset, ORDER)
            .add(g)
            .intoMemorySegment(dSrc, at + offset, ORDER);
      }
      return;
    }
    for (int i = 0; i < vectors; i++) {
      long offset = (long) i * BYTES;
      VectorMask<Float> positive =
          FloatVector.fromMemorySegment(SPECIES, y, yAt + offset, ORDER)
              .compare(VectorOperators.GT, 0f);
      zero.blend(FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER), positive)
          .intoMemorySegment(dSrc, at + offset, ORDER);
    }
  }

  private static void sigmoidBackward(
      MemorySegment dst,
      long dstAt,
      MemorySegment dDst,
      long dDstAt,
      MemorySegment dSrc,
      long at,
      int vectors,
      boolean add) {
    if (add) {
      for (int i = 0; i < vectors; i++) {
        long offset = (long) i * BYTES;
        FloatVector y = FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER);
        FloatVector slope = y.neg().fma(y, y); // y - y * y
        FloatVector sum =
            FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER)
                .fma(slope, FloatVector.fromMemorySegment(SPECIES, dSrc, at + offset, ORDER));
        sum.intoMemorySegment(dSrc, at + offset, ORDER);
      }
      return;
    }
    for (int i = 0; i < vectors; i++) {
      long offset = (long) i * BYTES;
      FloatVector y = FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER);
      FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER)
          .mul(y.neg().fma(y, y))
          .intoMemorySegment(dSrc, at + offset, ORDER);
    }
  }

  private static void tanhBackward(
      MemorySegment dst,
      long dstAt,
      MemorySegment dDst,
      long dDstAt,
      MemorySegment dSrc,
      long at,
      int vectors,
      boolean add) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    if (add) {
      for (int i = 0; i < vectors; i++) {
        long offset = (long) i * BYTES;
        FloatVector y = FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER);
        FloatVector slope = y.neg().fma(y, one); // 1 - y * y
        FloatVector sum =
            FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER)
                .fma(slope, FloatVector.fromMemorySegment(SPECIES, dSrc, at + offset, ORDER));
        sum.intoMemorySegment(dSrc, at + offset, ORDER);
      }
      return;
    }
    for (int i = 0; i < vectors; i++) {
      long offset = (long) i * BYTES;
      FloatVector y = FloatVector.fromMemorySegment(SPECIES, dst, dstAt + offset, ORDER);
      FloatVector.fromMemorySegment(SPECIES, dDst, dDstAt + offset, ORDER)
          .mul(y.neg().fma(y, one))
          .intoMemorySegment(dSrc, at + offset, ORDER);
    }
  }
}
