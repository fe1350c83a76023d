package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.reference.ReferenceConv;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Conv2dTest {

  /// All that one forward and backward pass makes; null where there is no such thing.
  record Run(float[] dst, float[] dSrc, float[] dWeights, float[] dBias) {}

  record Case(ConvSpec spec, int batch, boolean bias, boolean relu) {
    Layer layer() {
      Conv2d conv =
          Conv2d.of(spec.filters(), spec.kernelHeight())
              .stride(spec.stride())
              .padding(spec.padding())
              .groups(spec.groups());
      conv = bias ? conv : conv.withoutBias();
      return relu ? conv.fuse(new ReLU(), true).orElseThrow() : conv;
    }

    float[] src() {
      return Fill.integers(1, LayerRun.size(spec.input(), batch), 4, 0.7);
    }

    float[] weights() {
      return Fill.integers(2, Math.toIntExact(spec.weights()), 4, 0.7);
    }

    float[] biases() {
      return Fill.integers(3, spec.filters(), 9, 0.8);
    }

    float[] dDst() {
      return Fill.integers(4, LayerRun.size(spec.output(), batch), 4, 0.7);
    }

    float[] before() {
      return Fill.integers(5, LayerRun.size(spec.input(), batch), 9, 0.8);
    }

    /// Integers are summed exactly, but for Winograd's transforms.
    void check(String what, float[] actual, double[] expected) {
      boolean winograd =
          ConvAlgorithm.WINOGRAD.refuses(spec).isEmpty()
              && ConvAlgorithm.WINOGRAD.passedOver(spec, ConvPass.FORWARD).isEmpty();
      if (winograd) {
        Compare.close(what, actual, expected, 2e-5);
      } else {
        Compare.bitEqual(what, actual, expected);
      }
    }
  }

  /// Square kernels, half of the cases with bias and half of them with ReLU.
  static Stream<Case> cases() {
    return ConvCases.all().stream()
        .filter(c -> c.spec().kernelHeight() == c.spec().kernelWidth())
        .flatMap(
            c ->
                Stream.of(
                    new Case(c.spec(), c.batch(), true, c.batch() == 3),
                    new Case(c.spec(), c.batch(), false, c.batch() == 1)));
  }

  private static Run run(Case test, int threads, boolean slices, boolean adds) {
    try (var harness =
        new LayerHarness(test.layer(), List.of(test.spec().input()), test.batch(), threads, true)) {
      if (slices) {
        harness.slices();
      }
      harness.input(0, test.src()).parameter("weight", test.weights());
      if (test.bias()) {
        harness.parameter("bias", test.biases());
      }
      if (adds) {
        harness.addTo(0, test.before());
      }
      harness.forward().outputGradient(test.dDst()).backward();
      return new Run(
          harness.output(),
          harness.inputGradient(0),
          harness.parameterGradient("weight"),
          test.bias() ? harness.parameterGradient("bias") : null);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(Case test) {
    ConvSpec spec = test.spec();
    Run run = run(test, 1, false, false);
    double[] x = Fill.widen(test.src());
    double[] w = Fill.widen(test.weights());
    double[] b = test.bias() ? Fill.widen(test.biases()) : null;
    double[] dst = ReferenceConv.forward(spec, test.batch(), x, w, b);
    double[] g = Fill.widen(test.dDst());
    if (test.relu()) {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = Math.max(0, dst[i]);
        // the layer's own output decides: Winograd's rounding may raise a zero
        g[i] = run.dst()[i] > 0 ? g[i] : 0;
      }
    }
    test.check("dst", run.dst(), dst);
    test.check("dSrc", run.dSrc(), ReferenceConv.backwardData(spec, test.batch(), g, w));
    test.check("dWeights", run.dWeights(), ReferenceConv.backwardWeights(spec, test.batch(), x, g));
    if (test.bias()) {
      Compare.bitEqual("dBias", run.dBias(), ReferenceConv.backwardBias(spec, test.batch(), g));
    }
    checkOtherModes(test, run);
  }

  /// Threads, slices of a concatenation and adding change no bit, but for the sum.
  private static void checkOtherModes(Case test, Run run) {
    Run sliced = run(test, 2, true, false);
    Compare.bitEqual("dst of slices", sliced.dst(), run.dst());
    Compare.bitEqual("dSrc of slices", sliced.dSrc(), run.dSrc());
    Compare.bitEqual("dWeights of slices", sliced.dWeights(), run.dWeights());
    Run added = run(test, 4, false, true);
    Compare.bitEqual("dWeights with 4 threads", added.dWeights(), run.dWeights());
    if (test.bias()) {
      Compare.bitEqual("dBias with 4 threads", added.dBias(), run.dBias());
    }
    double[] sum = Fill.widen(test.before());
    for (int i = 0; i < sum.length; i++) {
      sum[i] += run.dSrc()[i];
    }
    test.check("added dSrc", added.dSrc(), sum);
  }

  /// Without ReLU the layer is linear in its input, its weights and its bias: differences over a
  /// step
  /// of 1 between integers are the gradient without any error. Groups of 2 channels and 3 filters
  /// are no multiple of the lanes.
  @Test
  void equalsFiniteDifferences() {
    Conv2d layer = Conv2d.of(9, 3).stride(2).padding(1).groups(3);
    Shape in = new Shape(6, 5, 4);
    Case test = new Case(layer.spec(in), 2, true, false);
    Run run = run(test, 1, false, false);
    try (var harness = new LayerHarness(layer, List.of(in), 2, 1, true)) {
      harness.parameter("weight", test.weights()).parameter("bias", test.biases());
      double[] dSrc = differences(test.src(), test, harness, moved -> harness.input(0, moved));
      Compare.bitEqual("dSrc", run.dSrc(), dSrc);
      harness.input(0, test.src());
      double[] dWeights =
          differences(test.weights(), test, harness, moved -> harness.parameter("weight", moved));
      Compare.bitEqual("dWeights", run.dWeights(), dWeights);
      harness.parameter("weight", test.weights());
      double[] dBias =
          differences(test.biases(), test, harness, moved -> harness.parameter("bias", moved));
      Compare.bitEqual("dBias", run.dBias(), dBias);
    }
  }

  private interface Setter {
    void set(float[] moved);
  }

  private static double[] differences(
      float[] point, Case test, LayerHarness harness, Setter setter) {
    double[] dDst = Fill.widen(test.dDst());
    float[] moved = point.clone();
    setter.set(moved);
    double before = FiniteDifferences.dot(dDst, Fill.widen(harness.forward().output()));
    double[] gradient = new double[point.length];
    for (int i = 0; i < point.length; i++) {
      moved[i] = point[i] + 1;
      setter.set(moved);
      gradient[i] = FiniteDifferences.dot(dDst, Fill.widen(harness.forward().output())) - before;
      moved[i] = point[i];
    }
    return gradient;
  }

  @Test
  void theFirstLayerComputesNoInputGradient() {
    Conv2d layer = Conv2d.of(4, 3);
    try (var harness = new LayerHarness(layer, List.of(new Shape(3, 5, 5)), 1, 1, true)) {
      harness.withoutInputGradient(0).input(0, Fill.integers(1, 75, 3, 1));
      harness.forward().outputGradient(Fill.integers(2, 36, 3, 1)).backward();
      assertThat(harness.parameterGradient("weight")).hasSize(108).doesNotContain(Float.NaN);
    }
  }

  @Test
  void evaluationNeedsNoGradients() {
    Case test = new Case(Conv2d.of(5, 3).spec(new Shape(17, 6, 6)), 2, true, true);
    try (var harness = new LayerHarness(test.layer(), List.of(test.spec().input()), 2, 2, false)) {
      harness.input(0, test.src()).parameter("weight", test.weights());
      harness.parameter("bias", test.biases()).forward();
      Compare.bitEqual("dst", harness.output(), run(test, 1, false, false).dst());
    }
  }

  @Test
  void describesItself() {
    Conv2d layer = Conv2d.of(16, 5).stride(2).padding(2).groups(3);
    List<Shape> in = List.of(new Shape(6, 14, 15));
    assertThatThrownBy(() -> layer.outputShape(in))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("16 output channels");
    Conv2d fitting = layer.groups(2);
    assertThat(fitting.kind()).isEqualTo("conv");
    assertThat(fitting.outputShape(in)).isEqualTo(new Shape(16, 7, 8));
    assertThat(fitting.cost(in)).isEqualTo(new Cost(16 * 3 * 25 * 7 * 8, 0));
    assertThat(fitting.parameters(in))
        .extracting(Parameter::name)
        .containsExactly("weight", "bias");
    Parameter weight = fitting.parameters(in).get(0);
    assertThat(weight.shape()).containsExactly(16, 3, 5, 5);
    assertThat(weight.elements()).isEqualTo(1200);
    assertThat(weight.role().decayed()).isTrue();
    Parameter bias = fitting.parameters(in).get(1);
    assertThat(bias.shape()).containsExactly(16);
    assertThat(bias.role().trained()).isTrue();
    assertThat(bias.role().decayed()).isFalse();
    assertThat(fitting.withoutBias().parameters(in)).hasSize(1);
    assertThatThrownBy(() -> fitting.outputShape(List.of(in.get(0), in.get(0))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("conv takes one input, got 2");
  }

  /// Kaiming over the fan-in of one filter, 3 x 5 x 5, unless told otherwise; biases at zero.
  @Test
  void startsAsDescribed() {
    Conv2d layer = Conv2d.of(16, 5).groups(2);
    List<Shape> in = List.of(new Shape(6, 14, 15));
    float[] expected = new float[1200];
    float[] values = new float[1200];
    Initialization.kaimingNormal(75).fill(expected, 5);
    layer.parameters(in).get(0).initialization().fill(values, 5);
    assertThat(values).isEqualTo(expected);
    Initialization.xavierUniform(75, 8 * 25).fill(expected, 5);
    Conv2d xavier = layer.scheme(Initialization.Scheme.XAVIER_UNIFORM);
    xavier.parameters(in).get(0).initialization().fill(values, 5);
    assertThat(values).isEqualTo(expected);
    float[] biases = {9, 9};
    layer.parameters(in).get(1).initialization().fill(biases, 5);
    assertThat(biases).containsOnly(0);
  }

  @Test
  void fusesWithOneReluOnly() {
    Conv2d layer = Conv2d.of(4, 3);
    Layer fused = layer.fuse(new ReLU(), true).orElseThrow();
    assertThat(fused).isInstanceOfSatisfying(Conv2d.class, c -> assertThat(c.relu()).isTrue());
    assertThat(fused.outputShape(List.of(new Shape(3, 8, 8)))).isEqualTo(new Shape(4, 6, 6));
    assertThat(fused.fuse(new ReLU(), true)).isEmpty();
    assertThat(layer.fuse(new Add(), true)).isEmpty();
    assertThat(layer.fuse(new BatchNorm2d(), true)).isEmpty();
    assertThat(layer.backwardReadsOutput()).isFalse();
    assertThat(fused.backwardReadsOutput()).isTrue();
  }
}
