package lanewise.train;

import lanewise.error.InvalidModelException;
import lanewise.kernel.Parallel;
import lanewise.kernel.simd.SoftmaxLoss;
import lanewise.tensor.Tensor;

/// Softmax of the logits and cross entropy with the labels, averaged over the batch, as
/// `torch.nn.CrossEntropyLoss` defines it:
///
/// ```
/// target[k] = (k == label ? 1 - labelSmoothing : 0) + labelSmoothing / classes
/// loss      = - mean over the samples of (sum over k of target[k] * log(softmax(logits)[k]))
/// gradient  = weight / count * (softmax(logits) - target)
/// ```
///
/// Label smoothing: Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7.
///
/// @param labelSmoothing part of the target that is spread evenly over all classes, 0 to 1
public record SoftmaxCrossEntropy(double labelSmoothing) {

  public SoftmaxCrossEntropy {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          "label smoothing %s must be from 0 to 1".formatted(labelSmoothing));
    }
  }

  /// Binds the loss to its memory.
  ///
  /// @param logits a vector of class scores per sample
  /// @param gradient receives the gradient of the logits; null if none is wanted
  /// @param weight factor of the gradient; the reported loss is without it
  /// @throws InvalidModelException if the logits are not a vector
  public Bound bind(Tensor logits, Tensor gradient, double weight, Parallel parallel) {
    if (!logits.shape().isVector()) {
      throw new InvalidModelException(
          "softmax cross entropy takes a vector of class scores, got %s; flatten or pool it first"
              .formatted(logits.shape()));
    }
    if (gradient != null
        && (!gradient.shape().equals(logits.shape()) || gradient.batch() != logits.batch())) {
      throw new IllegalArgumentException(
          "the gradient is %d x %s, the logits are %d x %s"
              .formatted(gradient.batch(), gradient.shape(), logits.batch(), logits.shape()));
    }
    return new Bound(this, logits, gradient, weight, parallel);
  }

  /// The loss bound to its memory. Computing allocates nothing; one caller at a time.
  public static final class Bound {

    private final Tensor logits;
    private final Tensor gradient;
    private final double weight;
    private final Parallel parallel;
    private final SoftmaxLoss kernel;

    private Bound(
        SoftmaxCrossEntropy loss,
        Tensor logits,
        Tensor gradient,
        double weight,
        Parallel parallel) {
      this.logits = logits;
      this.gradient = gradient;
      this.weight = weight;
      this.parallel = parallel;
      int classes = logits.shape().channels();
      kernel = new SoftmaxLoss(logits.batch(), classes, loss.labelSmoothing(), parallel.threads());
    }

    /// Computes the loss and, where one is bound, the gradient. A NaN among the logits gives NaN.
    ///
    /// @param labels the classes, at least `count`
    /// @param count samples that are real, at least 1; the rest of the batch is ignored, and its
    ///     gradient becomes 0
    /// @return the mean loss of the real samples
    /// @throws IllegalArgumentException if a label is not a class; names the sample
    public double compute(int[] labels, int count) {
      if (count < 1 || count > logits.batch() || count > labels.length) {
        throw new IllegalArgumentException(
            "%d samples of a batch of %d with %d labels"
                .formatted(count, logits.batch(), labels.length));
      }
      int classes = logits.shape().channels();
      for (int n = 0; n < count; n++) {
        if (labels[n] < 0 || labels[n] >= classes) {
          throw new IllegalArgumentException(
              "sample %d has label %d, but the classes are 0 to %d"
                  .formatted(n, labels[n], classes - 1));
        }
      }
      return kernel.run(logits, labels, count, gradient, weight, parallel);
    }

    /// How many of the last computed samples have their label as the largest logit; of equal
    /// logits the first class wins.
    public int top1() {
      return kernel.correct(1);
    }

    /// The same with the label among the five largest logits.
    public int top5() {
      return kernel.correct(5);
    }
  }
}
