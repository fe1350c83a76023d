package lanewise.layer;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceLocalResponseNorm;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LocalResponseNormTest {

  record Case(LocalResponseNorm layer, Shape shape, int batch) {
    int elements() {
      return Math.toIntExact(batch * shape.elements());
    }
  }

  /// Windows from one channel to more than there are, odd and even, across blocks of channels;
  /// pixels from one to several pieces of work. Alphas are large so that the neighbours count.
  static List<Case> cases() {
    return List.of(
        new Case(new LocalResponseNorm(5, 1e-4, 0.75, 2), new Shape(48, 9, 7), 3),
        new Case(new LocalResponseNorm(5, 3, 0.75, 1), new Shape(48, 5, 7), 1),
        new Case(new LocalResponseNorm(1, 1, 0.75, 1), new Shape(3, 2, 2), 3),
        new Case(new LocalResponseNorm(2, 2, 1, 1), new Shape(19, 1, 1), 1),
        new Case(new LocalResponseNorm(4, 2, 0.5, 0.5), new Shape(33, 4, 4), 3),
        new Case(new LocalResponseNorm(13, 5, 0.9, 2), new Shape(6, 3, 3), 1),
        new Case(new LocalResponseNorm(40, 5, 0.75, 1), new Shape(70, 3, 6), 3),
        new Case(new LocalResponseNorm(3, 0, 0.75, 2), new Shape(1, 1, 5), 1));
  }

  private static LayerHarness harness(Case test, int threads) {
    return new LayerHarness(test.layer, List.of(test.shape), test.batch, threads, true);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesTheReference(Case test) {
    float[] src = Fill.uniform(1, test.elements());
    float[] dDst = Fill.uniform(2, src.length);
    double[] dSrc = backward(test, Fill.widen(src), Fill.widen(dDst));
    try (LayerHarness harness = harness(test, 1)) {
      harness.input(0, src).forward().outputGradient(dDst).backward();
      Compare.close("dst", harness.output(), forward(test, Fill.widen(src)), 1e-6);
      Compare.close("dSrc", harness.inputGradient(0), dSrc, 1e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void addsWithinSlicesAndThreadsNeverChangeABit(Case test) {
    float[] src = Fill.uniform(3, test.elements());
    float[] dDst = Fill.uniform(4, src.length);
    float[] before = Fill.uniform(5, src.length);
    double[] dSrc = backward(test, Fill.widen(src), Fill.widen(dDst));
    for (int i = 0; i < dSrc.length; i++) {
      dSrc[i] += before[i];
    }
    float[] first = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness = harness(test, threads).slices().addTo(0, before)) {
        harness.input(0, src).forward().outputGradient(dDst).backward();
        Compare.close("dst", harness.output(), forward(test, Fill.widen(src)), 1e-6);
        Compare.close("dSrc", harness.inputGradient(0), dSrc, 1e-6);
        first = first == null ? harness.inputGradient(0) : first;
        Compare.bitEqual(
            "dSrc with %d threads".formatted(threads), harness.inputGradient(0), first);
      }
    }
  }

  @Test
  void backwardMatchesFiniteDifferences() {
    Case test = new Case(new LocalResponseNorm(5, 2, 0.75, 1), new Shape(18, 1, 2), 1);
    float[] src = Fill.uniform(6, test.elements());
    float[] dDst = Fill.uniform(7, src.length);
    double[] expected =
        FiniteDifferences.gradient(x -> dot(Fill.widen(dDst), forward(test, x)), Fill.widen(src));
    try (LayerHarness harness = harness(test, 1)) {
      harness.input(0, src).forward().outputGradient(dDst).backward();
      Compare.close("dSrc", harness.inputGradient(0), expected, 1e-6);
    }
  }

  private static double[] forward(Case test, double[] src) {
    LocalResponseNorm l = test.layer;
    return ReferenceLocalResponseNorm.forward(
        test.batch,
        test.shape.channels(),
        test.shape.pixels(),
        l.size(),
        l.alpha(),
        l.beta(),
        l.k(),
        src);
  }

  private static double[] backward(Case test, double[] src, double[] dDst) {
    LocalResponseNorm l = test.layer;
    return ReferenceLocalResponseNorm.backward(
        test.batch,
        test.shape.channels(),
        test.shape.pixels(),
        l.size(),
        l.alpha(),
        l.beta(),
        l.k(),
        src,
        dDst);
  }

  @Test
  void describesItself() {
    LocalResponseNorm layer = new LocalResponseNorm(5, 1e-4, 0.75, 2);
    List<Shape> inputs = List.of(new Shape(96, 55, 55));
    assertThat(layer.kind()).isEqualTo("lrn");
    assertThat(layer.outputShape(inputs)).isEqualTo(new Shape(96, 55, 55));
    assertThat(layer.cost(inputs)).isEqualTo(Cost.NONE);
    assertThat(layer.backwardReadsInputs()).isTrue();
    assertThat(layer.backwardReadsOutput()).isFalse();
  }

  @Test
  void refusesConstantsThatMakeNoScale() {
    assertThatThrownBy(() -> new LocalResponseNorm(5, 1e-4, 0.75, 0))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "lrn: size must be at least 1, alpha at least 0, k more than 0 and all finite, got"
                + " size 5, alpha 1.0E-4, beta 0.75, k 0.0");
    assertThatThrownBy(() -> new LocalResponseNorm(0, 1e-4, 0.75, 1))
        .isInstanceOf(InvalidModelException.class);
    assertThatThrownBy(() -> new LocalResponseNorm(5, -1, 0.75, 1))
        .isInstanceOf(InvalidModelException.class);
    assertThatThrownBy(() -> new LocalResponseNorm(5, 1, Double.NaN, 1))
        .isInstanceOf(InvalidModelException.class);
  }
}
