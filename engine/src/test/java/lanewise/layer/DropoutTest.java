package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.reference.ReferenceDropout;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {

  private static final long HARNESS_KEY = 42;

  static Stream<Shape> shapes() {
    return LayerRun.SHAPES.stream();
  }

  /// Half of the values stay, so that the scale is 2 and results are exact.
  @ParameterizedTest
  @MethodSource("shapes")
  void equalsTheReferenceBitForBit(Shape shape) {
    for (int batch : new int[] {1, 3}) {
      float[] src = Fill.uniform(1, LayerRun.size(shape, batch));
      float[] dDst = Fill.integers(2, src.length, 9, 0.8);
      Layer layer = new Dropout(0.5);
      List<Shape> shapes = List.of(shape);
      LayerRun run = LayerRun.of(layer, shapes, batch, LayerRun.PLAIN, List.of(src), dDst);

      boolean[] kept = mask(3, src.length, 0.5);
      double[] dst = ReferenceDropout.forward(Fill.widen(src), kept, 0.5);
      Compare.bitEqual("dst", run.output(), dst);
      double[] dSrc = ReferenceDropout.backward(Fill.widen(dDst), kept, 0.5);
      Compare.bitEqual("dSrc", run.gradients().get(0), dSrc);
      run.equalsOtherModes(layer, shapes, batch, List.of(src), dDst, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.25, 0.5, 0.9})
  void dropsAtItsRateAndKeepsTheMean(double probability) {
    float[] dst = ones(new Dropout(probability), 1);
    int n = dst.length;
    long dropped = countZeros(dst);
    double deviation = Math.sqrt(n * probability * (1 - probability));
    assertThat((double) dropped).isCloseTo(n * probability, within(4 * deviation));
    float scale = (float) (1 / (1 - probability));
    for (float value : dst) {
      assertThat(value == 0 || value == scale).isTrue();
    }
    assertThat(ones(new Dropout(probability), 1)).containsExactly(dst);
  }

  @Test
  void everyStepHasItsOwnMask() {
    float[] first = ones(new Dropout(0.5), 1);
    float[] second = ones(new Dropout(0.5), 2);
    int equal = 0;
    for (int i = 0; i < first.length; i++) {
      equal += first[i] == second[i] ? 1 : 0;
    }
    assertThat((double) equal).isCloseTo(first.length / 2.0, within(2 * Math.sqrt(first.length)));
  }

  @Test
  void backwardFollowsTheMaskOfForward() {
    Shape shape = new Shape(21, 5, 5);
    try (var harness = new LayerHarness(new Dropout(0.3), List.of(shape), 2, 1, true)) {
      float[] ones = new float[LayerRun.size(shape, 2)];
      Arrays.fill(ones, 1);
      harness.input(0, ones).outputGradient(ones);
      for (int step = 0; step < 3; step++) {
        harness.step(step).forward().backward();
        Compare.bitEqual("step " + step, harness.inputGradient(0), harness.output());
      }
    }
  }

  @Test
  void droppedValuesAreZeroWhateverTheyWere() {
    float[] src = new float[200];
    Arrays.fill(src, Float.NaN);
    try (var harness = new LayerHarness(new Dropout(0.5), List.of(Shape.vector(200)), 1, 1, true)) {
      assertThat(countZeros(harness.input(0, src).forward().output())).isBetween(60L, 140L);
    }
  }

  @Test
  void isTheIdentityInEvaluation() {
    List<Shape> shapes = List.of(new Shape(5, 2, 2));
    assertThat(new Dropout(0.5).isIdentity(shapes, false)).isTrue();
    assertThat(new Dropout(0.5).isIdentity(shapes, true)).isFalse();
    assertThat(new Dropout(0).isIdentity(shapes, true)).isTrue();
    float[] src = Fill.uniform(1, 20);
    try (var harness = new LayerHarness(new Dropout(0.5), shapes, 1, 1, false)) {
      Compare.bitEqual("evaluation", harness.input(0, src).forward().output(), src);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void refusesOtherProbabilities(double probability) {
    assertThatThrownBy(() -> new Dropout(probability))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("must be at least 0 and below 1");
  }

  private static boolean[] mask(long step, int n, double probability) {
    long key = CounterRandom.key(HARNESS_KEY, Purpose.DROPOUT, step);
    boolean[] kept = new boolean[n];
    for (int i = 0; i < n; i++) {
      kept[i] = CounterRandom.uniform(CounterRandom.bits(key, i)) >= probability;
    }
    return kept;
  }

  private static float[] ones(Layer layer, long step) {
    Shape shape = new Shape(50, 10, 10);
    float[] ones = new float[LayerRun.size(shape, 2)];
    Arrays.fill(ones, 1);
    try (var harness = new LayerHarness(layer, List.of(shape), 2, 2, true)) {
      return harness.step(step).input(0, ones).forward().output();
    }
  }

  private static long countZeros(float[] values) {
    long zeros = 0;
    for (float value : values) {
      zeros += value == 0 ? 1 : 0;
    }
    return zeros;
  }
}
