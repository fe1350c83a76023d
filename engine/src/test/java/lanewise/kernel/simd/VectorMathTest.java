package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class VectorMathTest {

  private static final float INFINITY = Float.POSITIVE_INFINITY;

  /// One of the functions over all of its argument, whole vectors.
  private interface Function {
    void run(MemorySegment src, MemorySegment dst, int vectors);
  }

  private static final Function EXP =
      (src, dst, vectors) -> {
        float[] y = new float[vectors * Lanes.COUNT];
        float[] exponents = new float[y.length];
        VectorMath.exp(src, 0, 0, y, exponents, vectors);
        for (int i = 0; i < y.length; i++) {
          y[i] = (float) (y[i] * Math.scalb(1.0, (int) exponents[i]));
        }
        MemorySegment.copy(y, 0, dst, ValueLayout.JAVA_FLOAT, 0, y.length);
      };

  private static final Function SIGMOID =
      (src, dst, vectors) -> VectorMath.sigmoid(src, 0, dst, 0, vectors, Lanes.COUNT);
  private static final Function TANH =
      (src, dst, vectors) -> VectorMath.tanh(src, 0, dst, 0, vectors);

  @Test
  void expIsWithinTwoUlp() {
    assertThat(worstUlp(EXP, Math::exp, -149, 88)).isLessThan(2);
    assertThat(worstUlp(EXP, Math::exp, -1, 1)).isLessThan(2);
  }

  @Test
  void sigmoidIsWithinThreeUlp() {
    assertThat(worstUlp(SIGMOID, x -> 1 / (1 + Math.exp(-x)), -87, 103)).isLessThan(3);
    assertThat(worstUlp(SIGMOID, x -> 1 / (1 + Math.exp(-x)), -4, 4)).isLessThan(3);
  }

  @Test
  void tanhIsWithinThreeUlp() {
    assertThat(worstUlp(TANH, Math::tanh, -12, 12)).isLessThan(3);
    assertThat(worstUlp(TANH, Math::tanh, -0.7f, 0.7f)).isLessThan(3);
  }

  @Test
  void specialValues() {
    float[] x = {0, INFINITY, -INFINITY, Float.NaN, 200, -200, 88, Float.MIN_VALUE};
    float max = (float) Math.exp(88);
    assertThat(apply(EXP, x))
        .usingComparatorWithPrecision(1e32f)
        .containsExactly(1, max, 0, Float.NaN, max, 0, max, 1);
    assertThat(apply(SIGMOID, x)).containsExactly(0.5f, 1, 0, Float.NaN, 1, 0, 1, 0.5f);
    assertThat(apply(TANH, x)).containsExactly(0, 1, -1, Float.NaN, 1, -1, 1, Float.MIN_VALUE);
  }

  @Test
  void expTakesTheShiftOff() {
    float[] y = new float[Lanes.COUNT];
    float[] exponents = new float[Lanes.COUNT];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocate(Lanes.BYTES, 64);
      src.set(ValueLayout.JAVA_FLOAT, 0, 500);
      VectorMath.exp(src, 0, 500, y, exponents, 1);
    }
    assertThat(y[0]).isEqualTo(1);
    assertThat(exponents[0]).isZero();
    assertThat(exponents[1]).isEqualTo(-216); // exp(-150)
  }

  @Test
  void sigmoidLeavesOtherLanesZero() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment m = arena.allocate(Lanes.BYTES, 64);
      VectorMath.sigmoid(m, 0, m, 0, 1, 3);
      assertThat(m.toArray(ValueLayout.JAVA_FLOAT)).startsWith(0.5f, 0.5f, 0.5f, 0);
    }
  }

  /// The largest error of 40,000 values of the range, in units of the last place.
  private static double worstUlp(
      Function function, DoubleUnaryOperator exact, float from, float to) {
    int n = 40_000;
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = from + (to - from) * ((float) i / n);
    }
    float[] y = apply(function, x);
    double worst = 0;
    for (int i = 0; i < n; i++) {
      double expected = exact.applyAsDouble(x[i]);
      worst = Math.max(worst, Math.abs(y[i] - expected) / Math.ulp((float) expected));
    }
    return worst;
  }

  private static float[] apply(Function function, float[] x) {
    int vectors = Math.ceilDiv(x.length, Lanes.COUNT);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocate((long) vectors * Lanes.BYTES, 64);
      MemorySegment dst = arena.allocate((long) vectors * Lanes.BYTES, 64);
      MemorySegment.copy(x, 0, src, ValueLayout.JAVA_FLOAT, 0, x.length);
      function.run(src, dst, vectors);
      return Arrays.copyOf(dst.toArray(ValueLayout.JAVA_FLOAT), x.length);
    }
  }
}
