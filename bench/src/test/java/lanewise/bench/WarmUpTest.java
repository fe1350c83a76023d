package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Works of a second each, beside a compiler that is busy until a moment that the test says.
class WarmUpTest {

  private long seconds;

  private void repeat(Duration least, long compiledUntil, long waitsUntil) {
    new WarmUp(
            () -> seconds * 1_000_000_000,
            () -> seconds <= waitsUntil,
            () -> 100 * Math.min(seconds, compiledUntil))
        .repeat(() -> seconds++, least);
  }

  @Test
  void lastsAsLongAsAsked() {
    repeat(Duration.ofSeconds(8), 0, 0);
    assertThat(seconds).isEqualTo(8);
  }

  @Test
  void lastsUntilNothingWasCompiledForThreeSeconds() {
    repeat(Duration.ofSeconds(8), 20, 0);
    assertThat(seconds).isEqualTo(23);
  }

  @Test
  void lastsWhileKernelsWait() {
    repeat(Duration.ofSeconds(8), 0, 30);
    assertThat(seconds).isEqualTo(33);
  }

  @Test
  void endsThoughTheCompilerNeverDoes() {
    repeat(Duration.ofSeconds(8), Long.MAX_VALUE, 0);
    assertThat(seconds).isEqualTo(90);
  }
}
