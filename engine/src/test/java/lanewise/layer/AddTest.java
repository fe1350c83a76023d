package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceActivation;
import lanewise.kernel.reference.ReferenceAdd;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AddTest {

  record Case(int inputs, Shape shape, int batch) {}

  static Stream<Case> cases() {
    return LayerRun.SHAPES.stream()
        .flatMap(shape -> Stream.of(new Case(2, shape, 1), new Case(4, shape, 3)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(Case test) {
    int size = LayerRun.size(test.shape(), test.batch());
    List<Shape> shapes = Collections.nCopies(test.inputs(), test.shape());
    List<float[]> srcs =
        IntStream.range(0, test.inputs()).mapToObj(i -> Fill.integers(i, size, 9, 0.8)).toList();
    float[] dDst = Fill.integers(50, size, 9, 0.8);
    LayerRun run = LayerRun.of(new Add(), shapes, test.batch(), LayerRun.PLAIN, srcs, dDst);

    double[][] wide = srcs.stream().map(Fill::widen).toArray(double[][]::new);
    Compare.bitEqual("dst", run.output(), ReferenceAdd.forward(wide));
    for (float[] dSrc : run.gradients()) {
      Compare.bitEqual("dSrc", dSrc, dDst);
    }
    run.equalsOtherModes(new Add(), shapes, test.batch(), srcs, dDst, 0);
  }

  /// In inference a ReLU joins; backward would need it apart.
  @ParameterizedTest
  @MethodSource("cases")
  void takesAReluInInference(Case test) {
    assertThat(new Add().fuse(new ReLU(), true)).isEmpty();
    assertThat(new Add().fuse(new Sigmoid(), false)).isEmpty();
    Layer layer = new Add().fuse(new ReLU(), false).orElseThrow();
    int size = LayerRun.size(test.shape(), test.batch());
    List<Shape> shapes = Collections.nCopies(test.inputs(), test.shape());
    assertThat(layer.outputShape(shapes)).isEqualTo(test.shape());
    double[][] wide = new double[test.inputs()][];
    try (var harness = new LayerHarness(layer, shapes, test.batch(), 2, false)) {
      harness.slices();
      for (int i = 0; i < wide.length; i++) {
        float[] src = Fill.integers(i, size, 9, 0.8);
        wide[i] = Fill.widen(src);
        harness.input(i, src);
      }
      double[] sum = ReferenceActivation.reluForward(ReferenceAdd.forward(wide));
      Compare.bitEqual("dst", harness.forward().output(), sum);
    }
  }

  @Test
  void skipsAnInputThatWantsNoGradient() {
    Shape shape = Shape.vector(3);
    try (var harness = new LayerHarness(new Add(), List.of(shape, shape), 1, 1, true)) {
      float[] ones = {1, 1, 1};
      harness.withoutInputGradient(0).input(0, ones).input(1, ones).outputGradient(ones);
      harness.forward().backward();
      assertThat(harness.output()).containsExactly(2, 2, 2);
      assertThat(harness.inputGradient(1)).containsExactly(1, 1, 1);
    }
  }

  @Test
  void refusesUnequalShapes() {
    Shape shape = new Shape(64, 32, 32);
    assertThatThrownBy(() -> new Add().outputShape(List.of(shape, shape, new Shape(64, 16, 16))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("add: input 1 is 64x32x32, but input 3 is 64x16x16; all must have one shape");
    assertThatThrownBy(() -> new Add().outputShape(List.of(shape)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("add takes two inputs or more, got 1");
  }
}
