package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;

class ReferenceBatchNormTest {

  @Test
  void trainingByHand() {
    // values 1 and 3: mean 2, biased variance 1, unbiased 2; with epsilon 3 the divisor is 2, so
    // normalized they are -0.5 and 0.5
    double[] runningMean = {10};
    double[] runningVariance = {4};
    double[] dst =
        ReferenceBatchNorm.forwardTraining(
            2,
            1,
            1,
            new double[] {1, 3},
            new double[] {2},
            new double[] {5},
            3,
            0.25,
            runningMean,
            runningVariance);
    assertThat(dst).containsExactly(4, 6);
    assertThat(runningMean).containsExactly(0.75 * 10 + 0.25 * 2);
    assertThat(runningVariance).containsExactly(0.75 * 4 + 0.25 * 2);
  }

  @Test
  void backwardByHand() {
    // as above; mean(dDst) = 4, mean(dDst * normalized) = 2, so dSrc is
    // 2/2 * (0 - 4 + 0.5 * 2) and 2/2 * (8 - 4 - 0.5 * 2)
    double[] src = {1, 3};
    double[] dDst = {0, 8};
    assertThat(ReferenceBatchNorm.backwardData(2, 1, 1, src, new double[] {2}, 3, dDst))
        .containsExactly(-3, 3);
    assertThat(ReferenceBatchNorm.backwardGamma(2, 1, 1, src, 3, dDst)).containsExactly(4);
    assertThat(ReferenceBatchNorm.backwardBeta(2, 1, 1, dDst)).containsExactly(8);
  }

  @Test
  void statisticsAreTakenPerChannelOverSamplesAndPixels() {
    // channel 0 holds 1, 3, 2, 2; channel 1 holds 5, 7, 2, 6
    double[] src = {1, 3, 5, 7, 2, 2, 2, 6};
    assertThat(ReferenceBatchNorm.mean(2, 2, 2, src)).containsExactly(2, 5);
    assertThat(ReferenceBatchNorm.variance(2, 2, 2, src)).containsExactly(0.5, 3.5);
  }

  @Test
  void inferenceByHand() {
    // (6 - 2) / sqrt(3 + 1) = 2 and (5 - 5) / sqrt(8 + 1) = 0
    double[] dst =
        ReferenceBatchNorm.forwardInference(
            1,
            2,
            1,
            new double[] {6, 5},
            new double[] {10, 10},
            new double[] {1, -1},
            1,
            new double[] {2, 5},
            new double[] {3, 8});
    assertThat(dst).containsExactly(21, -1);
  }

  @Test
  void refusesASingleValuePerChannel() {
    double[] one = {1};
    assertThatThrownBy(
            () -> ReferenceBatchNorm.forwardTraining(1, 1, 1, one, one, one, 1, 0.1, one, one))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more than one value per channel");
  }

  @Test
  void backwardMatchesFiniteDifferences() {
    int batch = 3;
    int channels = 4;
    int pixels = 5;
    double[] src = Fill.widen(Fill.uniform(1, batch * channels * pixels));
    double[] gamma = Fill.widen(Fill.uniform(2, channels));
    double[] beta = Fill.widen(Fill.uniform(3, channels));
    double[] dDst = Fill.widen(Fill.uniform(4, src.length));
    double epsilon = 1e-5;
    Compare.close(
        "dSrc",
        ReferenceBatchNorm.backwardData(batch, channels, pixels, src, gamma, epsilon, dDst),
        FiniteDifferences.gradient(
            x -> dot(dDst, train(batch, channels, pixels, x, gamma, beta, epsilon)), src),
        1e-6);
    Compare.close(
        "dGamma",
        ReferenceBatchNorm.backwardGamma(batch, channels, pixels, src, epsilon, dDst),
        FiniteDifferences.gradient(
            g -> dot(dDst, train(batch, channels, pixels, src, g, beta, epsilon)), gamma),
        1e-6);
    Compare.close(
        "dBeta",
        ReferenceBatchNorm.backwardBeta(batch, channels, pixels, dDst),
        FiniteDifferences.gradient(
            b -> dot(dDst, train(batch, channels, pixels, src, gamma, b, epsilon)), beta),
        1e-6);
  }

  private static double[] train(
      int batch,
      int channels,
      int pixels,
      double[] src,
      double[] gamma,
      double[] beta,
      double epsilon) {
    double[] runningMean = new double[channels];
    double[] runningVariance = new double[channels];
    return ReferenceBatchNorm.forwardTraining(
        batch, channels, pixels, src, gamma, beta, epsilon, 0.1, runningMean, runningVariance);
  }
}
