package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SubsampleTest {

  /// One layer on one input.
  record Case(Shape in, int batch, int stride, int channels) {

    Subsample layer() {
      return new Subsample(stride, channels);
    }

    Shape out() {
      return layer().outputShape(List.of(in));
    }

    int source(int n, int c, int y, int x) {
      return ((n * in.channels() + c) * in.height() + y * stride) * in.width() + x * stride;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(new Shape(16, 8, 8), 2, 2, 32),
        new Case(new Shape(3, 5, 7), 3, 2, 6),
        new Case(new Shape(17, 6, 4), 1, 3, 40),
        new Case(new Shape(20, 1, 1), 3, 2, 20),
        new Case(new Shape(5, 3, 3), 2, 1, 9),
        new Case(new Shape(1, 2, 2), 1, 5, 1));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardTakesEveryStrideThPixelAndAddsZeros(Case c) {
    float[] src = Fill.uniform(1, c.batch * (int) c.in.elements());
    for (int threads : new int[] {1, 2}) {
      try (LayerHarness run = new LayerHarness(c.layer(), List.of(c.in), c.batch, threads, false)) {
        Compare.bitEqual("output", run.slices().input(0, src).forward().output(), expected(c, src));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardHandsTheGradientToThePixelsTaken(Case c) {
    float[] dDst = Fill.uniform(2, c.batch * (int) c.out().elements());
    float[] before = Fill.uniform(3, c.batch * (int) c.in.elements());
    for (boolean adds : new boolean[] {false, true}) {
      try (LayerHarness run = new LayerHarness(c.layer(), List.of(c.in), c.batch, 2, true)) {
        run.slices().input(0, before).outputGradient(dDst);
        if (adds) {
          run.addTo(0, before);
        }
        float[] start = adds ? before : new float[before.length];
        run.forward().backward();
        Compare.bitEqual("gradient", run.inputGradient(0), expectedGradient(c, dDst, start));
      }
    }
  }

  private static float[] expected(Case c, float[] src) {
    Shape out = c.out();
    float[] dst = new float[c.batch * (int) out.elements()];
    int at = 0;
    for (int n = 0; n < c.batch; n++) {
      for (int k = 0; k < out.channels(); k++) {
        for (int y = 0; y < out.height(); y++) {
          for (int x = 0; x < out.width(); x++) {
            dst[at++] = k < c.in.channels() ? src[c.source(n, k, y, x)] : 0;
          }
        }
      }
    }
    return dst;
  }

  private static float[] expectedGradient(Case c, float[] dDst, float[] start) {
    Shape out = c.out();
    float[] dSrc = start.clone();
    int at = 0;
    for (int n = 0; n < c.batch; n++) {
      for (int k = 0; k < out.channels(); k++) {
        for (int y = 0; y < out.height(); y++) {
          for (int x = 0; x < out.width(); x++, at++) {
            if (k < c.in.channels()) {
              dSrc[c.source(n, k, y, x)] += dDst[at];
            }
          }
        }
      }
    }
    return dSrc;
  }

  @Test
  void aStridedConvolutionWithTheSameStrideHasTheSameOutputSize() {
    for (int size = 1; size <= 9; size++) {
      List<Shape> in = List.of(new Shape(8, size, size + 1));
      assertThat(new Subsample(2, 16).outputShape(in))
          .isEqualTo(Conv2d.of(16, 3).stride(2).padding(1).outputShape(in));
    }
  }

  @Test
  void isTheIdentityOnlyWhereNothingChanges() {
    List<Shape> in = List.of(new Shape(8, 4, 4));
    assertThat(new Subsample(1, 8).isIdentity(in, true)).isTrue();
    assertThat(new Subsample(2, 8).isIdentity(in, true)).isFalse();
    assertThat(new Subsample(1, 9).isIdentity(in, true)).isFalse();
  }

  @Test
  void refusesToDropChannels() {
    assertThatThrownBy(() -> new Subsample(2, 16).outputShape(List.of(new Shape(32, 4, 4))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("subsample: cannot fit 32 input channels into 16");
    assertThatThrownBy(() -> new Subsample(0, 16))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("subsample: the stride must be at least 1, got 0");
  }
}
