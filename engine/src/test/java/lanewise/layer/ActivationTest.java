package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceActivation;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ActivationTest {

  private static final double TOLERANCE = 2e-7;

  record Case(Layer layer, Shape shape, int batch) {
    int size() {
      return LayerRun.size(shape, batch);
    }
  }

  static Stream<Case> cases() {
    return Stream.of(new ReLU(), new Sigmoid(), new Tanh())
        .flatMap(
            layer ->
                LayerRun.SHAPES.stream()
                    .flatMap(s -> Stream.of(new Case(layer, s, 1), new Case(layer, s, 3))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(Case test) {
    float[] src = Fill.uniform(1, test.size());
    for (int i = 0; i < src.length; i++) {
      src[i] *= 6;
    }
    float[] dDst = Fill.uniform(2, test.size());
    List<Shape> shapes = List.of(test.shape());
    LayerRun run =
        LayerRun.of(test.layer(), shapes, test.batch(), LayerRun.PLAIN, List.of(src), dDst);

    double[] x = Fill.widen(src);
    double[] g = Fill.widen(dDst);
    switch (test.layer()) {
      case ReLU _ -> {
        Compare.bitEqual("dst", run.output(), ReferenceActivation.reluForward(x));
        Compare.bitEqual("dSrc", run.gradients().get(0), ReferenceActivation.reluBackward(x, g));
      }
      case Sigmoid _ -> {
        Compare.close("dst", run.output(), ReferenceActivation.sigmoidForward(x), TOLERANCE);
        double[] dSrc = ReferenceActivation.sigmoidBackward(x, g);
        Compare.close("dSrc", run.gradients().get(0), dSrc, 10 * TOLERANCE);
      }
      default -> {
        Compare.close("dst", run.output(), ReferenceActivation.tanhForward(x), TOLERANCE);
        double[] dSrc = ReferenceActivation.tanhBackward(x, g);
        Compare.close("dSrc", run.gradients().get(0), dSrc, 10 * TOLERANCE);
      }
    }
    run.equalsOtherModes(test.layer(), shapes, test.batch(), List.of(src), dDst, TOLERANCE);
  }

  @Test
  void specialValues() {
    float inf = Float.POSITIVE_INFINITY;
    float[] src = {Float.NaN, inf, -inf, 0, -0f, 1e30f, -1e30f, Float.MIN_VALUE};
    assertThat(forward(new ReLU(), src))
        .containsExactly(Float.NaN, inf, 0, 0, 0, 1e30f, 0, Float.MIN_VALUE);
    assertThat(forward(new Sigmoid(), src))
        .containsExactly(Float.NaN, 1, 0, 0.5f, 0.5f, 1, 0, 0.5f);
    assertThat(forward(new Tanh(), src))
        .containsExactly(Float.NaN, 1, -1, 0, 0, 1, -1, Float.MIN_VALUE);
  }

  @Test
  void gradientOfReluIsZeroAtZero() {
    float[] ones = {1, 1, 1};
    List<Shape> shapes = List.of(Shape.vector(3));
    LayerRun run =
        LayerRun.of(new ReLU(), shapes, 1, LayerRun.PLAIN, List.of(new float[] {-1, 0, 1}), ones);
    assertThat(run.gradients().get(0)).containsExactly(0, 0, 1);
  }

  @Test
  void noGradientWantedMeansNoneComputed() {
    try (var harness = new LayerHarness(new Tanh(), List.of(Shape.vector(2)), 1, 1, true)) {
      harness.withoutInputGradient(0).input(0, new float[] {1, 2}).outputGradient(new float[2]);
      harness.forward().backward();
      assertThat(harness.output()).hasSize(2).doesNotContain(Float.NaN);
    }
  }

  @Test
  void describesItself() {
    Shape shape = new Shape(3, 4, 5);
    assertThat(Stream.of(new ReLU(), new Sigmoid(), new Tanh()).map(Layer::kind))
        .containsExactly("relu", "sigmoid", "tanh");
    assertThat(new ReLU().outputShape(List.of(shape))).isEqualTo(shape);
    assertThat(new ReLU().cost(List.of(shape))).isEqualTo(Cost.NONE);
    assertThatThrownBy(() -> new Sigmoid().outputShape(List.of(shape, shape)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("sigmoid");
  }

  private static float[] forward(Layer layer, float[] src) {
    try (var harness = new LayerHarness(layer, List.of(Shape.vector(src.length)), 1, 1, false)) {
      return harness.input(0, src).forward().output();
    }
  }
}
