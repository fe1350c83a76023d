package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceLinear;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LinearTest {

  record Case(int inputs, int outputs, int batch, boolean bias, boolean relu) {
    Layer layer() {
      Linear linear = bias ? Linear.of(outputs) : Linear.of(outputs).withoutBias();
      return relu ? linear.fuse(new ReLU(), true).orElseThrow() : linear;
    }

    float[] src() {
      return Fill.integers(1, batch * inputs, 4, 0.7);
    }

    float[] weights() {
      return Fill.integers(2, outputs * inputs, 4, 0.7);
    }

    float[] biases() {
      return Fill.integers(3, outputs, 9, 0.8);
    }

    float[] dDst() {
      return Fill.integers(4, batch * outputs, 4, 0.7);
    }
  }

  static Stream<Case> cases() {
    return IntStream.of(1, 3, 25, 64)
        .boxed()
        .flatMap(
            batch ->
                Stream.of(
                    new Case(1, 1, batch, true, false),
                    new Case(16, 32, batch, true, true),
                    new Case(37, 10, batch, false, false),
                    new Case(120, 84, batch, true, false),
                    new Case(65, 100, batch, false, true),
                    new Case(256, 17, batch, true, true)));
  }

  private static LayerHarness harness(Case test, int threads) {
    var harness =
        new LayerHarness(
            test.layer(), List.of(Shape.vector(test.inputs())), test.batch(), threads, true);
    if (threads > 1) {
      harness.slices();
    }
    harness.input(0, test.src()).parameter("weight", test.weights());
    if (test.bias()) {
      harness.parameter("bias", test.biases());
    }
    return harness;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReferenceBitForBit(Case test) {
    int batch = test.batch();
    int inputs = test.inputs();
    int outputs = test.outputs();
    double[] x = Fill.widen(test.src());
    double[] w = Fill.widen(test.weights());
    double[] b = test.bias() ? Fill.widen(test.biases()) : null;
    double[] dst = ReferenceLinear.forward(batch, inputs, outputs, x, w, b);
    double[] g = Fill.widen(test.dDst());
    for (int i = 0; i < dst.length && test.relu(); i++) {
      g[i] = dst[i] > 0 ? g[i] : 0;
      dst[i] = Math.max(0, dst[i]);
    }
    double[] dSrc = ReferenceLinear.backwardData(batch, inputs, outputs, g, w);
    for (int threads : new int[] {1, 2, 4}) {
      try (LayerHarness harness = harness(test, threads)) {
        harness.forward().outputGradient(test.dDst()).backward();
        Compare.bitEqual("dst", harness.output(), dst);
        Compare.bitEqual("dSrc", harness.inputGradient(0), dSrc);
        double[] dWeights = ReferenceLinear.backwardWeights(batch, inputs, outputs, x, g);
        Compare.bitEqual("dWeights", harness.parameterGradient("weight"), dWeights);
        if (test.bias()) {
          double[] dBias = ReferenceLinear.backwardBias(batch, outputs, g);
          Compare.bitEqual("dBias", harness.parameterGradient("bias"), dBias);
        }
      }
    }
  }

  @Test
  void addsToTheInputGradient() {
    Case test = new Case(19, 21, 3, true, false);
    float[] before = Fill.integers(5, 3 * 19, 9, 0.8);
    double[] w = Fill.widen(test.weights());
    double[] sum = ReferenceLinear.backwardData(3, 19, 21, Fill.widen(test.dDst()), w);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += before[i];
    }
    try (LayerHarness harness = harness(test, 1)) {
      harness.addTo(0, before).forward().outputGradient(test.dDst()).backward();
      Compare.bitEqual("dSrc", harness.inputGradient(0), sum);
    }
  }

  @Test
  void describesItself() {
    Linear layer = Linear.of(100);
    List<Shape> in = List.of(Shape.vector(512));
    assertThat(layer.kind()).isEqualTo("fc");
    assertThat(layer.outputShape(in)).isEqualTo(Shape.vector(100));
    assertThat(layer.cost(in)).isEqualTo(new Cost(51_200, 0));
    assertThat(layer.parameters(in)).extracting(Parameter::name).containsExactly("weight", "bias");
    assertThat(layer.parameters(in).get(0).shape()).containsExactly(100, 512);
    assertThat(layer.withoutBias().parameters(in)).hasSize(1);
    Layer fused = layer.fuse(new ReLU(), true).orElseThrow();
    assertThat(fused).isInstanceOfSatisfying(Linear.class, l -> assertThat(l.relu()).isTrue());
    assertThat(fused.fuse(new ReLU(), true)).isEmpty();
    assertThat(layer.fuse(new Add(), true)).isEmpty();
  }

  @Test
  void startsAsDescribed() {
    List<Shape> in = List.of(Shape.vector(50));
    float[] expected = new float[500];
    float[] values = new float[500];
    Initialization.xavierUniform(50, 10).fill(expected, 5);
    Linear.of(10).parameters(in).get(0).initialization().fill(values, 5);
    assertThat(values).isEqualTo(expected);
    Initialization.kaimingNormal(50).fill(expected, 5);
    Linear kaiming = Linear.of(10).scheme(Initialization.Scheme.KAIMING_NORMAL);
    kaiming.parameters(in).get(0).initialization().fill(values, 5);
    assertThat(values).isEqualTo(expected);
  }

  @Test
  void refusesMaps() {
    assertThatThrownBy(() -> Linear.of(10).outputShape(List.of(new Shape(64, 4, 4))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "linear layer: the input is a map of 64x4x4; flatten or pool it to a vector first");
    assertThatThrownBy(() -> Linear.of(0).outputShape(List.of(Shape.vector(3))))
        .isInstanceOf(InvalidModelException.class);
  }
}
