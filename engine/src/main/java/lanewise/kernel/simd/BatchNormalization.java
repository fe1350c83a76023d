package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Batch normalization over samples and pixels per channel, with an optional residual added and an
/// optional ReLU on the way out: `y = act(gamma * (x - mean) / sqrt(variance + epsilon) + beta +
/// residual)`.
///
/// Forward reads x once for the statistics, unless the convolution that made it has taken them
/// already, and once for the result, which it may leave to who reads it ([Prologue]). See
/// [BatchNormalizationGradient] for the way back.
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

  /// Per channel: mean, 1 / deviation, and the factors of the pass that runs.
  private final float[] mean;

  private final float[] inverse;
  private final float[] factor;
  private final float[] offset;
  private final ChannelStatistics own;
  private final int slotImages;
  private final int slotsPerImage;

  private final Parallel.Body statistics = this::statistics;
  private final Parallel.Body normalize = this::normalizePiece;
  private final Prologue.Samples normalizeSample = this::normalizeSample;
  private final BatchNormalizationGradient gradient;

  private Tensor x;
  private Tensor residual;
  private Tensor y;

  /// @param relu whether negative results become 0
  public BatchNormalization(Shape shape, int batch, double epsilon, boolean relu) {
    this.batch = batch;
    this.relu = relu;
    this.epsilon = epsilon;
    channels = shape.channels();
    blocks = Tensor.blocks(channels, Lanes.COUNT);
    pixels = shape.pixels();
    imagesPerPart = imagesPerPart(pixels, batch);
    parts = Math.ceilDiv(batch, imagesPerPart);
    int padded = blocks * Lanes.COUNT;
    mean = new float[padded];
    inverse = new float[padded];
    factor = new float[padded];
    offset = new float[padded];
    own = new ChannelStatistics(channels);
    slotImages = Math.clamp(ChannelStatistics.POSITIONS / pixels, 1, imagesPerPart);
    slotsPerImage = Math.ceilDiv(pixels, ChannelStatistics.POSITIONS);
    gradient = new BatchNormalizationGradient(shape, batch, relu);
  }

  /// Images of one piece of work: some 2,048 positions, whole slots of statistics.
  static int imagesPerPart(int pixels, int batch) {
    int slot = Math.max(1, ChannelStatistics.POSITIONS / pixels);
    return Math.clamp(Math.ceilDiv(2048, pixels * slot) * (long) slot, 1, batch);
  }

  /// Training: normalizes with the batch's statistics and moves the running ones by `momentum`
  /// (variance unbiased).
  ///
  /// @param taken statistics of x that its producer has taken, or null
  /// @param later makes the result sample by sample, and until then x and the residual must stay;
  ///     null to make it here
  public void forwardTraining(
      Tensor x,
      ChannelStatistics taken,
      Tensor residual,
      MemorySegment gamma,
      MemorySegment beta,
      MemorySegment runningMean,
      MemorySegment runningVariance,
      double momentum,
      Tensor y,
      Prologue later,
      Parallel parallel) {
    this.x = x;
    ChannelStatistics found = taken;
    if (found == null || !found.take()) {
      found = own;
      own.begin(Math.ceilDiv(batch, slotImages) * slotsPerImage);
      parallel.run(parts * blocks, statistics);
    }
    double count = (double) batch * pixels;
    for (int c = 0; c < channels; c++) {
      found.combine(c);
      mean[c] = (float) found.mean();
      inverse[c] = (float) (1 / Math.sqrt(found.variance() + epsilon));
      double unbiased = found.variance() * count / Math.max(1, count - 1);
      move(runningMean, c, found.mean(), momentum);
      move(runningVariance, c, unbiased, momentum);
    }
    apply(residual, gamma, beta, y, later, parallel);
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
    apply(residual, gamma, beta, y, null, parallel);
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
      Prologue later,
      Parallel parallel) {
    residual = residualInput;
    y = result;
    for (int c = 0; c < channels; c++) {
      factor[c] = gamma.getAtIndex(FLOAT, c) * inverse[c];
      offset[c] = beta.getAtIndex(FLOAT, c) - mean[c] * factor[c];
    }
    if (later == null) {
      parallel.run(parts * blocks, normalize);
    } else {
      later.begin(normalizeSample);
    }
  }

  /// The gradients after [#forwardTraining] on the same tensors.
  ///
  /// @param dX gradient of x, or null
  /// @param dResidual gradient of the residual, or null
  /// @param later makes the gradients of x and of the residual sample by sample, and until then x,
  ///     y and the gradient of y must stay; null to make them here
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
      Prologue later,
      Parallel parallel) {
    gradient.run(
        x,
        residual == null ? null : y,
        dY,
        mean,
        inverse,
        factor,
        offset,
        gamma,
        dGamma,
        dBeta,
        dX,
        addX,
        dResidual,
        addResidual,
        later,
        parallel);
  }

  private long at(Tensor t, int image, int block) {
    return (image * t.imageStride() + (long) block * t.blockStride()) * Float.BYTES;
  }

  private void statistics(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    int step = Math.ceilDiv(pixels, slotsPerImage);
    for (int n = from; n < to; n += slotImages) {
      int images = Math.min(slotImages, to - n);
      for (int i = 0; i < slotsPerImage; i++) {
        int slot = n / slotImages * slotsPerImage + i;
        int count = Math.min(step, pixels - i * step);
        long at = at(x, n, block) + (long) i * step * Lanes.BYTES;
        own.take(slot, block, x.segment(), at, images, x.imageStride() * Float.BYTES, count);
      }
    }
  }

  private void normalizePiece(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    for (int n = from; n < to; n++) {
      normalize(n, block, block + 1);
    }
  }

  private void normalizeSample(int sample) {
    normalize(sample, 0, blocks);
  }

  private void normalize(int n, int from, int to) {
    for (int block = from; block < to; block++) {
      int index = block * Lanes.COUNT;
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
}
