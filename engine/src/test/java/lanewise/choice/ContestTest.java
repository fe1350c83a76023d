package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContestTest {

  private static final long MS = 1_000_000;

  private final FakeWork work = new FakeWork();

  private long[] run(boolean known, Runnable... rivals) {
    return new Contest(work, List.of(rivals), Collections.nCopies(rivals.length, known)).run();
  }

  @Test
  void steadyTimesComeOutAsTheyAre() {
    assertThat(run(true, work.of(3 * MS), work.of(2 * MS))).containsExactly(3 * MS, 2 * MS);
    assertThat(work.getAsLong()).isLessThan(120 * MS);
  }

  @Test
  void theFastestRunCounts() {
    long[] count = {0};
    Runnable noisy = work.of(_ -> ++count[0] % 3 == 0 ? MS : 5 * MS);
    assertThat(run(true, noisy, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void codeThatIsNotCompiledYetIsWaitedFor() {
    // interpreted, compiled in haste after 0.2 s, and well after 0.5 s
    Runnable cold = work.of(spent -> spent < 200 * MS ? 80 * MS : spent < 500 * MS ? 20 * MS : MS);
    assertThat(run(false, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void whatLooksFarSlowerIsWaitedForEvenIfItHasRunBefore() {
    Runnable cold = work.of(spent -> spent < 200 * MS ? 20 * MS : MS);
    assertThat(run(true, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void oneThatNeverSettlesIsCutOff() {
    Runnable ever = work.of(spent -> Math.max(1, 100 * MS - spent / 40));
    run(false, ever, work.of(100 * MS));
    assertThat(work.getAsLong()).isLessThan(7_000 * MS);
  }

  @Test
  void runsLongerThanTheCapRunOnce() {
    assertThat(run(false, work.of(9_000 * MS), work.of(4_000 * MS)))
        .containsExactly(9_000 * MS, 4_000 * MS);
    assertThat(work.runs()).isEqualTo(2);
  }
}
