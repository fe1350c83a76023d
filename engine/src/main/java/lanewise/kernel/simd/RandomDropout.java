package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.Parallel;
import lanewise.random.CounterRandom;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Inverted dropout: each value becomes 0 with the given probability or is divided by the
/// probability of staying. Whether a value stays depends on a key and its index in plain NCHW order
/// alone, so the mask is the same for every lane count and is computed again rather than stored.
///
/// Scalar on purpose: its time is that of two 64-bit products per value, which few machines have as
/// vector instructions. Bound to one shape and batch; one caller at a time.
public final class RandomDropout extends Elementwise {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Shape shape;
  private final int threshold;
  private final float scale;

  private Tensor src;
  private Tensor dst;
  private boolean add;
  private long key;

  /// @param probability chance of becoming 0, at least 0 and below 1
  /// @param shape one sample
  public RandomDropout(double probability, int batch, Shape shape) {
    super(batch, shape);
    this.shape = shape;
    threshold = (int) Math.ceil(probability * (1 << 24)); // of 24 random bits
    scale = (float) (1 / (1 - probability));
  }

  /// `dst =` or, with `add`, `+= src / (1 - probability)` where a value stays, else 0. Forward and
  /// backward are the same, with the same key.
  ///
  /// @param key value `i` stays if `CounterRandom.uniform(CounterRandom.bits(key, i))` is at least
  ///     the probability
  public void run(Tensor src, Tensor dst, boolean add, long key, Parallel parallel) {
    this.src = src;
    this.dst = dst;
    this.add = add;
    this.key = key;
    run(parallel);
  }

  @Override
  void range(int image, int from, int length) {
    int pixels = shape.pixels();
    int end = (from + length) / COUNT;
    for (int vector = from / COUNT; vector < end; ) {
      int pixel = vector % pixels;
      int channel = vector / pixels * COUNT;
      int count = Math.min(pixels - pixel, end - vector);
      long index = image * shape.elements() + (long) channel * pixels + pixel;
      int lanes = Math.min(COUNT, shape.channels() - channel);
      pixels(image, vector * COUNT, count, lanes, index);
      vector += count;
    }
  }

  /// Neighbouring pixels of one block of channels.
  ///
  /// @param index plain index of the first value
  private void pixels(int image, int from, int count, int lanes, long index) {
    MemorySegment x = src.segment();
    MemorySegment y = dst.segment();
    int pixels = shape.pixels();
    for (int i = 0; i < count; i++) {
      long offset = (long) i * BYTES;
      long xAt = at(src, image, from) + offset;
      long yAt = at(dst, image, from) + offset;
      for (int lane = 0; lane < lanes; lane++) {
        long lanePart = (long) lane * Float.BYTES;
        int random = (int) (CounterRandom.bits(key, index + i + (long) lane * pixels) >>> 40);
        int stays = ~(random - threshold >> 31); // all bits or none: a branch would mispredict
        float scaled = x.get(FLOAT, xAt + lanePart) * scale;
        float value = Float.intBitsToFloat(Float.floatToRawIntBits(scaled) & stays);
        y.set(FLOAT, yAt + lanePart, add ? y.get(FLOAT, yAt + lanePart) + value : value);
      }
      for (int lane = lanes; lane < COUNT; lane++) {
        y.set(FLOAT, yAt + (long) lane * Float.BYTES, 0f);
      }
    }
  }
}
