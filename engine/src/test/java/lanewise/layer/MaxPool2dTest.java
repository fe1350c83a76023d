package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lanewise.error.InvalidModelException;
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

class MaxPool2dTest {

  private static MaxPool2d layer(PoolSpec spec) {
    return new MaxPool2d(spec.kernel(), spec.stride(), spec.padding(), spec.ceilMode());
  }

  private static LayerHarness harness(PoolCases.Case test, int threads) {
    return new LayerHarness(
        layer(test.spec()), List.of(test.spec().input()), test.batch(), threads, true);
  }

  private static int inputs(PoolCases.Case test) {
    return Math.toIntExact(test.batch() * test.spec().input().elements());
  }

  private static float[] gradient(PoolCases.Case test) {
    int outputs = Math.toIntExact(test.batch() * test.spec().output().elements());
    return Fill.integers(2, outputs, 9, 0.9);
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void matchesTheReference(PoolCases.Case test) {
    check(test, Fill.uniform(1, inputs(test)));
  }

  /// Values of which most windows hold several times their maximum.
  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void theFirstOfEqualMaximaGetsTheGradient(PoolCases.Case test) {
    check(test, Fill.integers(3, inputs(test), 1, 0.7));
  }

  private static void check(PoolCases.Case test, float[] src) {
    PoolSpec spec = test.spec();
    float[] dDst = gradient(test);
    double[] dst = ReferencePool.maxForward(spec, test.batch(), Fill.widen(src));
    double[] dSrc =
        ReferencePool.maxBackward(spec, test.batch(), Fill.widen(src), Fill.widen(dDst));
    try (LayerHarness harness = harness(test, 1)) {
      harness.input(0, src).forward().outputGradient(dDst).backward();
      Compare.bitEqual("dst", harness.output(), dst);
      Compare.bitEqual("dSrc", harness.inputGradient(0), dSrc);
    }
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void addsWithinSlicesOnAnyNumberOfThreads(PoolCases.Case test) {
    float[] src = Fill.uniform(4, inputs(test));
    float[] dDst = gradient(test);
    float[] before = Fill.integers(5, src.length, 9, 0.9);
    double[] dst = ReferencePool.maxForward(test.spec(), test.batch(), Fill.widen(src));
    double[] dSrc =
        ReferencePool.maxBackward(test.spec(), test.batch(), Fill.widen(src), Fill.widen(dDst));
    for (int i = 0; i < dSrc.length; i++) {
      dSrc[i] += before[i];
    }
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness = harness(test, threads).slices().addTo(0, before)) {
        harness.input(0, src).forward().outputGradient(dDst).backward();
        Compare.bitEqual("dst", harness.output(), dst);
        Compare.bitEqual("dSrc", harness.inputGradient(0), dSrc);
      }
    }
  }

  /// Larger than one piece of work in both directions, with gradients whose sums depend on their
  /// order.
  @Test
  void threadsNeverChangeABit() {
    Shape shape = new Shape(40, 23, 24);
    int n = Math.toIntExact(3 * shape.elements());
    float[] first = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness =
          new LayerHarness(new MaxPool2d(3, 1, 1, false), List.of(shape), 3, threads, true)) {
        harness.input(0, Fill.uniform(6, n)).forward();
        harness.outputGradient(Fill.uniform(7, n)).backward();
        first = first == null ? harness.inputGradient(0) : first;
        Compare.bitEqual(
            "dSrc with %d threads".formatted(threads), harness.inputGradient(0), first);
      }
    }
  }

  @Test
  void nanAndInfinityPassThrough() {
    float nan = Float.NaN;
    float low = Float.NEGATIVE_INFINITY;
    for (int kernel : new int[] {2, 3, 4}) {
      Shape shape = new Shape(2, kernel, kernel);
      float[] src = Fill.uniform(8, 2 * kernel * kernel);
      Arrays.fill(src, 0, kernel * kernel, low);
      src[kernel * kernel + 1] = nan;
      try (LayerHarness harness =
          new LayerHarness(MaxPool2d.of(kernel, 1), List.of(shape), 1, 1, false)) {
        assertThat(harness.input(0, src).forward().output()).containsExactly(low, nan);
      }
    }
  }

  @Test
  void nanStaysInTheWindowsThatSeeIt() {
    Shape shape = new Shape(1, 3, 12);
    for (int at = 0; at < 36; at++) {
      float[] src = Fill.uniform(9, 36);
      src[at] = Float.NaN;
      try (LayerHarness harness =
          new LayerHarness(MaxPool2d.of(3, 1), List.of(shape), 1, 1, false)) {
        float[] dst = harness.input(0, src).forward().output();
        for (int x = 0; x < 10; x++) {
          int column = at % 12;
          assertThat(Float.isNaN(dst[x])).isEqualTo(x <= column && column < x + 3);
        }
      }
    }
  }

  @Test
  void doesNothingWhereNoGradientIsWanted() {
    try (LayerHarness harness =
        new LayerHarness(MaxPool2d.of(2, 2), List.of(new Shape(1, 2, 2)), 1, 1, true)) {
      harness.withoutInputGradient(0).input(0, new float[] {1, 2, 3, 4}).forward();
      harness.outputGradient(new float[] {5}).backward();
      assertThat(harness.output()).containsExactly(4);
    }
  }

  @Test
  void describesItself() {
    MaxPool2d pool1 = MaxPool2d.of(3, 2);
    List<Shape> inputs = List.of(new Shape(64, 56, 56));
    assertThat(pool1.kind()).isEqualTo("pool");
    assertThat(pool1.outputShape(inputs)).isEqualTo(new Shape(64, 27, 27));
    // AlexNet's pool1: 0.42 M
    assertThat(pool1.cost(inputs)).isEqualTo(new Cost(0, 64 * 27 * 27 * 9));
    assertThat(pool1.backwardReadsInputs()).isTrue();
    assertThat(pool1.backwardReadsOutput()).isTrue();
    assertThat(pool1.parameters(inputs)).isEmpty();
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(() -> MaxPool2d.of(3, 2).outputShape(List.of(new Shape(8, 2, 2))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("3x3 window does not fit into the 2x2 map");
    Shape shape = new Shape(8, 4, 4);
    assertThatThrownBy(() -> MaxPool2d.of(2, 2).outputShape(List.of(shape, shape)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("one input");
  }
}
