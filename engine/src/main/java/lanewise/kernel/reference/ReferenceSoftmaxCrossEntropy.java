package lanewise.kernel.reference;

/// Softmax followed by the cross entropy with the labels, averaged over the batch, with label
/// smoothing as `torch.nn.CrossEntropyLoss` defines it: the target distribution is
/// `(1 - smoothing)` on the label plus `smoothing / K` on each of the K classes, the label's
/// included.
///
/// Shapes: logits, probabilities and dLogits `N x K`; labels `N`, each in 0 ... K-1.
public final class ReferenceSoftmaxCrossEntropy {

  private ReferenceSoftmaxCrossEntropy() {}

  /// The probabilities `exp(logit) / sum of exp(logits)` of every sample.
  public static double[] softmax(int batch, int classes, double[] logits) {
    double[] probabilities = logSoftmax(batch, classes, logits);
    for (int o = 0; o < probabilities.length; o++) {
      probabilities[o] = Math.exp(probabilities[o]);
    }
    return probabilities;
  }

  /// The mean over the batch of
  /// `(1 - smoothing) * -log p[label] + smoothing / K * sum over k of -log p[k]`.
  public static double loss(
      int batch, int classes, double[] logits, int[] labels, double smoothing) {
    Sizes.check("labels", labels.length, batch);
    double[] logProbabilities = logSoftmax(batch, classes, logits);
    double sum = 0;
    for (int n = 0; n < batch; n++) {
      for (int k = 0; k < classes; k++) {
        sum -= target(labels[n], k, classes, smoothing) * logProbabilities[n * classes + k];
      }
    }
    return sum / batch;
  }

  /// The gradient of [#loss] by the logits: `(probability - target) / N`.
  public static double[] backward(
      int batch, int classes, double[] logits, int[] labels, double smoothing) {
    Sizes.check("labels", labels.length, batch);
    double[] dLogits = softmax(batch, classes, logits);
    for (int n = 0; n < batch; n++) {
      for (int k = 0; k < classes; k++) {
        int at = n * classes + k;
        dLogits[at] = (dLogits[at] - target(labels[n], k, classes, smoothing)) / batch;
      }
    }
    return dLogits;
  }

  private static double target(int label, int k, int classes, double smoothing) {
    if (label < 0 || label >= classes) {
      throw new IllegalArgumentException("label %d of %d classes".formatted(label, classes));
    }
    return (k == label ? 1 - smoothing : 0) + smoothing / classes;
  }

  private static double[] logSoftmax(int batch, int classes, double[] logits) {
    Sizes.check("logits", logits.length, batch, classes);
    double[] logProbabilities = new double[logits.length];
    for (int n = 0; n < batch; n++) {
      // Without the maximum taken off first, exp overflows for logits above 709.
      double max = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < classes; k++) {
        max = Math.max(max, logits[n * classes + k]);
      }
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        sum += Math.exp(logits[n * classes + k] - max);
      }
      for (int k = 0; k < classes; k++) {
        logProbabilities[n * classes + k] = logits[n * classes + k] - max - Math.log(sum);
      }
    }
    return logProbabilities;
  }
}
