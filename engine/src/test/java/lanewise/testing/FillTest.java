package lanewise.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FillTest {

  @Test
  void integersKeepToTheirMagnitudeAndDensity() {
    float[] values = Fill.integers(1, 10_000, 3, 0.25);
    for (int value = -3; value <= 3; value++) {
      int wanted = value;
      long count = IntStream.range(0, values.length).filter(i -> values[i] == wanted).count();
      assertThat(count / 10_000.0).isCloseTo(value == 0 ? 0.75 : 0.25 / 6, within(0.02));
    }
    for (float value : values) {
      assertThat(value).isBetween(-3f, 3f).isEqualTo(Math.round(value));
    }
  }

  @Test
  void uniformFillsTheInterval() {
    float[] values = Fill.uniform(1, 10_000);
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      assertThat(value).isGreaterThanOrEqualTo(-1).isLessThan(1);
      sum += value;
      squares += value * value;
    }
    assertThat(sum / 10_000).isCloseTo(0, within(0.02));
    assertThat(squares / 10_000).isCloseTo(1 / 3.0, within(0.02));
  }

  @Test
  void theSeedDecides() {
    assertThat(Fill.integers(5, 100, 9, 0.9)).isEqualTo(Fill.integers(5, 100, 9, 0.9));
    assertThat(Fill.integers(5, 100, 9, 0.9)).isNotEqualTo(Fill.integers(6, 100, 9, 0.9));
    assertThat(Fill.uniform(5, 100)).isEqualTo(Fill.uniform(5, 100));
    assertThat(Fill.uniform(5, 100)).isNotEqualTo(Fill.uniform(6, 100));
  }
}
