package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {

  @Test
  void constantNeverChanges() {
    Schedule schedule = new Constant(0.1);
    assertThat(schedule.learningRate(0)).isEqualTo(0.1);
    assertThat(schedule.learningRate(1L << 40)).isEqualTo(0.1);
  }

  @Test
  void oneCycleRisesFromZeroAndFallsToZero() {
    Schedule schedule = new OneCycle(0.2, 100, 0.25);
    assertThat(schedule.learningRate(0)).isEqualTo(0);
    assertThat(schedule.learningRate(5)).isEqualTo(0.04, within(1e-15));
    assertThat(schedule.learningRate(25)).isEqualTo(0.2, within(1e-15));
    assertThat(schedule.learningRate(40)).isEqualTo(0.16, within(1e-15));
    assertThat(schedule.learningRate(99)).isEqualTo(0.2 / 75, within(1e-15));
    assertThat(schedule.learningRate(100)).isEqualTo(0);
    assertThat(schedule.learningRate(1000)).isEqualTo(0);
  }

  @Test
  void oneCycleIsTheFormulaOfThePeersRecipe() {
    int steps = 3117; // 0.25 * steps is not whole
    Schedule schedule = new OneCycle(0.2, steps, 0.25);
    for (int t = 0; t < steps; t++) {
      double factor =
          t < 0.25 * steps ? t / (0.25 * steps) : Math.max(0.0, (steps - t) / (0.75 * steps));
      assertThat(schedule.learningRate(t)).as("step %d", t).isEqualTo(0.2 * factor, within(1e-15));
    }
  }

  @Test
  void oneCycleWithoutOrWithNothingButWarmup() {
    assertThat(new OneCycle(1, 10, 0).learningRate(0)).isEqualTo(1);
    assertThat(new OneCycle(1, 10, 1).learningRate(9)).isEqualTo(0.9, within(1e-15));
    assertThat(new OneCycle(1, 10, 1).learningRate(10)).isEqualTo(0);
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new Constant(-1)).hasMessageContaining("learning rate -1.0");
    assertThatThrownBy(() -> new Constant(Double.NaN)).hasMessageContaining("learning rate NaN");
    assertThatThrownBy(() -> new OneCycle(0.1, 0, 0.5)).hasMessageContaining("0 steps");
    assertThatThrownBy(() -> new OneCycle(0.1, 9, 1.5)).hasMessageContaining("fraction 1.5");
  }
}
