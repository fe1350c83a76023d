package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;

/// Makes one convolution of a convolution and the batch normalization behind it, with running
/// statistics:
///
/// ```
/// factor[k]  = gamma[k] / sqrt(variance[k] + epsilon)
/// weights'   = weights * factor[k]
/// bias'[k]   = beta[k] + (bias[k] - mean[k]) * factor[k]
/// ```
///
/// for every output channel k. Factors and biases are computed in double precision; a weight is
/// rounded once. Bound to one spec; one caller at a time.
public final class NormFolding implements Parallel.Body {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final int filters;
  private final int blocks;
  private final int vectorsPerBlock;
  private final double epsilon;

  /// Per output channel; zero beyond the last.
  private final float[] factor;

  private MemorySegment weights;
  private MemorySegment folded;

  /// @param spec of the convolution
  /// @param epsilon added to the variance
  public NormFolding(ConvSpec spec, double epsilon) {
    this.epsilon = epsilon;
    filters = spec.filters();
    // Groups, where they are kept apart, are whole blocks.
    blocks = WeightPacking.blocks(filters);
    long vectors = WeightPacking.floats(spec) / Lanes.COUNT;
    vectorsPerBlock = Math.toIntExact(vectors / blocks);
    factor = new float[blocks * Lanes.COUNT];
  }

  /// Computes all weights and biases.
  ///
  /// @param weights packed weights
  /// @param bias one value per output channel, or null for none
  /// @param gamma scale of the normalization; beta, mean and variance likewise
  /// @param folded packed weights that come out
  /// @param foldedBias biases that come out; what lies beyond the last channel is left as it is
  public void run(
      MemorySegment weights,
      MemorySegment bias,
      MemorySegment gamma,
      MemorySegment beta,
      MemorySegment mean,
      MemorySegment variance,
      MemorySegment folded,
      MemorySegment foldedBias,
      Parallel parallel) {
    for (int k = 0; k < filters; k++) {
      double scale =
          gamma.getAtIndex(FLOAT, k) / Math.sqrt(variance.getAtIndex(FLOAT, k) + epsilon);
      double start = bias == null ? 0 : bias.getAtIndex(FLOAT, k);
      double shifted = beta.getAtIndex(FLOAT, k) + (start - mean.getAtIndex(FLOAT, k)) * scale;
      factor[k] = (float) scale;
      foldedBias.setAtIndex(FLOAT, k, (float) shifted);
    }
    this.weights = weights;
    this.folded = folded;
    parallel.run(blocks, this);
  }

  @Override
  public void run(int block, int thread) {
    FloatVector factors = fromArray(SPECIES, factor, block * Lanes.COUNT);
    long start = (long) block * vectorsPerBlock * Lanes.BYTES;
    for (int i = 0; i < vectorsPerBlock; i++) {
      long at = start + (long) i * Lanes.BYTES;
      fromMemorySegment(SPECIES, weights, at, ORDER)
          .mul(factors)
          .intoMemorySegment(folded, at, ORDER);
    }
  }
}
