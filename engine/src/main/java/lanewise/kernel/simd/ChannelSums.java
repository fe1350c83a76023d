package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// The gradient at a bias and, on the same pass over memory, the gradient through a ReLU: sums over
/// samples and pixels per channel. Sums are fp32 within some images and double across them, in an
/// order that the shapes fix.
public final class ChannelSums {

  private final int batch;
  private final int blocks;
  private final int pixels;
  private final int parts;
  private final int imagesPerPart;
  private final float[] vectors;
  private final Parallel.Body body = this::part;

  private Tensor gradient;
  private Tensor output;

  public ChannelSums(Shape shape, int batch) {
    this.batch = batch;
    blocks = Tensor.blocks(shape.channels(), Lanes.COUNT);
    pixels = shape.pixels();
    imagesPerPart = Math.clamp(Math.ceilDiv(2048, pixels), 1, batch);
    parts = Math.ceilDiv(batch, imagesPerPart);
    vectors = new float[parts * blocks * Lanes.COUNT];
  }

  /// `gradient *= (output > 0)` in place, and `dBias = ` the sum of the gradient over samples and
  /// pixels.
  ///
  /// @param output the ReLU's output, or null where there is no ReLU
  /// @param dBias one value per channel, or null where there is no bias
  public void maskedGradient(
      Tensor gradient, Tensor output, MemorySegment dBias, Parallel parallel) {
    this.gradient = gradient;
    this.output = output;
    parallel.run(parts * blocks, body);
    if (dBias != null) {
      total(dBias);
    }
  }

  private void part(int piece, int thread) {
    int block = piece % blocks;
    int part = piece / blocks;
    int from = part * imagesPerPart;
    int to = Math.min(batch, from + imagesPerPart);
    long image = gradient.imageStride() * Float.BYTES;
    long at = from * image + (long) block * pixels * Lanes.BYTES;
    if (output == null) {
      sum(gradient.segment(), at, image, to - from, pixels, vectors, piece * Lanes.COUNT);
    } else {
      long outImage = output.imageStride() * Float.BYTES;
      long outAt = from * outImage + (long) block * pixels * Lanes.BYTES;
      mask(
          gradient.segment(),
          at,
          image,
          output.segment(),
          outAt,
          outImage,
          to - from,
          pixels,
          vectors,
          piece * Lanes.COUNT);
    }
  }

  private static void sum(
      MemorySegment g, long at, long image, int images, int pixels, float[] result, int index) {
    FloatVector a = FloatVector.zero(SPECIES);
    for (int n = 0; n < images; n++) {
      long row = at + n * image;
      for (int p = 0; p < pixels; p++) {
        a = a.add(fromMemorySegment(SPECIES, g, row + (long) p * Lanes.BYTES, ORDER));
      }
    }
    a.intoArray(result, index);
  }

  private static void mask(
      MemorySegment g,
      long at,
      long image,
      MemorySegment y,
      long yAt,
      long yImage,
      int images,
      int pixels,
      float[] result,
      int index) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector zero = a;
    for (int n = 0; n < images; n++) {
      long row = at + n * image;
      long yRow = yAt + n * yImage;
      for (int p = 0; p < pixels; p++) {
        long offset = (long) p * Lanes.BYTES;
        VectorMask<Float> positive =
            fromMemorySegment(SPECIES, y, yRow + offset, ORDER).compare(VectorOperators.GT, zero);
        FloatVector v = zero.blend(fromMemorySegment(SPECIES, g, row + offset, ORDER), positive);
        v.intoMemorySegment(g, row + offset, ORDER);
        a = a.add(v);
      }
    }
    a.intoArray(result, index);
  }

  private void total(MemorySegment dBias) {
    int channels = blocks * Lanes.COUNT;
    for (int c = 0; c < channels; c++) {
      double sum = 0;
      for (int part = 0; part < parts; part++) {
        sum += vectors[part * channels + c];
      }
      dBias.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, c, (float) sum);
    }
  }
}
