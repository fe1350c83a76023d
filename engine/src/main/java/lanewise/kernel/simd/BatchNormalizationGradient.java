package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromArray;
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

/// The backward pass of [BatchNormalization], in two passes over memory: sums of the gradient per
/// channel, then the gradient of x, which it may leave to who reads it ([Prologue]).
///
/// ReLU's mask comes from x itself, whose normalized value is computed again; only with a residual
/// is the output read. The residual's gradient is the masked gradient: the first pass writes it,
/// and
/// what follows reads it instead of the gradient and the mask. Sums are fp32 within some 1,024
/// positions and double across them, in an order that the shapes fix.
final class BatchNormalizationGradient {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final int batch;
  private final int channels;
  private final int blocks;
  private final int pixels;
  private final int imagesPerPart;
  private final int parts;
  private final int slotsPerImage;
  private final boolean relu;
  private final float[] firstSums;
  private final float[] secondSums;
  private final float[] scale;
  private final float[] slope;
  private final float[] shift;
  private final float[] one;
  private final float[] zero;
  private final Parallel.Body sums = this::sums;
  private final Parallel.Body gradient = this::gradientPiece;
  private final Prologue.Samples gradientSample = this::gradientSample;

  private Tensor x;
  private Tensor g;
  private Tensor dY;
  private Tensor mask;
  private float[] maskFactor;
  private float[] maskOffset;
  private float[] mean;
  private Tensor dX;
  private boolean addX;
  private Tensor dResidual;
  private boolean addResidual;

  BatchNormalizationGradient(Shape shape, int batch, boolean relu) {
    this.batch = batch;
    this.relu = relu;
    channels = shape.channels();
    blocks = Tensor.blocks(channels, Lanes.COUNT);
    pixels = shape.pixels();
    imagesPerPart = Math.clamp(ChannelStatistics.POSITIONS / pixels, 1, batch);
    parts = Math.ceilDiv(batch, imagesPerPart);
    slotsPerImage = Math.ceilDiv(pixels, ChannelStatistics.POSITIONS);
    int padded = blocks * Lanes.COUNT;
    firstSums = new float[parts * slotsPerImage * padded];
    secondSums = new float[firstSums.length];
    scale = new float[padded];
    slope = new float[padded];
    shift = new float[padded];
    zero = new float[padded];
    one = new float[padded];
    java.util.Arrays.fill(one, 1);
  }

  /// @param y the output, or null to find ReLU's mask from x by factor and offset
  /// @param factor what forward multiplied x with, per channel
  /// @param offset what forward added
  /// @param later makes the gradients of x and of the residual, or null to make them here
  void run(
      Tensor x,
      Tensor y,
      Tensor dY,
      float[] mean,
      float[] inverse,
      float[] factor,
      float[] offset,
      MemorySegment gamma,
      MemorySegment dGamma,
      MemorySegment dBeta,
      Tensor dX,
      boolean addX,
      Tensor dResidual,
      boolean addResidual,
      Prologue later,
      Parallel parallel) {
    this.x = x;
    this.dY = dY;
    this.mean = mean;
    this.dX = dX;
    this.addX = addX;
    this.dResidual = dResidual;
    this.addResidual = addResidual;
    mask = y == null ? x : y;
    maskFactor = y == null ? factor : one;
    maskOffset = y == null ? offset : zero;
    g = writesMasked() ? dResidual : dY;
    parallel.run(parts * blocks, sums);
    double count = (double) batch * pixels;
    for (int c = 0; c < channels; c++) {
      double sum = total(firstSums, c);
      double product = total(secondSums, c) * inverse[c];
      dBeta.setAtIndex(FLOAT, c, (float) sum);
      dGamma.setAtIndex(FLOAT, c, (float) product);
      double s = (double) gamma.getAtIndex(FLOAT, c) * inverse[c];
      scale[c] = (float) s;
      slope[c] = (float) (-s * inverse[c] * product / count);
      shift[c] = (float) (-s * sum / count);
    }
    if (dX == null && (dResidual == null || writesMasked())) {
      return;
    }
    if (later == null) {
      parallel.run(parts * blocks, gradient);
    } else {
      later.begin(gradientSample);
    }
  }

  /// Whether the first pass writes the masked gradient to the residual's gradient.
  private boolean writesMasked() {
    return dResidual != null && !addResidual;
  }

  private double total(float[] partial, int channel) {
    double sum = 0;
    for (int i = channel; i < partial.length; i += blocks * Lanes.COUNT) {
      sum += partial[i];
    }
    return sum;
  }

  private static long at(Tensor t, int image, int block) {
    return (image * t.imageStride() + (long) block * t.blockStride()) * Float.BYTES;
  }

  private void sums(int piece, int thread) {
    int block = piece % blocks;
    int part = piece / blocks;
    int from = part * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    int index = block * Lanes.COUNT;
    boolean masked = writesMasked();
    for (int n = from; n < to && masked; n++) {
      maskedCopy(n, block, false);
    }
    int step = Math.ceilDiv(pixels, slotsPerImage);
    for (int i = 0; i < slotsPerImage; i++) {
      long skip = (long) i * step * Lanes.BYTES;
      maskedSums(
          x.segment(),
          at(x, from, block) + skip,
          x.imageStride() * Float.BYTES,
          g.segment(),
          at(g, from, block) + skip,
          g.imageStride() * Float.BYTES,
          mask.segment(),
          at(mask, from, block) + skip,
          mask.imageStride() * Float.BYTES,
          relu && !masked,
          to - from,
          Math.min(step, pixels - i * step),
          mean,
          maskFactor,
          maskOffset,
          index,
          firstSums,
          secondSums,
          ((part * slotsPerImage + i) * blocks + block) * Lanes.COUNT);
    }
  }

  private static void maskedSums(
      MemorySegment x,
      long xAt,
      long xImage,
      MemorySegment g,
      long gAt,
      long gImage,
      MemorySegment m,
      long mAt,
      long mImage,
      boolean relu,
      int images,
      int pixels,
      float[] mean,
      float[] maskFactor,
      float[] maskOffset,
      int channel,
      float[] sums,
      float[] products,
      int index) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector s = zero;
    FloatVector q = zero;
    FloatVector center = fromArray(SPECIES, mean, channel);
    FloatVector factor = fromArray(SPECIES, maskFactor, channel);
    FloatVector offset = fromArray(SPECIES, maskOffset, channel);
    for (int n = 0; n < images; n++) {
      long xRow = xAt + n * xImage;
      long gRow = gAt + n * gImage;
      long mRow = mAt + n * mImage;
      for (int p = 0; p < pixels; p++) {
        long i = (long) p * Lanes.BYTES;
        FloatVector v = fromMemorySegment(SPECIES, g, gRow + i, ORDER);
        if (relu) {
          v =
              zero.blend(
                  v,
                  fromMemorySegment(SPECIES, m, mRow + i, ORDER)
                      .fma(factor, offset)
                      .compare(VectorOperators.GT, zero));
        }
        s = s.add(v);
        q = fromMemorySegment(SPECIES, x, xRow + i, ORDER).sub(center).fma(v, q);
      }
    }
    s.intoArray(sums, index);
    q.intoArray(products, index);
  }

  private void gradientPiece(int piece, int thread) {
    int block = piece % blocks;
    int from = piece / blocks * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    for (int n = from; n < to; n++) {
      gradient(n, block, block + 1);
    }
  }

  private void gradientSample(int sample) {
    gradient(sample, 0, blocks);
  }

  private void gradient(int n, int from, int to) {
    boolean masked = writesMasked();
    for (int block = from; block < to; block++) {
      if (dX != null) {
        inputGradient(
            x.segment(),
            at(x, n, block),
            g.segment(),
            at(g, n, block),
            mask.segment(),
            at(mask, n, block),
            relu && !masked,
            dX.segment(),
            at(dX, n, block),
            addX,
            pixels,
            scale,
            slope,
            shift,
            mean,
            maskFactor,
            maskOffset,
            block * Lanes.COUNT);
      }
      if (dResidual != null && !masked) {
        maskedCopy(n, block, true);
      }
    }
  }

  private static void inputGradient(
      MemorySegment x,
      long xAt,
      MemorySegment g,
      long gAt,
      MemorySegment m,
      long mAt,
      boolean relu,
      MemorySegment d,
      long dAt,
      boolean add,
      int pixels,
      float[] scale,
      float[] slope,
      float[] shift,
      float[] mean,
      float[] maskFactor,
      float[] maskOffset,
      int index) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector f = fromArray(SPECIES, scale, index);
    FloatVector s = fromArray(SPECIES, slope, index);
    FloatVector o = fromArray(SPECIES, shift, index);
    FloatVector center = fromArray(SPECIES, mean, index);
    FloatVector factor = fromArray(SPECIES, maskFactor, index);
    FloatVector offset = fromArray(SPECIES, maskOffset, index);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + i, ORDER);
      if (relu) {
        v =
            zero.blend(
                v,
                fromMemorySegment(SPECIES, m, mAt + i, ORDER)
                    .fma(factor, offset)
                    .compare(VectorOperators.GT, zero));
      }
      FloatVector result =
          v.fma(f, fromMemorySegment(SPECIES, x, xAt + i, ORDER).sub(center).fma(s, o));
      if (add) {
        result = result.add(fromMemorySegment(SPECIES, d, dAt + i, ORDER));
      }
      result.intoMemorySegment(d, dAt + i, ORDER);
    }
  }

  private void maskedCopy(int image, int block, boolean add) {
    maskedCopy(
        dY.segment(),
        at(dY, image, block),
        mask.segment(),
        at(mask, image, block),
        relu,
        dResidual.segment(),
        at(dResidual, image, block),
        add,
        pixels,
        maskFactor,
        maskOffset,
        block * Lanes.COUNT);
  }

  private static void maskedCopy(
      MemorySegment g,
      long gAt,
      MemorySegment m,
      long mAt,
      boolean relu,
      MemorySegment d,
      long dAt,
      boolean add,
      int pixels,
      float[] maskFactor,
      float[] maskOffset,
      int index) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector factor = fromArray(SPECIES, maskFactor, index);
    FloatVector offset = fromArray(SPECIES, maskOffset, index);
    for (int p = 0; p < pixels; p++) {
      long i = (long) p * Lanes.BYTES;
      FloatVector v = fromMemorySegment(SPECIES, g, gAt + i, ORDER);
      if (relu) {
        v =
            zero.blend(
                v,
                fromMemorySegment(SPECIES, m, mAt + i, ORDER)
                    .fma(factor, offset)
                    .compare(VectorOperators.GT, zero));
      }
      if (add) {
        v = v.add(fromMemorySegment(SPECIES, d, dAt + i, ORDER));
      }
      v.intoMemorySegment(d, dAt + i, ORDER);
    }
  }
}
