package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.kernel.reference.ReferenceSoftmaxCrossEntropy;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.GuardedTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SoftmaxCrossEntropyTest {

  record Case(int batch, int classes, double smoothing, int threads) {}

  static Stream<Case> cases() {
    return Stream.of(
        new Case(1, 1, 0, 1),
        new Case(1, 2, 0.1, 1),
        new Case(3, 10, 0, 2),
        new Case(3, 16, 0.2, 1),
        new Case(64, 100, 0.1, 4),
        new Case(64, 100, 0, 2),
        new Case(7, 1000, 1, 2));
  }

  /// What a run gave.
  record Result(double loss, int top1, int top5, float[] gradient) {}

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReference(Case test) {
    float[] logits = logits(test.batch() * test.classes());
    int[] labels = labels(test.batch(), test.classes());
    Result result = run(test, logits, labels, test.batch(), 1);

    double[] wide = Fill.widen(logits);
    double loss =
        ReferenceSoftmaxCrossEntropy.loss(
            test.batch(), test.classes(), wide, labels, test.smoothing());
    double[] gradient =
        ReferenceSoftmaxCrossEntropy.backward(
            test.batch(), test.classes(), wide, labels, test.smoothing());
    assertThat(result.loss()).isCloseTo(loss, within(1e-6 * Math.max(1, loss)));
    for (int i = 0; i < gradient.length; i++) {
      double error = Math.abs(result.gradient()[i] - gradient[i]);
      assertThat(error * test.batch()).as("gradient %d", i).isLessThan(3e-7);
    }
    for (int threads : new int[] {1, 2, 4}) {
      Case other = new Case(test.batch(), test.classes(), test.smoothing(), threads);
      Result again = run(other, logits, labels, test.batch(), 1);
      assertThat(again.loss()).isEqualTo(result.loss());
      Compare.bitEqual("gradient", again.gradient(), result.gradient());
    }
  }

  @Test
  void gradientEqualsFiniteDifferencesOfTheLoss() {
    for (double smoothing : new double[] {0, 0.1}) {
      Case test = new Case(2, 7, smoothing, 1);
      float[] logits = Fill.uniform(5, 14);
      int[] labels = {6, 2};
      float[] gradient = run(test, logits, labels, 2, 1).gradient();
      double[] numerical = new double[14];
      float step = 0x1p-7f;
      for (int i = 0; i < 14; i++) {
        float[] moved = logits.clone();
        moved[i] = logits[i] + step;
        double above = run(test, moved, labels, 2, 1).loss();
        moved[i] = logits[i] - step;
        double below = run(test, moved, labels, 2, 1).loss();
        numerical[i] = (above - below) / (2 * step);
      }
      Compare.close("gradient", gradient, numerical, 1e-4);
    }
  }

  @Test
  void weightScalesTheGradientAlone() {
    Case test = new Case(3, 5, 0.1, 1);
    float[] logits = logits(15);
    int[] labels = {0, 4, 2};
    Result one = run(test, logits, labels, 3, 1);
    Result quarter = run(test, logits, labels, 3, 0.25);
    assertThat(quarter.loss()).isEqualTo(one.loss());
    double[] expected = Fill.widen(one.gradient());
    for (int i = 0; i < expected.length; i++) {
      expected[i] /= 4;
    }
    Compare.bitEqual("gradient", quarter.gradient(), expected);
  }

  @Test
  void samplesBeyondTheCountAreIgnored() {
    int classes = 10;
    float[] logits = logits(4 * classes);
    int[] labels = labels(2, classes);
    Arrays.fill(logits, 2 * classes, 4 * classes, Float.NaN);
    Result part = run(new Case(4, classes, 0.1, 2), logits, labels, 2, 1);
    Result alone =
        run(new Case(2, classes, 0.1, 1), Arrays.copyOf(logits, 2 * classes), labels, 2, 1);
    assertThat(part.loss()).isEqualTo(alone.loss());
    Compare.bitEqual("gradient", part.gradient(), Arrays.copyOf(alone.gradient(), 4 * classes));
    assertThat(part.top1()).isEqualTo(alone.top1());
  }

  @Test
  void countsLabelsAmongTheLargest() {
    // The label is the largest, the second, the fifth, the sixth; equal to the first; NaN.
    float[] logits = {
      9, 1, 2, 3, 4, 5, 6, 8, 9, 2, 3, 4, 5, 6, 3, 9, 8, 7, 6, 1, 2, 2, 9, 8, 7, 6, 5, 1, 1, 1, 1,
      1, 1, 1, 1, Float.NaN, 1, 1, 1, 1, 1, 1
    };
    int[] labels = {0, 0, 0, 0, 0, 0};
    Result result = run(new Case(6, 7, 0, 1), logits, labels, 6, 1);
    assertThat(result.top1()).isEqualTo(2);
    assertThat(result.top5()).isEqualTo(4);
    // Of equals the first classes win.
    float[] equal = new float[7];
    assertThat(run(new Case(1, 7, 0, 1), equal, new int[] {1}, 1, 1).top1()).isZero();
    assertThat(run(new Case(1, 7, 0, 1), equal, new int[] {4}, 1, 1).top5()).isEqualTo(1);
    assertThat(run(new Case(1, 7, 0, 1), equal, new int[] {5}, 1, 1).top5()).isZero();
  }

  @Test
  void staysFiniteForHugeLogits() {
    float[] logits = {1e30f, -1e30f, 0, 500, -500, 0};
    Result result = run(new Case(2, 3, 0, 1), logits, new int[] {0, 0}, 2, 1);
    assertThat(result.loss()).isZero();
    assertThat(result.gradient()).containsOnly(0);
    // All logits far below zero: the padding lanes' zeros must not count.
    float[] low = {-1000, -1000, -1000};
    assertThat(run(new Case(1, 3, 0, 1), low, new int[] {1}, 1, 1).loss())
        .isCloseTo(Math.log(3), within(1e-7));
  }

  @Test
  void nanGivesNan() {
    for (int at = 0; at < 3; at++) {
      float[] logits = {1, 2, 3, 4, 5, 6};
      logits[at] = Float.NaN;
      Result result = run(new Case(2, 3, 0.1, 1), logits, new int[] {1, 2}, 2, 1);
      assertThat(result.loss()).isNaN();
      assertThat(result.gradient()[0]).isNaN();
    }
  }

  @Test
  void worksWithoutGradient() {
    try (Memory memory = Memory.withBudget(1 << 20);
        Parallel parallel = new Parallel(1)) {
      Tensor logits = new GuardedTensor(memory, "logits", 1, Shape.vector(2), 0).tensor();
      logits.copyFrom(new float[] {0, 0}, 1);
      var loss = new SoftmaxCrossEntropy(0).bind(logits, null, 1, parallel);
      assertThat(loss.compute(new int[] {1}, 1)).isCloseTo(Math.log(2), within(1e-7));
      assertThat(loss.top5()).isEqualTo(1);
    }
  }

  @Test
  void refusesBadArguments() {
    float[] logits = new float[6];
    Case test = new Case(2, 3, 0, 1);
    assertThatThrownBy(() -> run(test, logits, new int[] {0, 3}, 2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sample 1 has label 3, but the classes are 0 to 2");
    assertThatThrownBy(() -> run(test, logits, new int[] {-1, 0}, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("sample 0 has label -1");
    assertThatThrownBy(() -> run(test, logits, new int[3], 3, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SoftmaxCrossEntropy(1.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1.5");
    try (Memory memory = Memory.withBudget(1 << 20);
        Parallel parallel = new Parallel(1)) {
      Tensor map = Tensor.allocate(memory, "map", 1, new Shape(3, 2, 2), Cpu.lanes());
      assertThatThrownBy(() -> new SoftmaxCrossEntropy(0).bind(map, null, 1, parallel))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("3x2x2");
    }
  }

  private static Result run(Case test, float[] logits, int[] labels, int count, double weight) {
    try (Memory memory = Memory.withBudget(1 << 24);
        Parallel parallel = new Parallel(test.threads())) {
      Shape shape = Shape.vector(test.classes());
      GuardedTensor src = new GuardedTensor(memory, "logits", test.batch(), shape, 1);
      GuardedTensor gradient = new GuardedTensor(memory, "gradient", test.batch(), shape, 1);
      src.set(logits);
      var loss =
          new SoftmaxCrossEntropy(test.smoothing())
              .bind(src.tensor(), gradient.tensor(), weight, parallel);
      double mean = loss.compute(labels, count);
      return new Result(mean, loss.top1(), loss.top5(), gradient.get());
    }
  }

  private static float[] logits(int n) {
    float[] logits = Fill.uniform(7, n);
    for (int i = 0; i < n; i++) {
      logits[i] *= 8;
    }
    return logits;
  }

  private static int[] labels(int n, int classes) {
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = (i * 37 + 5) % classes;
    }
    return labels;
  }
}
