package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Softmax and cross entropy with smoothed labels, the loss and its gradient in one pass over the
/// logits. Sums are taken in double precision class by class, so that the bits do not depend on the
/// lane count either. Bound to one size; one caller at a time.
public final class SoftmaxLoss implements Parallel.Body {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final int PIECE = 2048; // floats

  private final int classes;
  private final int vectors;
  private final int lastLanes;
  private final int batch;
  private final double smoothing;
  private final int samplesPerPiece;
  private final float[][] exponentials; // of one sample, per thread
  private final float[][] exponents; // their powers of two, per thread
  private final double[] losses;
  private final int[] ranks;

  private Tensor logits;
  private Tensor gradient;
  private int[] labels;
  private int count;
  private double weight;

  /// @param smoothing part of the target that is spread evenly over all classes
  public SoftmaxLoss(int batch, int classes, double smoothing, int threads) {
    this.batch = batch;
    this.classes = classes;
    this.smoothing = smoothing;
    vectors = Math.ceilDiv(classes, COUNT);
    lastLanes = classes - (vectors - 1) * COUNT;
    samplesPerPiece = Math.max(1, PIECE / (vectors * COUNT));
    exponentials = new float[threads][vectors * COUNT];
    exponents = new float[threads][vectors * COUNT];
    losses = new double[batch];
    ranks = new int[batch];
  }

  /// The mean loss of the first `count` samples, not weighted.
  ///
  /// @param logits `classes x 1 x 1` per sample
  /// @param labels at least `count`, each at least 0 and below `classes`
  /// @param gradient becomes `weight / count * (softmax(logits) - target)`, and 0 for the other
  ///     samples; null if none is wanted
  public double run(
      Tensor logits, int[] labels, int count, Tensor gradient, double weight, Parallel parallel) {
    this.logits = logits;
    this.labels = labels;
    this.count = count;
    this.gradient = gradient;
    this.weight = weight;
    parallel.run(Math.ceilDiv(batch, samplesPerPiece), this);
    double sum = 0;
    for (int n = 0; n < count; n++) {
      sum += losses[n];
    }
    return sum / count;
  }

  /// How many samples of the last run have their label among the `best` largest logits. Of equal
  /// logits the first class wins; a label whose logit is NaN is never counted.
  public int correct(int best) {
    int correct = 0;
    for (int n = 0; n < count; n++) {
      correct += ranks[n] < best ? 1 : 0;
    }
    return correct;
  }

  @Override
  public void run(int piece, int thread) {
    int end = Math.min(batch, (piece + 1) * samplesPerPiece);
    for (int n = piece * samplesPerPiece; n < end; n++) {
      if (n < count) {
        sample(n, exponentials[thread], exponents[thread]);
      } else if (gradient != null) {
        long at = n * gradient.imageStride() * Float.BYTES;
        Vectors.zero(gradient.segment(), at, (long) vectors * BYTES);
      }
    }
  }

  private void sample(int n, float[] exp, float[] exponents) {
    MemorySegment x = logits.segment();
    long at = n * logits.imageStride() * Float.BYTES;
    int label = labels[n];
    float max = max(x, at, vectors, lastLanes);
    VectorMath.exp(x, at, max, exp, exponents, vectors);
    float own = x.get(FLOAT, at + (long) label * Float.BYTES);
    double sum = 0;
    double shifted = 0;
    int rank = 0;
    for (int k = 0; k < classes; k++) {
      float logit = x.get(FLOAT, at + (long) k * Float.BYTES);
      double e = exp[k] * powerOfTwo((int) exponents[k]);
      exp[k] = (float) e;
      sum += e;
      shifted += (double) logit - max;
      // Negated so that a NaN, of either, comes before the label.
      rank += !(logit <= own) || logit == own && k < label ? 1 : 0;
    }
    ranks[n] = Float.isNaN(own) ? Integer.MAX_VALUE : rank;
    double loss = Math.log(sum) - (1 - smoothing) * ((double) own - max);
    losses[n] = smoothing > 0 ? loss - smoothing / classes * shifted : loss;
    if (gradient != null) {
      MemorySegment g = gradient.segment();
      long gAt = n * gradient.imageStride() * Float.BYTES;
      double even = smoothing / classes;
      double scale = weight / count;
      gradient(exp, vectors, lastLanes, (float) (scale / sum), (float) (scale * even), g, gAt);
      double ownGradient = scale * (exp[label] / sum - even - (1 - smoothing));
      g.set(FLOAT, gAt + (long) label * Float.BYTES, (float) ownGradient);
    }
  }

  private static double powerOfTwo(int n) {
    return Double.longBitsToDouble((n + 1023L) << 52);
  }

  /// The largest value, NaN if there is one.
  private static float max(MemorySegment src, long at, int vectors, int lastLanes) {
    VectorMask<Float> last = SPECIES.indexInRange(0, lastLanes);
    FloatVector unused = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    FloatVector max =
        unused.blend(
            FloatVector.fromMemorySegment(SPECIES, src, at + (long) (vectors - 1) * BYTES, ORDER),
            last);
    for (int i = 0; i < vectors - 1; i++) {
      max = max.max(FloatVector.fromMemorySegment(SPECIES, src, at + (long) i * BYTES, ORDER));
    }
    return max.reduceLanes(VectorOperators.MAX);
  }

  /// `dst = exp * scale - even`, and 0 beyond the classes.
  private static void gradient(
      float[] exp,
      int vectors,
      int lastLanes,
      float scale,
      float even,
      MemorySegment dst,
      long at) {
    FloatVector zero = FloatVector.zero(SPECIES);
    VectorMask<Float> last = SPECIES.indexInRange(0, lastLanes);
    for (int i = 0; i < vectors - 1; i++) {
      FloatVector e = FloatVector.fromArray(SPECIES, exp, i * COUNT);
      e.mul(scale).sub(even).intoMemorySegment(dst, at + (long) i * BYTES, ORDER);
    }
    int end = vectors - 1;
    FloatVector e = FloatVector.fromArray(SPECIES, exp, end * COUNT);
    zero.blend(e.mul(scale).sub(even), last).intoMemorySegment(dst, at + (long) end * BYTES, ORDER);
  }
}
