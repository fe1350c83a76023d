package lanewise.kernel.simd;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.kernel.reference.ReferenceConv;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolutions in the sizes of real networks, batch 1: kernels cut them into sweeps and blocks
/// that
/// small cases never reach. The reference computes some channels only: the first, one in the middle
/// and the last.
class LargeConvolutionTest {

  /// Sizes that need several blocks of tiles, several sweeps over the channels, or both, and that
  /// are checked even where the published shapes are not at hand.
  private static final List<ConvSpec> OWN =
      List.of(
          new ConvSpec(3, 41, 43, 260, 3, 3, 1, 1, 1),
          new ConvSpec(260, 41, 43, 3, 3, 3, 1, 1, 1),
          new ConvSpec(16, 20, 32, 2048, 3, 3, 1, 1, 1),
          new ConvSpec(2048, 20, 32, 16, 3, 3, 1, 1, 1),
          new ConvSpec(200, 8, 8, 68, 7, 7, 1, 3, 1),
          new ConvSpec(1030, 7, 7, 40, 3, 3, 1, 1, 1),
          new ConvSpec(96, 13, 13, 192, 5, 5, 2, 2, 2),
          new ConvSpec(700, 1, 1, 301, 1, 1, 1, 0, 1));

  /// Published shapes with more values than this take too long here.
  private static final long MOST_VALUES = 500_000;

  record Case(ConvAlgorithm algorithm, ConvSpec spec) {}

  static Stream<Case> cases() throws IOException {
    return Stream.concat(
            OWN.stream(), ConvCases.published().stream().filter(LargeConvolutionTest::fits))
        .flatMap(
            spec ->
                Arrays.stream(ConvAlgorithm.values())
                    .filter(algorithm -> algorithm.refuses(spec).isEmpty())
                    .map(algorithm -> new Case(algorithm, spec)));
  }

  private static boolean fits(ConvSpec c) {
    return c.input().elements() + c.output().elements() + c.weights() <= MOST_VALUES;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(Case test) {
    ConvSpec spec = test.spec();
    float[] src = Fill.integers(1, Math.toIntExact(spec.input().elements()), 4, 0.5);
    float[] weights = Fill.integers(2, Math.toIntExact(spec.weights()), 4, 0.5);
    float[] dDst = Fill.integers(3, Math.toIntExact(spec.output().elements()), 4, 0.5);
    float[] bias = Fill.integers(4, spec.filters(), 9, 0.8);
    try (Parallel parallel = new Parallel(2);
        ConvRun run = new ConvRun(test.algorithm(), spec, 1, 0, parallel)) {
      float[] dst = run.forward(src, weights, bias, ConvRun.NO_FLOOR);
      float[] dSrc = run.backwardData(dDst, weights, null);
      float[] dWeights = run.backwardWeights(src, dDst);
      for (int k : some(spec.filters())) {
        checkFilter(test, k, src, weights, bias, dDst, dst, dWeights);
      }
      for (int c : some(spec.channels())) {
        checkChannel(test, c, weights, dDst, dSrc);
      }
    }
  }

  private static int[] some(int channels) {
    return IntStream.of(0, channels / 2, channels - 1).distinct().toArray();
  }

  /// One filter alone is a convolution of its group's channels.
  private static void checkFilter(
      Case test,
      int k,
      float[] src,
      float[] weights,
      float[] bias,
      float[] dDst,
      float[] dst,
      float[] dWeights) {
    ConvSpec s = test.spec();
    ConvSpec alone = part(s, s.channelsPerGroup(), 1);
    int in = s.channelsPerGroup() * s.height() * s.width();
    int group = k / s.filtersPerGroup();
    int out = s.output().pixels();
    int taps = s.channelsPerGroup() * s.kernelHeight() * s.kernelWidth();
    double[] x = Fill.widen(Arrays.copyOfRange(src, group * in, (group + 1) * in));
    double[] w = Fill.widen(Arrays.copyOfRange(weights, k * taps, (k + 1) * taps));
    double[] g = Fill.widen(Arrays.copyOfRange(dDst, k * out, (k + 1) * out));
    float[] y = Arrays.copyOfRange(dst, k * out, (k + 1) * out);
    double[] expected = ReferenceConv.forward(alone, 1, x, w, new double[] {bias[k]});
    check(test, "dst of filter " + k, y, expected, dst);
    float[] dW = Arrays.copyOfRange(dWeights, k * taps, (k + 1) * taps);
    double[] expectedWeights = ReferenceConv.backwardWeights(alone, 1, x, g);
    check(test, "dWeights of filter " + k, dW, expectedWeights, dWeights);
  }

  /// One input channel alone is seen by the filters of its group.
  private static void checkChannel(Case test, int c, float[] weights, float[] dDst, float[] dSrc) {
    ConvSpec s = test.spec();
    ConvSpec alone = part(s, 1, s.filtersPerGroup());
    int group = c / s.channelsPerGroup();
    int taps = s.kernelHeight() * s.kernelWidth();
    float[] w = new float[s.filtersPerGroup() * taps];
    for (int k = 0; k < s.filtersPerGroup(); k++) {
      int filter = group * s.filtersPerGroup() + k;
      int from = (filter * s.channelsPerGroup() + c % s.channelsPerGroup()) * taps;
      System.arraycopy(weights, from, w, k * taps, taps);
    }
    int out = s.filtersPerGroup() * s.output().pixels();
    double[] g = Fill.widen(Arrays.copyOfRange(dDst, group * out, (group + 1) * out));
    int in = s.height() * s.width();
    float[] d = Arrays.copyOfRange(dSrc, c * in, (c + 1) * in);
    double[] expected = ReferenceConv.backwardData(alone, 1, g, Fill.widen(w));
    check(test, "dSrc of channel " + c, d, expected, dSrc);
  }

  private static ConvSpec part(ConvSpec s, int channels, int filters) {
    return new ConvSpec(
        channels,
        s.height(),
        s.width(),
        filters,
        s.kernelHeight(),
        s.kernelWidth(),
        s.stride(),
        s.padding(),
        1);
  }

  /// @param all all results, whose largest value errors are relative to
  private static void check(
      Case test, String what, float[] actual, double[] expected, float[] all) {
    if (test.algorithm() == ConvAlgorithm.WINOGRAD) {
      double tolerance = 1e-5 * largest(Fill.widen(all)) / largest(expected);
      Compare.close(what, actual, expected, tolerance);
    } else {
      Compare.bitEqual(what, actual, expected);
    }
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }
}
