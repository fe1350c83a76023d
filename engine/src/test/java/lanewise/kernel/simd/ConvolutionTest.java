package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.kernel.reference.ReferenceConv;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every algorithm of the list on every case that it does not refuse, all three passes, against
/// [ReferenceConv]. With small integers every partial sum is exact, so an algorithm that sums
/// products must give the same bits; Winograd rounds and may be off by 1e-5 of the largest value.
class ConvolutionTest {

  private static final double TOLERANCE = 1e-5;

  private static final Map<Integer, Parallel> THREADS = new TreeMap<>();

  /// One algorithm on one case, with the values that go in.
  record Case(ConvAlgorithm algorithm, ConvSpec spec, int batch) {
    int srcSize() {
      return Math.toIntExact(batch * spec.input().elements());
    }

    int dstSize() {
      return Math.toIntExact(batch * spec.output().elements());
    }

    int weights() {
      return Math.toIntExact(spec.weights());
    }

    /// Largest error relative to the largest value; 0 for equality.
    double tolerance() {
      return algorithm == ConvAlgorithm.WINOGRAD ? TOLERANCE : 0;
    }

    @Override
    public String toString() {
      return "%s, batch %d, %s".formatted(algorithm, batch, spec);
    }
  }

  static Stream<Case> cases() {
    Stream<ConvCases.Case> large =
        ConvCases.all().stream()
            .filter(c -> c.batch() == 1 && c.spec().output().pixels() < 96)
            .map(c -> new ConvCases.Case(c.spec(), 25));
    // Several bands of rows of whole vectors of images, and some images more; the last with rows
    // that do not fit into a slice, or not two of them.
    Stream<ConvCases.Case> bands =
        Stream.of(
            new ConvCases.Case(new ConvSpec(3, 44, 46, 21, 5, 5, 1, 2, 1), 17),
            new ConvCases.Case(new ConvSpec(13, 39, 40, 9, 3, 3, 2, 1, 1), 17),
            new ConvCases.Case(new ConvSpec(2, 5, 600, 3, 3, 3, 1, 1, 1), 17));
    // Rows of the kernel that are too long for one run of a direct tile.
    Stream<ConvCases.Case> longRows =
        Stream.of(
            new ConvCases.Case(new ConvSpec(8, 2, 75, 9, 1, 70, 1, 0, 1), 1),
            new ConvCases.Case(new ConvSpec(3, 2, 185, 9, 1, 180, 1, 0, 1), 1));
    // Gradients of Winograd that leave no room in a thread's cache: in four parts of the batch, and
    // (the last one) in two, fewer than threads.
    Stream<Case> fewParts =
        Stream.of(
                new ConvCases.Case(new ConvSpec(33, 20, 44, 34, 3, 3, 1, 1, 1), 6),
                new ConvCases.Case(new ConvSpec(17, 21, 23, 40, 3, 3, 2, 1, 1), 5),
                new ConvCases.Case(new ConvSpec(113, 9, 13, 114, 3, 3, 1, 1, 1), 23))
            .map(c -> new Case(ConvAlgorithm.WINOGRAD, c.spec(), c.batch()));
    // One block of channels on either side, in one part of the batch and in several.
    Stream<Case> oneBlock =
        Stream.of(
                new ConvCases.Case(new ConvSpec(16, 20, 44, 16, 3, 3, 1, 1, 1), 33),
                new ConvCases.Case(new ConvSpec(7, 21, 23, 16, 3, 3, 1, 2, 1), 5),
                new ConvCases.Case(new ConvSpec(16, 13, 9, 5, 3, 3, 1, 0, 1), 3))
            .map(c -> new Case(ConvAlgorithm.WINOGRAD, c.spec(), c.batch()));
    // First layers whose planes make several bands and whose kernel reaches further than one call
    // of a tile, whose taps are too many for one call, whose rows are more than one slice, with
    // bands that lie outside of the image, and with more images than partial gradients; the last
    // two from blocks of channels.
    Stream<Case> planes =
        Stream.of(
                new ConvCases.Case(new ConvSpec(3, 20, 701, 34, 6, 3, 1, 1, 1), 2),
                new ConvCases.Case(new ConvSpec(3, 50, 700, 9, 7, 7, 2, 3, 1), 1),
                new ConvCases.Case(new ConvSpec(3, 31, 29, 33, 11, 11, 4, 2, 1), 5),
                new ConvCases.Case(new ConvSpec(3, 23, 70, 9, 11, 11, 4, 2, 1), 2),
                new ConvCases.Case(new ConvSpec(3, 4, 1400, 9, 3, 3, 1, 1, 1), 1),
                new ConvCases.Case(new ConvSpec(3, 5, 2100, 5, 3, 3, 2, 1, 1), 1),
                new ConvCases.Case(new ConvSpec(3, 9, 4300, 5, 5, 5, 4, 2, 1), 1),
                new ConvCases.Case(new ConvSpec(3, 6, 70, 9, 3, 3, 1, 7, 1), 1),
                new ConvCases.Case(new ConvSpec(3, 6, 70, 9, 3, 3, 2, 9, 1), 1),
                new ConvCases.Case(new ConvSpec(1, 7, 9, 5, 3, 3, 1, 1, 1), 75),
                new ConvCases.Case(new ConvSpec(6, 14, 14, 16, 5, 5, 1, 0, 1), 33),
                new ConvCases.Case(new ConvSpec(7, 50, 300, 9, 3, 3, 2, 1, 1), 2))
            .map(c -> new Case(ConvAlgorithm.FIRST, c.spec(), c.batch()));
    // A small map whose images are more than one tile of a gradient of weights sums.
    ConvSpec small = new ConvSpec(116, 2, 2, 18, 1, 1, 1, 0, 1);
    Stream<Case> images = Stream.of(new Case(ConvAlgorithm.DIRECT, small, 65));
    Stream<Case> all =
        Stream.of(ConvCases.all().stream(), large, bands, longRows)
            .flatMap(stream -> stream)
            .flatMap(
                c ->
                    Arrays.stream(ConvAlgorithm.values())
                        .filter(algorithm -> algorithm.refuses(c.spec()).isEmpty())
                        .map(algorithm -> new Case(algorithm, c.spec(), c.batch())));
    return Stream.of(all, fewParts, oneBlock, planes, images).flatMap(stream -> stream);
  }

  @BeforeAll
  static void startThreads() {
    List.of(1, 2, 4).forEach(n -> THREADS.put(n, new Parallel(n)));
  }

  @AfterAll
  static void stopThreads() {
    THREADS.values().forEach(Parallel::close);
    THREADS.clear();
  }

  /// On slices of a concatenation but for 2 threads.
  private static ConvRun run(Case test, int threads) {
    return new ConvRun(
        test.algorithm(), test.spec(), test.batch(), threads == 2 ? 0 : 1, THREADS.get(threads));
  }

  private static void check(String what, float[] actual, double[] expected, double tolerance) {
    if (tolerance == 0) {
      Compare.bitEqual(what, actual, expected);
    } else {
      Compare.close(what, actual, expected, tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardEqualsTheReference(Case test) {
    float[] src = Fill.integers(1, test.srcSize(), 4, 0.7);
    float[] weights = Fill.integers(2, test.weights(), 4, 0.7);
    float[] bias = Fill.integers(3, test.spec().filters(), 9, 0.8);
    double[] expected =
        ReferenceConv.forward(
            test.spec(), test.batch(), Fill.widen(src), Fill.widen(weights), Fill.widen(bias));
    float[] one;
    double[] statistics;
    try (ConvRun run = run(test, 1)) {
      one = run.forward(src, weights, bias, ConvRun.NO_FLOOR);
      check("dst", one, expected, test.tolerance());
      statistics = run.statistics();
      checkStatistics(statistics, one, test);
    }
    float[] relu = one.clone();
    for (int i = 0; i < relu.length; i++) {
      relu[i] = Math.max(relu[i], 0);
    }
    for (int threads : new int[] {2, 4}) {
      try (ConvRun run = run(test, threads)) {
        String what = "dst with %d threads".formatted(threads);
        Compare.bitEqual(what, run.forward(src, weights, bias, ConvRun.NO_FLOOR), one);
        assertThat(run.statistics()).as(what).containsExactly(statistics);
        Compare.bitEqual(what + " and ReLU", run.forward(src, weights, bias, 0), relu);
        Compare.bitEqual(what + " prepared", run.inference(src, weights, bias, 0), relu);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("casesOfBatch3")
  void addsTheResidualToEachResultOnce(Case test) {
    float[] src = Fill.integers(1, test.srcSize(), 4, 0.7);
    float[] weights = Fill.integers(2, test.weights(), 4, 0.7);
    float[] bias = Fill.integers(3, test.spec().filters(), 9, 0.8);
    float[] residual = Fill.integers(10, test.dstSize(), 9, 0.2);
    try (ConvRun run = run(test, 2)) {
      float[] expected = run.inference(src, weights, bias, ConvRun.NO_FLOOR);
      for (int i = 0; i < expected.length; i++) {
        expected[i] = Math.max(expected[i] + residual[i], 0);
      }
      float[] dst = run.residual(src, weights, bias, residual, 1);
      Compare.bitEqual("dst and residual", dst, expected);
    }
  }

  /// Against mean and variance per channel in double precision.
  private static void checkStatistics(double[] statistics, float[] dst, Case test) {
    int filters = test.spec().filters();
    int pixels = test.spec().output().pixels();
    for (int c = 0; c < filters; c++) {
      DoubleSummaryStatistics values = new DoubleSummaryStatistics();
      DoubleSummaryStatistics squares = new DoubleSummaryStatistics();
      for (int i = 0; i < test.batch() * pixels; i++) {
        double value = dst[(i / pixels * filters + c) * pixels + i % pixels];
        values.accept(value);
        squares.accept(value * value);
      }
      double mean = values.getAverage();
      double variance = squares.getAverage() - mean * mean;
      double deviation = Math.sqrt(Math.max(0, variance)) + 1;
      assertThat(statistics[2 * c]).isCloseTo(mean, within(1e-5 * deviation));
      assertThat(statistics[2 * c + 1]).isCloseTo(variance, within(1e-5 * deviation * deviation));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardDataEqualsTheReference(Case test) {
    float[] dDst = Fill.integers(4, test.dstSize(), 4, 0.7);
    float[] weights = Fill.integers(5, test.weights(), 4, 0.7);
    float[] before = Fill.integers(6, test.srcSize(), 9, 0.8);
    double[] expected =
        ReferenceConv.backwardData(
            test.spec(), test.batch(), Fill.widen(dDst), Fill.widen(weights));
    double[] sum = expected.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += before[i];
    }
    float[] one;
    float[] oneAdded;
    try (ConvRun run = run(test, 1)) {
      one = run.backwardData(dDst, weights, null);
      check("dSrc", one, expected, test.tolerance());
      oneAdded = run.backwardData(dDst, weights, before);
      check("added dSrc", oneAdded, sum, test.tolerance());
    }
    for (int threads : new int[] {2, 4}) {
      try (ConvRun run = run(test, threads)) {
        String what = "dSrc with %d threads".formatted(threads);
        Compare.bitEqual(what, run.backwardData(dDst, weights, null), one);
        Compare.bitEqual("added " + what, run.backwardData(dDst, weights, before), oneAdded);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardWeightsEqualsTheReference(Case test) {
    float[] src = Fill.integers(7, test.srcSize(), 4, 0.7);
    float[] dDst = Fill.integers(8, test.dstSize(), 4, 0.7);
    double[] expected =
        ReferenceConv.backwardWeights(test.spec(), test.batch(), Fill.widen(src), Fill.widen(dDst));
    float[] one;
    try (ConvRun run = run(test, 1)) {
      one = run.backwardWeights(src, dDst);
      check("dWeights", one, expected, test.tolerance());
    }
    for (int threads : new int[] {2, 4}) {
      try (ConvRun run = run(test, threads)) {
        String what = "dWeights with %d threads".formatted(threads);
        // nothing is left of a pass over other values
        run.backwardWeights(Fill.integers(9, src.length, 4, 0.7), new float[dDst.length]);
        Compare.bitEqual(what, run.backwardWeights(src, dDst), one);
      }
    }
  }

  static Stream<Case> winogradCases() {
    return cases().filter(test -> test.algorithm() == ConvAlgorithm.WINOGRAD);
  }

  /// As far as [WinogradBackward] takes them, from one transform of the result's gradient.
  @ParameterizedTest
  @MethodSource("winogradCases")
  void bothGradientsEqualTheReference(Case test) {
    float[] src = Fill.integers(7, test.srcSize(), 4, 0.7);
    float[] dDst = Fill.integers(8, test.dstSize(), 4, 0.7);
    float[] weights = Fill.integers(5, test.weights(), 4, 0.7);
    float[] before = Fill.integers(6, test.srcSize(), 9, 0.8);
    double[] g = Fill.widen(dDst);
    double[] dSrc = ReferenceConv.backwardData(test.spec(), test.batch(), g, Fill.widen(weights));
    double[] dWeights =
        ReferenceConv.backwardWeights(test.spec(), test.batch(), Fill.widen(src), g);
    ConvRun.Gradients one;
    float[] added;
    try (ConvRun run = run(test, 1)) {
      one = run.backward(src, dDst, weights, null);
      check("dSrc", one.dSrc(), dSrc, test.tolerance());
      check("dWeights", one.dWeights(), dWeights, test.tolerance());
      added = run.backward(src, dDst, weights, before).dSrc();
      for (int i = 0; i < before.length; i++) {
        dSrc[i] += before[i];
      }
      check("added dSrc", added, dSrc, test.tolerance());
    }
    for (int threads : new int[] {2, 4}) {
      try (ConvRun run = run(test, threads)) {
        ConvRun.Gradients other = run.backward(src, dDst, weights, null);
        Compare.bitEqual("dSrc with %d threads".formatted(threads), other.dSrc(), one.dSrc());
        other = run.backward(src, dDst, weights, before);
        Compare.bitEqual("added dSrc", other.dSrc(), added);
        Compare.bitEqual("dWeights", other.dWeights(), one.dWeights());
      }
    }
  }

  @Test
  void fewChannelsHaveBothGradientsAtOnce() {
    ConvSpec small = new ConvSpec(16, 9, 7, 16, 3, 3, 1, 1, 1);
    assertThat(WinogradBackward.of(small, 3, 2) != null).isEqualTo(WidePanelTiles.SUITS);
    assertThat(WinogradBackward.of(new ConvSpec(16, 9, 7, 17, 3, 3, 1, 1, 1), 3, 2)).isNull();
    assertThat(WinogradBackward.of(new ConvSpec(17, 9, 7, 16, 3, 3, 1, 1, 1), 3, 2)).isNull();
    assertThat(WinogradBackward.of(new ConvSpec(16, 9, 9, 16, 3, 3, 2, 1, 1), 3, 2)).isNull();
    assertThat(WinogradBackward.of(new ConvSpec(16, 9, 9, 16, 5, 5, 1, 2, 1), 3, 2)).isNull();
  }

  static Stream<Case> casesOfBatch3() {
    return cases().filter(test -> test.batch() == 3);
  }

  @ParameterizedTest
  @MethodSource("casesOfBatch3")
  void roundingStaysSmall(Case test) {
    float[] src = Fill.uniform(11, test.srcSize());
    float[] dDst = Fill.uniform(12, test.dstSize());
    float[] weights = Fill.uniform(13, test.weights());
    float[] bias = Fill.uniform(14, test.spec().filters());
    ConvSpec spec = test.spec();
    int batch = test.batch();
    double[] x = Fill.widen(src);
    double[] g = Fill.widen(dDst);
    double[] w = Fill.widen(weights);
    try (ConvRun run = run(test, 2)) {
      float[] dst = run.forward(src, weights, bias, ConvRun.NO_FLOOR);
      double[] expected = ReferenceConv.forward(spec, batch, x, w, Fill.widen(bias));
      Compare.close("dst", dst, expected, TOLERANCE);
      float[] dSrc = run.backwardData(dDst, weights, null);
      Compare.close("dSrc", dSrc, ReferenceConv.backwardData(spec, batch, g, w), TOLERANCE);
      float[] dWeights = run.backwardWeights(src, dDst);
      double[] expectedWeights = ReferenceConv.backwardWeights(spec, batch, x, g);
      Compare.close("dWeights", dWeights, expectedWeights, TOLERANCE);
      float[] both = run.backward(src, dDst, weights, null).dWeights();
      Compare.close("dWeights of both gradients", both, expectedWeights, TOLERANCE);
    }
  }

  @Test
  void everyRefusalHasAReason() {
    for (ConvCases.Case c : ConvCases.all()) {
      for (ConvAlgorithm algorithm : ConvAlgorithm.values()) {
        assertThat(algorithm.refuses(c.spec()).orElse("none")).isNotBlank();
      }
    }
  }

  @Test
  void someAlgorithmTakesEverything() {
    ConvAlgorithm last = ConvAlgorithm.values()[ConvAlgorithm.values().length - 1];
    assertThat(ConvCases.all()).allMatch(c -> last.refuses(c.spec()).isEmpty());
  }

  @Test
  void winogradSaysWhatItCannotDo() {
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 8, 8, 1, 4, 1))).contains("not 2x2 to 7x7");
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 3, 1, 1, 0, 1))).contains("not 2x2 to 7x7");
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 5, 5, 2, 2, 1))).contains("stride");
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 3, 3, 3, 1, 1))).contains("stride");
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 3, 3, 1, 1, 2))).contains("groups");
    assertThat(refusal(new ConvSpec(16, 8, 8, 16, 3, 3, 1, 3, 1))).contains("padding");
  }

  private static String refusal(ConvSpec spec) {
    return ConvAlgorithm.WINOGRAD.refuses(spec).orElse("");
  }
}
