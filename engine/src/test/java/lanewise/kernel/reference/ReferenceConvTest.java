package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReferenceConvTest {

  private static final double[] ONE_TO_NINE = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  private static final double[] KERNEL = {1, 2, 3, 4};

  /// The 2x2 kernel on a 3x3 map.
  private static final ConvSpec PLAIN = new ConvSpec(1, 3, 3, 1, 2, 2, 1, 0, 1);

  @Test
  void forwardByHand() {
    // 1*1 + 2*2 + 3*4 + 4*5 = 37; one step right adds 1 + 2 + 3 + 4, one step down 3 times that
    assertThat(ReferenceConv.forward(PLAIN, 1, ONE_TO_NINE, KERNEL, null))
        .containsExactly(37, 47, 67, 77);
    assertThat(ReferenceConv.forward(PLAIN, 1, ONE_TO_NINE, KERNEL, new double[] {100}))
        .containsExactly(137, 147, 167, 177);
  }

  @Test
  void strideAndPaddingByHand() {
    ConvSpec spec = new ConvSpec(1, 3, 3, 1, 2, 2, 2, 1, 1);
    // the corner sees 4*1, the upper edge 3*2 + 4*3, the left edge 2*4 + 4*7; the last is whole
    assertThat(ReferenceConv.forward(spec, 1, ONE_TO_NINE, KERNEL, null))
        .containsExactly(4, 18, 36, 77);
  }

  @Test
  void backwardByHand() {
    double[] ones = {1, 1, 1, 1};
    // every weight saw four values: 1+2+4+5, 2+3+5+6, 4+5+7+8, 5+6+8+9
    assertThat(ReferenceConv.backwardWeights(PLAIN, 1, ONE_TO_NINE, ones))
        .containsExactly(12, 16, 24, 28);
    // every value met the weights of the windows it lies in: a corner one, the middle all four
    assertThat(ReferenceConv.backwardData(PLAIN, 1, ones, KERNEL))
        .containsExactly(1, 3, 2, 4, 10, 6, 3, 7, 4);
    assertThat(ReferenceConv.backwardBias(PLAIN, 1, KERNEL)).containsExactly(10);
  }

  @Test
  void kernelLargerThanTheMap() {
    ConvSpec spec = new ConvSpec(1, 1, 1, 1, 3, 3, 1, 1, 1);
    // only the middle of the kernel, 5, lies on the map
    assertThat(ReferenceConv.forward(spec, 1, new double[] {7}, ONE_TO_NINE, null))
        .containsExactly(35);
    assertThat(ReferenceConv.backwardWeights(spec, 1, new double[] {7}, new double[] {2}))
        .containsExactly(0, 0, 0, 0, 14, 0, 0, 0, 0);
  }

  @Test
  void strideLargerThanTheKernel() {
    ConvSpec spec = new ConvSpec(1, 1, 5, 1, 1, 1, 3, 0, 1);
    // columns 0 and 3 are seen, the others get no gradient
    double[] src = {1, 2, 3, 4, 5};
    assertThat(ReferenceConv.forward(spec, 1, src, new double[] {10}, null))
        .containsExactly(10, 40);
    assertThat(ReferenceConv.backwardData(spec, 1, new double[] {1, 2}, new double[] {10}))
        .containsExactly(10, 0, 0, 20, 0);
  }

  @Test
  void groupsSeeTheirOwnChannels() {
    ConvSpec spec = new ConvSpec(2, 1, 1, 4, 1, 1, 1, 0, 2);
    double[] weights = {10, 20, 30, 40};
    assertThat(ReferenceConv.forward(spec, 2, new double[] {2, 3, 4, 5}, weights, null))
        .containsExactly(20, 40, 90, 120, 40, 80, 150, 200);
  }

  @Test
  void agreesWithPyTorchOnGroupsStrideAndPadding() {
    // PyTorch 1.13: conv2d(x, w, b, stride=2, padding=1, groups=2), then backward with 1 ... 8
    ConvSpec spec = new ConvSpec(2, 2, 2, 2, 2, 2, 2, 1, 2);
    double[] src = {1, 2, -1, 0, 3, 1, 2, -2};
    double[] weights = {1, 0, 2, -1, 3, 1, 0, 2};
    double[] dDst = {1, 2, 3, 4, 5, 6, 7, 8};
    assertThat(ReferenceConv.forward(spec, 1, src, weights, new double[] {1, 2}))
        .containsExactly(0, 5, 1, 1, 8, 2, 4, -4);
    assertThat(ReferenceConv.backwardData(spec, 1, dDst, weights))
        .containsExactly(-1, 4, 0, 4, 10, 0, 7, 24);
    assertThat(ReferenceConv.backwardWeights(spec, 1, src, dDst))
        .containsExactly(0, -3, 4, 1, -16, 14, 6, 15);
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.ConvCases#all")
  void forwardIsTheFormulaTakenLiterally(ConvCases.Case test) {
    ConvSpec spec = test.spec();
    double[] src = integers(1, test.batch() * spec.input().elements());
    double[] weights = integers(2, spec.weights());
    double[] expected = new double[Math.toIntExact(test.batch() * spec.output().elements())];
    int o = 0;
    for (int n = 0; n < test.batch(); n++) {
      for (int k = 0; k < spec.filters(); k++) {
        for (int y = 0; y < spec.outHeight(); y++) {
          for (int x = 0; x < spec.outWidth(); x++) {
            expected[o++] = formula(spec, n, k, y, x, src, weights);
          }
        }
      }
    }
    assertThat(ReferenceConv.forward(spec, test.batch(), src, weights, null)).isEqualTo(expected);
  }

  private static double formula(
      ConvSpec spec, int n, int k, int y, int x, double[] src, double[] weights) {
    double sum = 0;
    int w = k * spec.channelsPerGroup() * spec.kernelHeight() * spec.kernelWidth();
    for (int c = 0; c < spec.channelsPerGroup(); c++) {
      for (int i = 0; i < spec.kernelHeight(); i++) {
        for (int j = 0; j < spec.kernelWidth(); j++, w++) {
          int channel = k / spec.filtersPerGroup() * spec.channelsPerGroup() + c;
          int row = y * spec.stride() + i - spec.padding();
          int column = x * spec.stride() + j - spec.padding();
          if (row >= 0 && row < spec.height() && column >= 0 && column < spec.width()) {
            int plane = n * spec.channels() + channel;
            sum += weights[w] * src[(plane * spec.height() + row) * spec.width() + column];
          }
        }
      }
    }
    return sum;
  }

  /// The output is linear in src and in the weights, so both backward passes must be its adjoints.
  /// All sums are exact.
  @ParameterizedTest
  @MethodSource("lanewise.testing.ConvCases#all")
  void backwardIsTheAdjointOfForward(ConvCases.Case test) {
    ConvSpec spec = test.spec();
    double[] src = integers(3, test.batch() * spec.input().elements());
    double[] weights = integers(4, spec.weights());
    double[] bias = integers(5, spec.filters());
    double[] dDst = integers(6, test.batch() * spec.output().elements());
    double[] none = new double[spec.filters()];
    double expected = dot(dDst, ReferenceConv.forward(spec, test.batch(), src, weights, none));
    double withBias = dot(dDst, ReferenceConv.forward(spec, test.batch(), src, weights, bias));
    double[] dSrc = ReferenceConv.backwardData(spec, test.batch(), dDst, weights);
    double[] dWeights = ReferenceConv.backwardWeights(spec, test.batch(), src, dDst);
    double[] dBias = ReferenceConv.backwardBias(spec, test.batch(), dDst);
    assertThat(dot(src, dSrc)).isEqualTo(expected);
    assertThat(dot(weights, dWeights)).isEqualTo(expected);
    assertThat(dot(bias, dBias)).isEqualTo(withBias - expected);
  }

  /// Cases whose differences, two forward passes per value, take little time.
  static List<ConvCases.Case> smallCases() {
    return ConvCases.all().stream().filter(ReferenceConvTest::isSmall).toList();
  }

  private static boolean isSmall(ConvCases.Case test) {
    ConvSpec spec = test.spec();
    long values = spec.weights() + test.batch() * spec.input().elements();
    return values * test.batch() * spec.multiplyAdds() < 3_000_000;
  }

  @ParameterizedTest
  @MethodSource("smallCases")
  void backwardMatchesFiniteDifferences(ConvCases.Case test) {
    ConvSpec spec = test.spec();
    int batch = test.batch();
    double[] src = uniform(7, batch * spec.input().elements());
    double[] weights = uniform(8, spec.weights());
    double[] bias = uniform(9, spec.filters());
    double[] dDst = uniform(10, batch * spec.output().elements());
    Compare.close(
        "dSrc",
        ReferenceConv.backwardData(spec, batch, dDst, weights),
        FiniteDifferences.gradient(
            moved -> dot(dDst, ReferenceConv.forward(spec, batch, moved, weights, bias)), src),
        1e-6);
    Compare.close(
        "dWeights",
        ReferenceConv.backwardWeights(spec, batch, src, dDst),
        FiniteDifferences.gradient(
            moved -> dot(dDst, ReferenceConv.forward(spec, batch, src, moved, bias)), weights),
        1e-6);
    Compare.close(
        "dBias",
        ReferenceConv.backwardBias(spec, batch, dDst),
        FiniteDifferences.gradient(
            moved -> dot(dDst, ReferenceConv.forward(spec, batch, src, weights, moved)), bias),
        1e-6);
  }

  @Test
  void refusesArraysOfAnotherSize() {
    assertThatThrownBy(() -> ReferenceConv.forward(PLAIN, 2, ONE_TO_NINE, KERNEL, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("src holds 9 values, expected 18 = the product of [2, 1, 3, 3]");
  }

  private static double[] integers(long seed, long n) {
    return Fill.widen(Fill.integers(seed, Math.toIntExact(n), 4, 0.5));
  }

  private static double[] uniform(long seed, long n) {
    return Fill.widen(Fill.uniform(seed, Math.toIntExact(n)));
  }
}
