package lanewise.kernel.reference;

/// Batch normalization over the samples and positions of every channel (Ioffe and Szegedy 2015), as
/// in PyTorch.
///
/// Shapes: src, dst and their gradients `N x C x pixels`; gamma, beta, means and variances `C`.
public final class ReferenceBatchNorm {

  private ReferenceBatchNorm() {}

  /// The mean of every channel.
  public static double[] mean(int batch, int channels, int pixels, double[] src) {
    Sizes.check("src", src.length, batch, channels, pixels);
    double[] mean = new double[channels];
    for (int s = 0; s < src.length; s++) {
      mean[s / pixels % channels] += src[s];
    }
    return divide(mean, batch * pixels);
  }

  /// The biased variance of every channel: the mean squared distance from the mean.
  public static double[] variance(int batch, int channels, int pixels, double[] src) {
    double[] mean = mean(batch, channels, pixels, src);
    double[] variance = new double[channels];
    for (int s = 0; s < src.length; s++) {
      int c = s / pixels % channels;
      variance[c] += (src[s] - mean[c]) * (src[s] - mean[c]);
    }
    return divide(variance, batch * pixels);
  }

  /// Training: `dst = gamma * (src - mean) / sqrt(variance + epsilon) + beta` with this batch's
  /// statistics. Moves the running statistics in place:
  /// `running = (1 - momentum) * running + momentum * current`, where the variance is the unbiased
  /// one (divided by the number of values less one).
  ///
  /// @throws IllegalArgumentException if a channel has one value only, whose variance means nothing
  public static double[] forwardTraining(
      int batch,
      int channels,
      int pixels,
      double[] src,
      double[] gamma,
      double[] beta,
      double epsilon,
      double momentum,
      double[] runningMean,
      double[] runningVariance) {
    int values = batch * pixels;
    if (values < 2) {
      throw new IllegalArgumentException(
          "training batch normalization needs more than one value per channel");
    }
    double[] mean = mean(batch, channels, pixels, src);
    double[] variance = variance(batch, channels, pixels, src);
    for (int c = 0; c < channels; c++) {
      double unbiased = variance[c] * values / (values - 1);
      runningMean[c] = (1 - momentum) * runningMean[c] + momentum * mean[c];
      runningVariance[c] = (1 - momentum) * runningVariance[c] + momentum * unbiased;
    }
    return forwardInference(batch, channels, pixels, src, gamma, beta, epsilon, mean, variance);
  }

  /// Inference: the same with given statistics.
  public static double[] forwardInference(
      int batch,
      int channels,
      int pixels,
      double[] src,
      double[] gamma,
      double[] beta,
      double epsilon,
      double[] mean,
      double[] variance) {
    Sizes.check("src", src.length, batch, channels, pixels);
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      int c = s / pixels % channels;
      dst[s] = gamma[c] * (src[s] - mean[c]) / Math.sqrt(variance[c] + epsilon) + beta[c];
    }
    return dst;
  }

  /// The gradient of the input of [#forwardTraining], mean and variance being functions of it:
  ///
  /// ```
  /// normalized = (src - mean) / sqrt(variance + epsilon)
  /// dSrc       = gamma / sqrt(variance + epsilon)
  ///              * (dDst - mean(dDst) - normalized * mean(dDst * normalized))
  /// ```
  public static double[] backwardData(
      int batch,
      int channels,
      int pixels,
      double[] src,
      double[] gamma,
      double epsilon,
      double[] dDst) {
    double[] normalized = normalized(batch, channels, pixels, src, epsilon);
    double[] variance = variance(batch, channels, pixels, src);
    double[] dGamma = backwardGamma(batch, channels, pixels, src, epsilon, dDst);
    double[] dBeta = backwardBeta(batch, channels, pixels, dDst);
    int values = batch * pixels;
    double[] dSrc = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      int c = s / pixels % channels;
      double centred = dDst[s] - dBeta[c] / values - normalized[s] * dGamma[c] / values;
      dSrc[s] = gamma[c] / Math.sqrt(variance[c] + epsilon) * centred;
    }
    return dSrc;
  }

  /// `dGamma[c]` is the sum of `dDst * normalized` over the channel.
  public static double[] backwardGamma(
      int batch, int channels, int pixels, double[] src, double epsilon, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, channels, pixels);
    double[] normalized = normalized(batch, channels, pixels, src, epsilon);
    double[] dGamma = new double[channels];
    for (int s = 0; s < dDst.length; s++) {
      dGamma[s / pixels % channels] += dDst[s] * normalized[s];
    }
    return dGamma;
  }

  /// `dBeta[c]` is the sum of `dDst` over the channel.
  public static double[] backwardBeta(int batch, int channels, int pixels, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, channels, pixels);
    double[] dBeta = new double[channels];
    for (int s = 0; s < dDst.length; s++) {
      dBeta[s / pixels % channels] += dDst[s];
    }
    return dBeta;
  }

  private static double[] normalized(
      int batch, int channels, int pixels, double[] src, double epsilon) {
    double[] mean = mean(batch, channels, pixels, src);
    double[] variance = variance(batch, channels, pixels, src);
    double[] normalized = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      int c = s / pixels % channels;
      normalized[s] = (src[s] - mean[c]) / Math.sqrt(variance[c] + epsilon);
    }
    return normalized;
  }

  private static double[] divide(double[] sums, int count) {
    for (int c = 0; c < sums.length; c++) {
      sums[c] /= count;
    }
    return sums;
  }
}
