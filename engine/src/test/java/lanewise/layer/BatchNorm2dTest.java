package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceBatchNorm;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BatchNorm2dTest {

  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  /// Sums of some 2,048 values are taken in fp32.
  private static final double TOLERANCE = 5e-6;

  /// Sums over a channel cancel: the gradients need more room.
  private static final double GRADIENT_TOLERANCE = 1e-5;

  record Case(Shape shape, int batch, boolean residual, boolean relu) {
    BatchNorm2d layer() {
      return new BatchNorm2d(EPSILON, MOMENTUM, residual, relu);
    }

    List<Shape> inputs() {
      return Collections.nCopies(residual ? 2 : 1, shape);
    }

    int size() {
      return LayerRun.size(shape, batch);
    }

    int channels() {
      return shape.channels();
    }

    /// Off centre, so that the mean matters.
    float[] src() {
      float[] values = Fill.uniform(1, size());
      for (int i = 0; i < values.length; i++) {
        values[i] = 2 * values[i] + 1;
      }
      return values;
    }

    float[] added() {
      return Fill.uniform(2, size());
    }

    float[] dDst() {
      return Fill.uniform(3, size());
    }

    float[] gamma() {
      return Fill.uniform(4, channels());
    }

    float[] beta() {
      return Fill.uniform(5, channels());
    }

    float[] mean() {
      return Fill.uniform(6, channels());
    }

    float[] variance() {
      float[] values = Fill.uniform(7, channels());
      for (int i = 0; i < values.length; i++) {
        values[i] += 1.5f;
      }
      return values;
    }

    LayerHarness harness(int threads, boolean slices, boolean training) {
      var harness = new LayerHarness(layer(), inputs(), batch, threads, training);
      if (slices) {
        harness.slices();
      }
      harness.input(0, src());
      if (residual) {
        harness.input(1, added());
      }
      return harness
          .parameter("weight", gamma())
          .parameter("bias", beta())
          .parameter("running_mean", mean())
          .parameter("running_var", variance());
    }

    /// In training; moves the given statistics.
    double[] forward(double[] src, double[] mean, double[] variance) {
      double[] gamma = Fill.widen(gamma());
      double[] beta = Fill.widen(beta());
      return finish(
          ReferenceBatchNorm.forwardTraining(
              batch,
              channels(),
              shape.pixels(),
              src,
              gamma,
              beta,
              EPSILON,
              MOMENTUM,
              mean,
              variance));
    }

    double[] finish(double[] dst) {
      float[] other = added();
      for (int i = 0; i < dst.length; i++) {
        dst[i] += residual ? other[i] : 0;
        dst[i] = relu ? Math.max(0, dst[i]) : dst[i];
      }
      return dst;
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Shape shape : LayerRun.SHAPES) {
      int few = shape.pixels() == 1 ? 5 : 1;
      cases.add(new Case(shape, few, false, false));
      cases.add(new Case(shape, 3, false, true));
      cases.add(new Case(shape, few, true, true));
      cases.add(new Case(shape, 25, true, false));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingEqualsTheReference(Case test) {
    double[] mean = Fill.widen(test.mean());
    double[] variance = Fill.widen(test.variance());
    double[] dst = test.forward(Fill.widen(test.src()), mean, variance);
    try (LayerHarness one = test.harness(1, false, true)) {
      one.forward().outputGradient(test.dDst()).backward();
      Compare.close("dst", one.output(), dst, TOLERANCE);
      Compare.close("running mean", one.parameter("running_mean"), mean, TOLERANCE);
      Compare.close("running variance", one.parameter("running_var"), variance, TOLERANCE);
      checkGradients(test, one);
      checkOtherThreads(test, one);
    }
  }

  private static void checkGradients(Case test, LayerHarness harness) {
    int batch = test.batch();
    int channels = test.channels();
    int pixels = test.shape().pixels();
    double[] src = Fill.widen(test.src());
    double[] gamma = Fill.widen(test.gamma());
    double[] dDst = Fill.widen(test.dDst());
    float[] dst = harness.output();
    for (int i = 0; i < dDst.length && test.relu(); i++) {
      dDst[i] = dst[i] > 0 ? dDst[i] : 0;
    }
    double[] dSrc =
        ReferenceBatchNorm.backwardData(batch, channels, pixels, src, gamma, EPSILON, dDst);
    Compare.close("dSrc", harness.inputGradient(0), dSrc, GRADIENT_TOLERANCE);
    double[] dGamma = ReferenceBatchNorm.backwardGamma(batch, channels, pixels, src, EPSILON, dDst);
    Compare.close("dGamma", harness.parameterGradient("weight"), dGamma, GRADIENT_TOLERANCE);
    double[] dBeta = ReferenceBatchNorm.backwardBeta(batch, channels, pixels, dDst);
    Compare.close("dBeta", harness.parameterGradient("bias"), dBeta, GRADIENT_TOLERANCE);
    if (test.residual()) {
      Compare.bitEqual("dResidual", harness.inputGradient(1), dDst);
    }
  }

  private static void checkOtherThreads(Case test, LayerHarness one) {
    float[] before = Fill.uniform(9, test.size());
    for (int threads : new int[] {2, 4}) {
      String what = " with %d threads".formatted(threads);
      boolean adds = threads == 4;
      try (LayerHarness other = test.harness(threads, threads == 2, true)) {
        for (int i = 0; i < test.inputs().size() && adds; i++) {
          other.addTo(i, before);
        }
        other.forward().outputGradient(test.dDst()).backward();
        Compare.bitEqual("dst" + what, other.output(), one.output());
        for (String name : List.of("running_mean", "running_var")) {
          Compare.bitEqual(name + what, other.parameter(name), one.parameter(name));
        }
        for (String name : List.of("weight", "bias")) {
          float[] expected = one.parameterGradient(name);
          Compare.bitEqual("gradient of " + name + what, other.parameterGradient(name), expected);
        }
        for (int i = 0; i < test.inputs().size(); i++) {
          float[] expected = one.inputGradient(i);
          for (int j = 0; j < expected.length && adds; j++) {
            expected[j] += before[j];
          }
          Compare.bitEqual("gradient of input " + i + what, other.inputGradient(i), expected);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void evaluationUsesTheRunningStatistics(Case test) {
    double[] dst =
        ReferenceBatchNorm.forwardInference(
            test.batch(),
            test.channels(),
            test.shape().pixels(),
            Fill.widen(test.src()),
            Fill.widen(test.gamma()),
            Fill.widen(test.beta()),
            EPSILON,
            Fill.widen(test.mean()),
            Fill.widen(test.variance()));
    try (LayerHarness one = test.harness(1, false, false);
        LayerHarness four = test.harness(4, true, false)) {
      Compare.close("dst", one.forward().output(), test.finish(dst), TOLERANCE);
      Compare.bitEqual("dst with 4 threads", four.forward().output(), one.output());
      Compare.bitEqual("running mean", one.parameter("running_mean"), test.mean());
      Compare.bitEqual("running variance", one.parameter("running_var"), test.variance());
    }
  }

  @Test
  void gradientEqualsFiniteDifferences() {
    Case test = new Case(new Shape(5, 2, 3), 3, true, true);
    double[] dDst = Fill.widen(test.dDst());
    double[] dSrc =
        FiniteDifferences.gradient(
            src -> FiniteDifferences.dot(dDst, test.forward(src, new double[5], new double[5])),
            Fill.widen(test.src()));
    try (LayerHarness harness = test.harness(1, false, true)) {
      harness.forward().outputGradient(test.dDst()).backward();
      Compare.close("dSrc", harness.inputGradient(0), dSrc, GRADIENT_TOLERANCE);
    }
  }

  /// As in a first block without anything trained before it, or a shortcut from the input.
  @Test
  void gradientsThatNobodyWantsAreNotComputed() {
    Case test = new Case(new Shape(20, 4, 4), 3, true, true);
    try (LayerHarness all = test.harness(1, false, true)) {
      all.forward().outputGradient(test.dDst()).backward();
      for (int without : new int[] {0, 1}) {
        try (LayerHarness one = test.harness(1, false, true)) {
          one.withoutInputGradient(without).forward().outputGradient(test.dDst()).backward();
          int other = 1 - without;
          Compare.bitEqual("dSrc", one.inputGradient(other), all.inputGradient(other));
          for (String name : List.of("weight", "bias")) {
            Compare.bitEqual(name, one.parameterGradient(name), all.parameterGradient(name));
          }
        }
      }
    }
  }

  /// A channel of equal values has no variance: the result is beta, the gradient nothing to speak
  /// of, and nothing is NaN.
  @Test
  void constantChannelsGiveBeta() {
    for (int batch : new int[] {1, 4}) {
      Shape shape = batch == 1 ? Shape.vector(3) : new Shape(3, 2, 2);
      try (var harness = new LayerHarness(new BatchNorm2d(), List.of(shape), batch, 1, true)) {
        float[] src = new float[LayerRun.size(shape, batch)];
        Arrays.fill(src, 3);
        harness.input(0, src).parameter("weight", new float[] {1, 2, 3});
        harness.parameter("bias", new float[] {5, 5, 5}).forward();
        for (float value : harness.output()) {
          assertThat(value).isEqualTo(5, within(1e-3f));
        }
        harness.outputGradient(new float[src.length]).backward();
        assertThat(harness.inputGradient(0)).containsOnly(0);
      }
    }
  }

  /// Values far from zero: no digits of the variance may go into the square of the mean.
  @Test
  void survivesALargeMean() {
    Shape shape = new Shape(4, 32, 32);
    float[] src = Fill.uniform(1, LayerRun.size(shape, 4));
    for (int i = 0; i < src.length; i++) {
      src[i] += 20;
    }
    double[] ones = {1, 1, 1, 1};
    double[] dst =
        ReferenceBatchNorm.forwardTraining(
            4,
            4,
            1024,
            Fill.widen(src),
            ones,
            new double[4],
            EPSILON,
            MOMENTUM,
            new double[4],
            ones.clone());
    try (var harness = new LayerHarness(new BatchNorm2d(), List.of(shape), 4, 1, true)) {
      harness.input(0, src).parameter("weight", new float[] {1, 1, 1, 1}).forward();
      Compare.close("dst", harness.output(), dst, 2e-5);
    }
  }

  @Test
  void describesItself() {
    Shape shape = new Shape(16, 8, 8);
    BatchNorm2d layer = new BatchNorm2d();
    assertThat(layer).isEqualTo(new BatchNorm2d(1e-5, 0.1, false, false));
    assertThat(layer.kind()).isEqualTo("bn");
    assertThat(layer.outputShape(List.of(shape))).isEqualTo(shape);
    assertThat(layer.cost(List.of(shape))).isEqualTo(Cost.NONE);
    assertThat(layer.parameters(List.of(shape)))
        .extracting(Parameter::name)
        .containsExactly("weight", "bias", "running_mean", "running_var");
    assertThat(layer.parameters(List.of(shape)))
        .extracting(p -> p.role().trained())
        .containsExactly(true, true, false, false);
    assertThat(layer.parameters(List.of(shape))).noneMatch(p -> p.role().decayed());
  }

  @Test
  void fusesWithAddAndThenRelu() {
    BatchNorm2d layer = new BatchNorm2d();
    BatchNorm2d added = new BatchNorm2d(EPSILON, MOMENTUM, true, false);
    assertThat(layer.fuse(new ReLU(), true))
        .contains(new BatchNorm2d(EPSILON, MOMENTUM, false, true));
    assertThat(layer.fuse(new Add(), true)).contains(added);
    assertThat(added.fuse(new ReLU(), true))
        .contains(new BatchNorm2d(EPSILON, MOMENTUM, true, true));
    assertThat(added.fuse(new Add(), true)).isEmpty();
    assertThat(new BatchNorm2d(EPSILON, MOMENTUM, false, true).fuse(new Add(), true)).isEmpty();
    assertThat(layer.fuse(new Sigmoid(), true)).isEmpty();
    Shape shape = new Shape(16, 8, 8);
    assertThatThrownBy(() -> added.outputShape(List.of(shape, new Shape(16, 4, 4))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("two inputs of one shape");
  }
}
