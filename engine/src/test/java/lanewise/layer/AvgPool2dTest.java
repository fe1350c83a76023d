package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lanewise.kernel.PoolSpec;
import lanewise.kernel.reference.ReferencePool;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import lanewise.testing.PoolCases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AvgPool2dTest {

  private static LayerHarness harness(PoolCases.Case test, int threads) {
    PoolSpec spec = test.spec();
    AvgPool2d layer = new AvgPool2d(spec.kernel(), spec.stride(), spec.padding(), spec.ceilMode());
    return new LayerHarness(layer, List.of(spec.input()), test.batch(), threads, true);
  }

  private static int inputs(PoolCases.Case test) {
    return Math.toIntExact(test.batch() * test.spec().input().elements());
  }

  private static int outputs(PoolCases.Case test) {
    return Math.toIntExact(test.batch() * test.spec().output().elements());
  }

  /// Sums of small integers are exact, and so is what is left to round: one division. Gradients
  /// are sums of quotients.
  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void matchesTheReference(PoolCases.Case test) {
    float[] src = Fill.integers(1, inputs(test), 9, 0.9);
    float[] dDst = Fill.uniform(2, outputs(test));
    double[] dst = ReferencePool.averageForward(test.spec(), test.batch(), Fill.widen(src));
    double[] dSrc = ReferencePool.averageBackward(test.spec(), test.batch(), Fill.widen(dDst));
    try (LayerHarness harness = harness(test, 1)) {
      harness.input(0, src).forward().outputGradient(dDst).backward();
      Compare.bitEqual("dst", harness.output(), dst);
      Compare.close("dSrc", harness.inputGradient(0), dSrc, 1e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void addsWithinSlicesAndThreadsNeverChangeABit(PoolCases.Case test) {
    float[] src = Fill.uniform(3, inputs(test));
    float[] dDst = Fill.uniform(4, outputs(test));
    float[] before = Fill.uniform(5, src.length);
    double[] dst = ReferencePool.averageForward(test.spec(), test.batch(), Fill.widen(src));
    double[] dSrc = ReferencePool.averageBackward(test.spec(), test.batch(), Fill.widen(dDst));
    for (int i = 0; i < dSrc.length; i++) {
      dSrc[i] += before[i];
    }
    float[] first = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness = harness(test, threads).slices().addTo(0, before)) {
        harness.input(0, src).forward().outputGradient(dDst).backward();
        Compare.close("dst", harness.output(), dst, 1e-6);
        Compare.close("dSrc", harness.inputGradient(0), dSrc, 1e-6);
        first = first == null ? harness.inputGradient(0) : first;
        Compare.bitEqual(
            "dSrc with %d threads".formatted(threads), harness.inputGradient(0), first);
      }
    }
  }

  @Test
  void describesItself() {
    AvgPool2d layer = AvgPool2d.of(7, 1);
    List<Shape> inputs = List.of(new Shape(1024, 7, 7));
    assertThat(layer.kind()).isEqualTo("pool");
    assertThat(layer.outputShape(inputs)).isEqualTo(Shape.vector(1024));
    assertThat(layer.cost(inputs)).isEqualTo(new Cost(0, 1024 * 49));
    assertThat(layer.backwardReadsInputs() || layer.backwardReadsOutput()).isFalse();
  }
}
