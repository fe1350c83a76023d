package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceConcat;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConcatTest {

  record Case(int height, int width, List<Integer> channels) {
    List<Shape> shapes() {
      return channels.stream().map(c -> new Shape(c, height, width)).toList();
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        // all parts start at a block
        new Case(5, 7, List.of(16, 32)),
        new Case(1, 1, List.of(64, 16, 5)),
        new Case(30, 31, List.of(16, 48, 16)),
        // parts that share a block, two or more
        new Case(3, 3, List.of(1, 1)),
        new Case(4, 5, List.of(3, 2, 1, 4)),
        new Case(1, 1, List.of(10, 7)),
        new Case(6, 3, List.of(17, 15, 16)),
        new Case(2, 9, List.of(20, 33, 3)),
        // a part that fills its block, then one that starts at a block again
        new Case(3, 2, List.of(13, 3, 16, 1)),
        new Case(23, 29, List.of(12, 12)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReferenceBitForBit(Case test) {
    for (int batch : new int[] {1, 3}) {
      check(test, batch);
    }
  }

  private static void check(Case test, int batch) {
    List<Shape> shapes = test.shapes();
    List<float[]> srcs = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      srcs.add(Fill.uniform(i, LayerRun.size(shapes.get(i), batch)));
    }
    int size = srcs.stream().mapToInt(src -> src.length).sum();
    float[] dDst = Fill.integers(50, size, 9, 0.8);
    LayerRun run = LayerRun.of(new Concat(), shapes, batch, LayerRun.PLAIN, srcs, dDst);

    int pixels = test.height() * test.width();
    int[] channels = test.channels().stream().mapToInt(Integer::intValue).toArray();
    double[][] wide = srcs.stream().map(Fill::widen).toArray(double[][]::new);
    double[] dst = ReferenceConcat.forward(batch, pixels, channels, wide);
    Compare.bitEqual("dst", run.output(), dst);
    double[][] dSrcs = ReferenceConcat.backward(batch, pixels, channels, Fill.widen(dDst));
    for (int i = 0; i < dSrcs.length; i++) {
      Compare.bitEqual("dSrc " + i, run.gradients().get(i), dSrcs[i]);
    }
    run.equalsOtherModes(new Concat(), shapes, batch, srcs, dDst, 0);
  }

  @Test
  void skipsAnInputThatWantsNoGradient() {
    List<Shape> shapes = List.of(Shape.vector(2), Shape.vector(1));
    try (var harness = new LayerHarness(new Concat(), shapes, 1, 1, true)) {
      harness.withoutInputGradient(0).input(0, new float[] {1, 2}).input(1, new float[] {3});
      harness.outputGradient(new float[] {4, 5, 6}).forward().backward();
      assertThat(harness.output()).containsExactly(1, 2, 3);
      assertThat(harness.inputGradient(1)).containsExactly(6);
    }
  }

  @Test
  void outputHasTheChannelsOfAllInputs() {
    List<Shape> shapes = IntStream.of(64, 128, 32).mapToObj(c -> new Shape(c, 8, 9)).toList();
    assertThat(new Concat().outputShape(shapes)).isEqualTo(new Shape(224, 8, 9));
  }

  @Test
  void refusesOtherMaps() {
    List<Shape> shapes = List.of(new Shape(3, 8, 8), new Shape(3, 8, 7));
    assertThatThrownBy(() -> new Concat().outputShape(shapes))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "concat: input 1 is 3x8x8, but input 2 is 3x8x7; all must have one height and width");
    assertThatThrownBy(() -> new Concat().outputShape(List.of(Shape.vector(3))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("concat takes two inputs or more, got 1");
  }
}
