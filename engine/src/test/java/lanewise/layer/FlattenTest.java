package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FlattenTest {

  static Stream<Shape> shapes() {
    return Stream.concat(
        LayerRun.SHAPES.stream(), Stream.of(new Shape(16, 1, 2), new Shape(33, 1, 3)));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void keepsThePlainOrderBitForBit(Shape shape) {
    for (int batch : new int[] {1, 3}) {
      float[] src = Fill.uniform(1, LayerRun.size(shape, batch));
      float[] dDst = Fill.integers(2, src.length, 9, 0.8);
      List<Shape> shapes = List.of(shape);
      LayerRun run = LayerRun.of(new Flatten(), shapes, batch, LayerRun.PLAIN, List.of(src), dDst);
      Compare.bitEqual("dst", run.output(), src);
      Compare.bitEqual("dSrc", run.gradients().get(0), dDst);
      run.equalsOtherModes(new Flatten(), shapes, batch, List.of(src), dDst, 0);
    }
  }

  @Test
  void vectorsAreFlatAlready() {
    assertThat(new Flatten().outputShape(List.of(new Shape(16, 5, 5))))
        .isEqualTo(Shape.vector(400));
    assertThat(new Flatten().isIdentity(List.of(Shape.vector(7)), true)).isTrue();
    assertThat(new Flatten().isIdentity(List.of(new Shape(7, 1, 2)), true)).isFalse();
  }
}
