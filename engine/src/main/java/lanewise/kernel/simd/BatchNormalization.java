package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Batch normalization over samples and pixels per channel, with an optional residual added and an
/// optional ReLU on the way out: `y = act(gamma * (x - mean) / sqrt(variance + epsilon) + beta +
/// residual)`.
///
/// Forward reads x twice (statistics, then result). Backward reads x, the gradient and where needed
/// y twice (sums, then gradient). Sums are fp32 within some 2,048 positions and double across them,
/// in an order that the shapes fix. Statistics are taken of the distances from the channel's first
/// value, because squares of values far from zero would leave no digits for the variance.
public final class BatchNormalization {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final int batch;
  private final int channels;
  private final int blocks;
  private final int pixels;
  private final int parts;
  private final int imagesPerPart;
  private final boolean relu;
  private final double epsilon;
  private final float[] firstSums;
  private final float[] secondSums;

  /// Per channel: mean, 1 / deviation, and the factors of the pass that runs.
  private final float[] mean;

  private final float[] inverse;
  private final float[] factor;
  private final float[] slope;
  private final float[] offset;

  private final Parallel.Body statistics = this::statistics;
  private final Parallel.Body normalize = this::normalize;
  private final Parallel.Body gradientSums = this::gradientSums;
  private final Parallel.Body gradient = this::gradient;

  private Tensor x;
  private Tensor residual;
  private Tensor y;
  private Tensor dY;
  private Tensor dX;
  private Tensor dResidual;
  private boolean addX;
  private boolean addResidual;

  /// @param relu whether negative results become 0
  public BatchNormalization(Shape shape, int batch, double epsilon, boolean relu) {
    this.batch = batch;
    this.relu = relu;
    this.epsilon = epsilon;
    channels = shape.channels();
    blocks = Tensor.blocks(channels, Lanes.COUNT);
    pixels = shape.pixels();
    imagesPerPart = Math.clamp(Math.ceilDiv(2048, pixels), 1, batch);
    parts = Math.ceilDiv(batch, imagesPerPart);
    int padded = blocks * Lanes.COUNT;
    firstSums = new float[parts * padded];
    secondSums = new float[parts * padded];
    mean = new float[padded];
    inverse = new float[padded];
    factor = new float[padded];
    slope = new float[padded];
    offset = new float[padded];
  }

  /// Training: normalizes with the batch's statistics and moves the running ones by `momentum`
  /// (variance unbiased).
  public void forwardTraining(
      Tensor x,
      Tensor residual,
      MemorySegment gamma,
      MemorySegment beta,
      MemorySegment runningMean,
      MemorySegment runningVariance,
      double momentum,
      Tensor y,
      Parallel parallel) {
    this.x = x;
    parallel.run(parts * blocks, statistics);
    double count = (double) batch * pixels;
    for (int c = 0; c < channels; c++) {
      double shift = total(firstSums, c) / count;
      double m = x.get(0, c, 0, 0) + shift;
      double variance = Math.max(0, total(secondSums, c) / count - shift * shift);
      mean[c] = (float) m;
      inverse[c] = (float) (1 / Math.sqrt(variance + epsilon));
      double unbiased = variance * count / Math.max(1, count - 1);
      move(runningMean, c, m, momentum);
      move(runningVariance, c, unbiased, momentum);
    }
    apply(residual, gamma, beta, y, parallel);
  }

  /// Evaluation: normalizes with the running statistics.
  public void forwardInference(
      Tensor x,
      Tensor residual,
      MemorySegment gamma,
      MemorySegment beta,
      MemorySegment runningMean,
      MemorySegment runningVariance,
      Tensor y,
      Parallel parallel) {
    this.x = x;
    for (int c = 0; c < channels; c++) {
      mean[c] = runningMean.getAtIndex(FLOAT, c);
      inverse[c] = (float) (1 / Math.sqrt(runningVariance.getAtIndex(FLOAT, c) + epsilon));
    }
    apply(residual, gamma, beta, y, parallel);
  }

  private static void move(MemorySegment running, int c, double value, double momentum) {
    double old = running.getAtIndex(FLOAT, c);
    running.setAtIndex(FLOAT, c, (float) (old + momentum * (value - old)));
  }

  private void apply(
      Tensor residualInput,
      MemorySegment gamma,
      MemorySegment beta,
      Tensor result,
      Parallel parallel) {
    residual = residualInput;
    y = result;
    for (int c = 0; c < channels; c++) {
      factor[c] = gamma.getAtIndex(FLOAT, c) * inverse[c];
      offset[c] = beta.getAtIndex(FLOAT, c) - mean[c] * factor[c];
    }
    parallel.run(parts * blocks, normalize);
  }

  /// The gradients after [#forwardTraining] on the same tensors.
  ///
  /// @param dX gradient of x, or null
  /// @param dResidual gradient of the residual, or null
  public void backward(
      Tensor x,
      Tensor y,
      Tensor dY,
      MemorySegment gamma,
      MemorySegment dGamma,
      MemorySegment dBeta,
      Tensor dX,
      boolean addX,
      Tensor dResidual,
      boolean addResidual,
      Parallel parallel) {
    this.x = x;
    this.y = y;
    this.dY = dY;
    this.dX = dX;
    this.addX = addX;
    this.dResidual = dResidual;
    this.addResidual = addResidual;
    parallel.run(parts * blocks, gradientSums);
    double count = (double) batch * pixels;
    for (int c = 0; c < channels; c++) {
      double sum = total(firstSums, c);
      double product = total(secondSums, c) * inverse[c];
      dBeta.setAtIndex(FLOAT, c, (float) sum);
      dGamma.setAtIndex(FLOAT, c, (float) product);
      double scale = (double) gamma.getAtIndex(FLOAT, c) * inverse[c];
      factor[c] = (float) scale;
      slope[c] = (float) (-scale * inverse[c] * product / count);
      offset[c] = (float) (-scale * sum / count);
    }
    if (dX != null || dResidual != null) {
      parallel.run(parts * blocks, gradient);
    }
  }

  private double total(float[] partial, int channel) {
    double sum = 0;
    for (int part = 0; part < parts; part++) {
      sum += partial[part * blocks * Lanes.COUNT + channel];
    }
    return sum;
  }

  private long at(Tensor t, int image, int block) {
    return (image * t.imageStride() + (long) block * t.blockStride()) * Float.BYTES;
  }

  private static long image(Tensor t) {
    return t.imageStride() * Float.BYTES;
  }

  private void statistics(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    sums(
        x.segment(),
        at(x, from, block),
        image(x),
        to - from,
        pixels,
        at(x, 0, block),
        firstSums,
        secondSums,
        piece * Lanes.COUNT);
  }

  private static void sums(
      MemorySegment x,
      long at,
      long image,
      int images,
      int pixels,
      long originAt,
      float[] sums,
      float[] squares,
      int index) {
    FloatVector s = FloatVector.zero(SPECIES);
    FloatVector q = s;
    FloatVector origin = fromMemorySegment(SPECIES, x, originAt, ORDER);
    for (int n = 0; n < images; n++) {
      long row = at + n * image;
      for (int p = 0; p < pixels; p++) {
        FloatVector v =
            fromMemorySegment(SPECIES, x, row + (long) p * Lanes.BYTES, ORDER).sub(origin);
        s = s.add(v);
        q = v.fma(v, q);
      }
    }
    s.intoArray(sums, index);
    q.intoArray(squares, index);
  }

  private void normalize(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    int index = block * Lanes.COUNT;
    for (int n = from; n < to; n++) {
      if (residual == null) {
        scale(
            x.segment(),
            at(x, n, block),
            y.segment(),
            at(y, n, block),
            pixels,
            factor,
            offset,
            index,
            relu);
      } else {
        scaleAndAdd(
            x.segment(),
            at(x, n, block),
            residual.segment(),
            at(residual, n, block),
            y.segment(),
            at(y, n, block),
            pixels,
            factor,
            offset,
            index,
            relu);
      }
    }
  }

  private static void scale(
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      int pixels,
      float[] factor,
      float[] offset,
      int index,
      boolean relu) {
    FloatVector f = FloatVector.fromArray(SPECIES, factor, index);
    FloatVector o = FloatVector.fromArray(SPECIES, offset, index);
    FloatVector low = FloatVector.broadcast(SPECIES, relu ? 0 : Float.NEGATIVE_INFINITY);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      fromMemorySegment(SPECIES, x, xAt + i, ORDER)
          .fma(f, o)
          .max(low)
          .intoMemorySegment(y, yAt + i, ORDER);
    }
  }

  private static void scaleAndAdd(
      MemorySegment x,
      long xAt,
      MemorySegment r,
      long rAt,
      MemorySegment y,
      long yAt,
      int pixels,
      float[] factor,
      float[] offset,
      int index,
      boolean relu) {
    FloatVector f = FloatVector.fromArray(SPECIES, factor, index);
    FloatVector o = FloatVector.fromArray(SPECIES, offset, index);
    FloatVector low = FloatVector.broadcast(SPECIES, relu ? 0 : Float.NEGATIVE_INFINITY);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      fromMemorySegment(SPECIES, x, xAt + i, ORDER)
          .fma(f, o)
          .add(fromMemorySegment(SPECIES, r, rAt + i, ORDER))
          .max(low)
          .intoMemorySegment(y, yAt + i, ORDER);
    }
  }

  private void gradientSums(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    Tensor mask = relu ? y : dY;
    maskedSums(
        x.segment(),
        at(x, from, block),
        image(x),
        dY.segment(),
        at(dY, from, block),
        image(dY),
        mask.segment(),
        at(mask, from, block),
        image(mask),
        relu,
        to - from,
        pixels,
        mean,
        block * Lanes.COUNT,
        firstSums,
        secondSums,
        piece * Lanes.COUNT);
  }

  private static void maskedSums(
      MemorySegment x,
      long xAt,
      long xImage,
      MemorySegment g,
      long gAt,
      long gImage,
      MemorySegment y,
      long yAt,
      long yImage,
      boolean relu,
      int images,
      int pixels,
      float[] mean,
      int channel,
      float[] sums,
      float[] products,
      int index) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector s = zero;
    FloatVector q = zero;
    FloatVector m = FloatVector.fromArray(SPECIES, mean, channel);
    for (int n = 0; n < images; n++) {
      long xRow = xAt + n * xImage;
      long gRow = gAt + n * gImage;
      long yRow = yAt + n * yImage;
      for (int p = 0; p < pixels; p++) {
        long i = (long) p * Lanes.BYTES;
        FloatVector v = fromMemorySegment(SPECIES, g, gRow + i, ORDER);
        if (relu) {
          v =
              zero.blend(
                  v,
                  fromMemorySegment(SPECIES, y, yRow + i, ORDER).compare(VectorOperators.GT, zero));
        }
        s = s.add(v);
        q = fromMemorySegment(SPECIES, x, xRow + i, ORDER).sub(m).fma(v, q);
      }
    }
    s.intoArray(sums, index);
    q.intoArray(products, index);
  }

  private void gradient(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    int index = block * Lanes.COUNT;
    Tensor mask = relu ? y : dY;
    for (int n = from; n < to; n++) {
      if (dX != null) {
        inputGradient(
            x.segment(),
            at(x, n, block),
            dY.segment(),
            at(dY, n, block),
            mask.segment(),
            at(mask, n, block),
            relu,
            dX.segment(),
            at(dX, n, block),
            addX,
            pixels,
            factor,
            slope,
            offset,
            mean,
            index);
      }
      if (dResidual != null) {
        maskedCopy(
            dY.segment(),
            at(dY, n, block),
            mask.segment(),
            at(mask, n, block),
            relu,
            dResidual.segment(),
            at(dResidual, n, block),
            addResidual,
            pixels);
      }
    }
  }

  private static void inputGradient(
      MemorySegment x,
      long xAt,
      MemorySegment g,
      long gAt,
      MemorySegment y,
      long yAt,
      boolean relu,
      MemorySegment d,
      long dAt,
      boolean add,
      int pixels,
      float[] factor,
      float[] slope,
      float[] offset,
      float[] mean,
      int index) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector f = FloatVector.fromArray(SPECIES, factor, index);
    FloatVector s = FloatVector.fromArray(SPECIES, slope, index);
    FloatVector o = FloatVector.fromArray(SPECIES, offset, index);
    FloatVector m = FloatVector.fromArray(SPECIES, mean, index);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + i, ORDER);
      if (relu) {
        v =
            zero.blend(
                v, fromMemorySegment(SPECIES, y, yAt + i, ORDER).compare(VectorOperators.GT, zero));
      }
      FloatVector result = v.fma(f, fromMemorySegment(SPECIES, x, xAt + i, ORDER).sub(m).fma(s, o));
      if (add) {
        result = result.add(fromMemorySegment(SPECIES, d, dAt + i, ORDER));
      }
      result.intoMemorySegment(d, dAt + i, ORDER);
    }
  }

  private static void maskedCopy(
      MemorySegment g,
      long gAt,
      MemorySegment y,
      long yAt,
      boolean relu,
      MemorySegment d,
      long dAt,
      boolean add,
      int pixels) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + i, ORDER);
      if (relu) {
        v =
            zero.blend(
                v, fromMemorySegment(SPECIES, y, yAt + i, ORDER).compare(VectorOperators.GT, zero));
      }
      if (add) {
        v = v.add(fromMemorySegment(SPECIES, d, dAt + i, ORDER));
      }
      v.intoMemorySegment(d, dAt + i, ORDER);
    }
  }
}
