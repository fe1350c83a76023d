package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.stream.Stream;
import lanewise.choice.ConvChooser;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.kernel.reference.ReferenceBatchNorm;
import lanewise.kernel.reference.ReferenceConv;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import lanewise.testing.TryingChooser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FoldedConv2dTest {

  private static final BatchNorm2d NORM = new BatchNorm2d(1e-3, 0.1, false, false);

  record Case(ConvSpec spec, int batch, boolean bias, boolean relu) {
    Layer layer() {
      Conv2d conv =
          Conv2d.of(spec.filters(), spec.kernelHeight())
              .stride(spec.stride())
              .padding(spec.padding())
              .groups(spec.groups());
      Layer folded = fold(bias ? conv : conv.withoutBias(), NORM);
      return relu ? folded.fuse(new ReLU(), false).orElseThrow() : folded;
    }

    float[] src() {
      return Fill.uniform(1, LayerRun.size(spec.input(), batch));
    }

    float[] parameter(String name) {
      return switch (name) {
        case "weight" -> Fill.uniform(2, Math.toIntExact(spec.weights()));
        case "norm.running_var" -> positive(Fill.uniform(3, spec.filters()));
        default -> Fill.uniform(name.hashCode(), spec.filters());
      };
    }

    double[] expected() {
      double[] bias = bias() ? wide("bias") : null;
      double[] sums = ReferenceConv.forward(spec, batch, Fill.widen(src()), wide("weight"), bias);
      double[] dst =
          ReferenceBatchNorm.forwardInference(
              batch,
              spec.filters(),
              spec.output().pixels(),
              sums,
              wide("norm.weight"),
              wide("norm.bias"),
              NORM.epsilon(),
              wide("norm.running_mean"),
              wide("norm.running_var"));
      for (int i = 0; i < dst.length && relu; i++) {
        dst[i] = Math.max(0, dst[i]);
      }
      return dst;
    }

    private double[] wide(String name) {
      return Fill.widen(parameter(name));
    }
  }

  private static Layer fold(Layer layer, BatchNorm2d norm) {
    return layer.fuse(norm, false).orElseThrow();
  }

  /// From 0.01 to 2: dividing by the deviation moves the values by more than one power of ten.
  private static float[] positive(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.01f + Math.abs(values[i]) * 2;
    }
    return values;
  }

  static Stream<Case> cases() {
    return ConvCases.all().stream()
        .filter(c -> c.spec().kernelHeight() == c.spec().kernelWidth())
        .map(c -> new Case(c.spec(), c.batch(), c.batch() == 3, c.spec().filters() % 2 == 0));
  }

  private static float[] run(Case test, int threads, ConvChooser chooser) {
    Shape in = test.spec().input();
    try (var harness = new LayerHarness(test.layer(), List.of(in), test.batch(), threads, false)) {
      harness.slices().chooser(chooser).input(0, test.src());
      for (Parameter p : test.layer().parameters(List.of(in))) {
        harness.parameter(p.name(), test.parameter(p.name()));
      }
      return harness.forward().output();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsConvolutionAndNormalization(Case test) {
    float[] dst = run(test, 1, ConvChooser.rule());
    Compare.close("dst", dst, test.expected(), 2e-5);
    TryingChooser trying = new TryingChooser(ConvChooser.rule());
    Compare.bitEqual("dst with 2 threads", run(test, 2, trying), dst);
    assertThat(trying.trials()).isPositive();
  }

  /// Scales and statistics are powers of two and integers: no rounding anywhere.
  @Test
  void foldsWithoutErrorWhereThereIsNoRounding() {
    Layer layer = fold(Conv2d.of(2, 1), new BatchNorm2d(0, 0.1, false, false));
    try (var harness = new LayerHarness(layer, List.of(Shape.vector(3)), 1, 1, false)) {
      harness.input(0, new float[] {1, 2, 3});
      harness.parameter("weight", new float[] {1, 1, 1, 1, 0, -1});
      harness.parameter("bias", new float[] {10, 20});
      harness.parameter("norm.weight", new float[] {1, 4});
      harness.parameter("norm.bias", new float[] {100, 200});
      harness.parameter("norm.running_mean", new float[] {2, 3});
      harness.parameter("norm.running_var", new float[] {4, 0.25f});
      // (6 + 10 - 2) * 1 / 2 + 100 and (-2 + 20 - 3) * 4 / 0.5 + 200
      assertThat(harness.forward().output()).containsExactly(107, 320);
      harness.parameter("norm.bias", new float[] {0, 0});
      assertThat(harness.forward().output()).containsExactly(7, 120);
    }
  }

  /// Few channels: the running variance of one is next to nothing, that of another is large.
  @Test
  void keepsItsDigitsWithExtremeStatistics() {
    Case test = new Case(Conv2d.of(5, 3).padding(1).spec(new Shape(17, 6, 6)), 2, true, false);
    float[] variance = {1e-12f, 1e-3f, 1, 1e3f, 1e6f};
    float[] mean = {-100, 100, 3, 0, 1000};
    try (var harness = new LayerHarness(test.layer(), List.of(test.spec().input()), 2, 1, false)) {
      harness.input(0, test.src());
      for (String name : List.of("weight", "bias", "norm.weight", "norm.bias")) {
        harness.parameter(name, test.parameter(name));
      }
      harness.parameter("norm.running_mean", mean).parameter("norm.running_var", variance);
      float[] dst = harness.forward().output();
      double[] sums =
          ReferenceConv.forward(
              test.spec(), 2, Fill.widen(test.src()), test.wide("weight"), test.wide("bias"));
      double[] expected =
          ReferenceBatchNorm.forwardInference(
              2,
              5,
              36,
              sums,
              test.wide("norm.weight"),
              test.wide("norm.bias"),
              NORM.epsilon(),
              Fill.widen(mean),
              Fill.widen(variance));
      for (int c = 0; c < 5; c++) {
        Compare.close("channel " + c, channel(Fill.widen(dst), c), channel(expected, c), 2e-5);
      }
    }
  }

  private static double[] channel(double[] values, int channel) {
    double[] result = new double[2 * 36];
    System.arraycopy(values, channel * 36, result, 0, 36);
    System.arraycopy(values, (5 + channel) * 36, result, 36, 36);
    return result;
  }

  @Test
  void describesItself() {
    Conv2d conv = Conv2d.of(20, 3).groups(2);
    List<Shape> in = List.of(new Shape(6, 9, 9));
    Layer folded = fold(conv, NORM);
    assertThat(folded.kind()).isEqualTo("conv");
    assertThat(folded.outputShape(in)).isEqualTo(new Shape(20, 7, 7));
    assertThat(folded.cost(in)).isEqualTo(conv.cost(in));
    assertThat(folded.parameters(in))
        .extracting(Parameter::name)
        .containsExactly(
            "weight", "bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var");
    long weights = conv.parameters(in).get(0).packing().floats();
    ConvChooser rule = ConvChooser.rule();
    assertThat(folded.preparedBytes(in, 2, 1, rule)).isEqualTo(4 * (weights + 64));
    Conv2d winograd = Conv2d.of(64, 3).padding(1);
    List<Shape> wide = List.of(new Shape(64, 16, 16));
    long transformed = winograd.preparedBytes(wide, 2, 1, rule);
    // Behind the weights is room for what tiles address in slices.
    assertThat(transformed - 4L * 36 * 64 * 64).isBetween(0L, 36L * 1024);
    assertThat(fold(winograd, NORM).preparedBytes(wide, 2, 1, rule))
        .isEqualTo(4L * (9 * 64 * 64 + 64) + transformed);
    assertThat(fold(Conv2d.of(4, 7), NORM).takesPlainImage(List.of(new Shape(3, 9, 9)))).isTrue();
    assertThat(fold(Conv2d.of(4, 7), NORM).takesPlainImage(List.of(new Shape(9, 9, 9)))).isFalse();
  }

  @Test
  void foldsInInferenceAloneAndWhatCanBeFolded() {
    Conv2d conv = Conv2d.of(4, 3);
    assertThat(conv.fuse(NORM, true)).isEmpty();
    assertThat(conv.fuse(new BatchNorm2d(1e-5, 0.1, true, false), false)).isEmpty();
    assertThat(conv.fuse(new ReLU(), false).orElseThrow().fuse(NORM, false)).isEmpty();
    assertThat(Linear.of(4).fuse(NORM, true)).isEmpty();
    assertThat(Linear.of(4).fuse(NORM, false)).isPresent();
    Layer folded = fold(conv, NORM);
    assertThat(folded.fuse(NORM, false)).isEmpty();
    Layer relu = folded.fuse(new ReLU(), false).orElseThrow();
    assertThat(relu.fuse(new ReLU(), false)).isEmpty();
    assertThat(relu.fuse(new Add(), false)).isEmpty();
    Layer residual = folded.fuse(new Add(), false).orElseThrow();
    assertThat(residual.fuse(new Add(), false)).isEmpty();
    assertThat(residual.fuse(NORM, false)).isEmpty();
    assertThat(residual.fuse(new ReLU(), false)).isPresent();
    assertThat(Conv2d.of(4, 7).takesPlainImage(List.of(new Shape(3, 9, 9)))).isTrue();
    assertThat(residual.takesPlainImage(List.of(new Shape(3, 9, 9), new Shape(4, 7, 7)))).isFalse();
    assertThat(fold(conv, new BatchNorm2d(1e-5, 0.1, false, true)).fuse(new ReLU(), false))
        .isEmpty();
  }

  @Test
  void pointwiseOnesThatEndAlikeAreOne() {
    Conv2d conv = Conv2d.of(5, 1).withoutBias();
    Layer folded = fold(conv, NORM);
    Layer relu = folded.fuse(new ReLU(), false).orElseThrow();
    Layer both = folded.beside(fold(Conv2d.of(7, 1).withoutBias(), NORM), false).orElseThrow();
    List<Shape> in = List.of(new Shape(3, 4, 4));
    int first = Cpu.lanes() > 4 ? Cpu.lanes() : 8;
    assertThat(both.outputShape(in)).isEqualTo(new Shape(first + 7, 4, 4));
    assertThat(both.cost(in).multiplyAdds()).isEqualTo((5 + 7) * 3 * 16);
    assertThat(both.parameters(in).stream().map(Parameter::name))
        .startsWith("weight", "norm.weight", "norm.bias")
        .contains("1.weight", "1.norm.weight", "1.norm.running_var")
        .doesNotHaveDuplicates();
    assertThat(folded.beside(relu, false)).isEmpty();
    assertThat(relu.beside(relu, false)).isPresent();
    assertThat(folded.beside(conv, false)).isEmpty();
    assertThat(conv.beside(conv, false)).isEmpty();
    assertThat(folded.beside(fold(conv.stride(2), NORM), false)).isEmpty();
    assertThat(folded.beside(fold(Conv2d.of(5, 3).withoutBias(), NORM), false)).isEmpty();
    assertThat(folded.beside(fold(Conv2d.of(5, 1), NORM), false)).isEmpty();
    assertThat(folded.beside(folded.fuse(new Add(), false).orElseThrow(), false)).isEmpty();
  }

  @Test
  void hasNoTraining() {
    List<Shape> in = List.of(new Shape(3, 5, 5));
    Layer folded = fold(Conv2d.of(4, 3), NORM);
    try (var harness = new LayerHarness(folded, in, 1, 1, true)) {
      assertThatIllegalStateException().isThrownBy(harness::forward);
    }
    try (var harness = new LayerHarness(folded, in, 1, 1, false)) {
      assertThatIllegalStateException().isThrownBy(() -> harness.forward().backward());
    }
  }
}
