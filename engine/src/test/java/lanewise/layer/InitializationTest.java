package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class InitializationTest {

  private static final int COUNT = 40_000;

  private static float[] fill(Initialization initialization, long key, int count) {
    float[] values = new float[count];
    initialization.fill(values, key);
    return values;
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double deviation(float[] values) {
    double mean = mean(values);
    double sum = 0;
    for (float value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  @Test
  void constant() {
    assertThat(fill(Initialization.constant(0.5f), 1, 3)).containsOnly(0.5f);
  }

  /// He et al. 2015: deviation sqrt(2 / fan). The mean of so many is within 4 / sqrt(COUNT) of a
  /// deviation from 0.
  @Test
  void kaimingNormal() {
    float[] values = fill(Initialization.kaimingNormal(50), 3, COUNT);
    assertThat(deviation(values)).isEqualTo(0.2, within(0.004));
    assertThat(mean(values)).isEqualTo(0, within(0.004));
    // two thirds within one deviation: it is a normal distribution, not a uniform one
    int near = 0;
    for (float value : values) {
      near += Math.abs(value) < 0.2 ? 1 : 0;
    }
    assertThat(near / (double) COUNT).isEqualTo(0.6827, within(0.01));
  }

  /// LeCun et al. 1998: deviation sqrt(1 / fan); and a fixed one for class scores.
  @Test
  void otherNormalDistributions() {
    float[] values = fill(Initialization.lecunNormal(25), 3, COUNT);
    assertThat(deviation(values)).isEqualTo(0.2, within(0.004));
    float[] scores = fill(Initialization.Scheme.SMALL_NORMAL.of(25, 10), 3, COUNT);
    assertThat(deviation(scores)).isEqualTo(0.01, within(0.0002));
    assertThat(Initialization.Scheme.LECUN_NORMAL.of(25, 10))
        .satisfies(scheme -> assertThat(fill(scheme, 3, COUNT)).isEqualTo(values));
  }

  /// Glorot and Bengio 2010: uniform in +-sqrt(6 / (fanIn + fanOut)).
  @Test
  void xavierUniform() {
    float[] values = fill(Initialization.xavierUniform(100, 50), 3, COUNT);
    for (float value : values) {
      assertThat(value).isBetween(-0.2f, 0.2f);
    }
    assertThat(deviation(values)).isEqualTo(0.4 / Math.sqrt(12), within(0.002));
    assertThat(mean(values)).isEqualTo(0, within(0.004));
  }

  @Test
  void aValueDependsOnKeyAndIndexAlone() {
    Initialization normal = Initialization.normal(1);
    float[] few = fill(normal, 7, 10);
    assertThat(few).isEqualTo(fill(normal, 7, 10));
    assertThat(few).startsWith(fill(normal, 7, 4));
    assertThat(few).isNotEqualTo(fill(normal, 8, 10));
    assertThat(fill(Initialization.uniform(1), 7, 10)).doesNotHaveDuplicates();
  }
}
