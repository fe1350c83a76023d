package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.kernel.reference.ReferencePool;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GlobalAvgPool2dTest {

  record Case(Shape shape, int batch) {}

  static List<Case> cases() {
    return Stream.of(
            new Shape(1, 1, 1),
            new Shape(17, 1, 3),
            new Shape(32, 2, 2),
            new Shape(5, 7, 7),
            new Shape(70, 8, 8),
            new Shape(33, 5, 47))
        .flatMap(shape -> IntStream.of(1, 3).mapToObj(batch -> new Case(shape, batch)))
        .toList();
  }

  private static LayerHarness harness(Case test, int threads) {
    return new LayerHarness(new GlobalAvgPool2d(), List.of(test.shape), test.batch, threads, true);
  }

  /// Sums of small integers are exact, so that only one division is left to round.
  @ParameterizedTest
  @MethodSource("cases")
  void matchesTheReference(Case test) {
    Shape shape = test.shape;
    float[] src = Fill.integers(1, Math.toIntExact(test.batch * shape.elements()), 9, 0.9);
    float[] dDst = Fill.uniform(2, test.batch * shape.channels());
    try (LayerHarness harness = harness(test, 1)) {
      harness.input(0, src).forward().outputGradient(dDst).backward();
      Compare.bitEqual("dst", harness.output(), forward(test, src));
      Compare.bitEqual("dSrc", harness.inputGradient(0), backward(test, dDst));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void addsWithinSlicesAndThreadsNeverChangeABit(Case test) {
    float[] src = Fill.uniform(3, Math.toIntExact(test.batch * test.shape.elements()));
    float[] dDst = Fill.uniform(4, test.batch * test.shape.channels());
    float[] before = Fill.uniform(5, src.length);
    double[] dSrc = backward(test, dDst);
    for (int i = 0; i < dSrc.length; i++) {
      dSrc[i] += before[i];
    }
    float[] first = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness = harness(test, threads).slices().addTo(0, before)) {
        harness.input(0, src).forward().outputGradient(dDst).backward();
        Compare.close("dst", harness.output(), forward(test, src), 1e-6);
        Compare.close("dSrc", harness.inputGradient(0), dSrc, 1e-6);
        first = first == null ? harness.output() : first;
        Compare.bitEqual("dst with %d threads".formatted(threads), harness.output(), first);
      }
    }
  }

  private static double[] forward(Case test, float[] src) {
    return ReferencePool.globalAverageForward(
        test.batch, test.shape.channels(), test.shape.pixels(), Fill.widen(src));
  }

  private static double[] backward(Case test, float[] dDst) {
    return ReferencePool.globalAverageBackward(
        test.batch, test.shape.channels(), test.shape.pixels(), Fill.widen(dDst));
  }

  @Test
  void describesItself() {
    GlobalAvgPool2d layer = new GlobalAvgPool2d();
    List<Shape> inputs = List.of(new Shape(1024, 7, 7));
    assertThat(layer.kind()).isEqualTo("pool");
    assertThat(layer.outputShape(inputs)).isEqualTo(Shape.vector(1024));
    assertThat(layer.cost(inputs)).isEqualTo(new Cost(0, 1024 * 49));
    assertThat(layer.backwardReadsInputs() || layer.backwardReadsOutput()).isFalse();
  }
}
