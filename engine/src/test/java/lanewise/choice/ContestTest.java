package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContestTest {

  private static final long MS = 1_000_000;

  private final FakeWork work = new FakeWork();
  private boolean compiling;

  private Contest.Result contest(boolean known, Runnable... rivals) {
    List<Boolean> before = Collections.nCopies(rivals.length, known);
    return new Contest(work, () -> compiling, List.of(rivals), before).run();
  }

  private long[] run(boolean known, Runnable... rivals) {
    Contest.Result result = contest(known, rivals);
    assertThat(result.settled()).isTrue();
    return result.nanos();
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
  void aPlateauIsNotTheEndWhileTheCompilerWorks() {
    // one method after the other is compiled, that of this code after 3 s
    Runnable cold =
        work.of(
            spent -> {
              compiling = spent < 3_000 * MS;
              return spent < 3_000 * MS ? 20 * MS : MS;
            });
    assertThat(run(false, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void evenWhatHasRunBeforeWaitsForTheCompiler() {
    Runnable cold =
        work.of(
            spent -> {
              compiling = spent < 3_000 * MS;
              return spent < 3_000 * MS ? 4 * MS : MS;
            });
    assertThat(run(true, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void aCompilerThatIsBusyForEverDoesNotHoldUpForEver() {
    compiling = true;
    assertThat(contest(false, work.of(2 * MS), work.of(3 * MS)).nanos())
        .containsExactly(2 * MS, 3 * MS);
    assertThat(work.getAsLong()).isBetween(19_000 * MS, 21_000 * MS);
  }

  @Test
  void whatLooksFarSlowerIsWaitedForEvenIfItHasRunBefore() {
    Runnable cold = work.of(spent -> spent < 200 * MS ? 20 * MS : MS);
    assertThat(run(true, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void whatLooksAbsurdlySlowHasTheRunsThatTheCompilerWants() {
    Runnable cold = work.of(spent -> spent < 3_000 * MS ? 40 * MS : MS);
    assertThat(run(true, cold, work.of(2 * MS))).containsExactly(MS, 2 * MS);
  }

  @Test
  void shortRunsAreSoonManyEnough() {
    assertThat(run(false, work.of(MS / 100), work.of(MS / 50))).containsExactly(MS / 100, MS / 50);
    assertThat(work.getAsLong()).isLessThan(150 * MS);
  }

  @Test
  void whatIsAbsurdlySlowAfterManyRunsIsSo() {
    assertThat(run(true, work.of(MS), work.of(MS / 20))).containsExactly(MS, MS / 20);
    assertThat(work.getAsLong()).isLessThan(1_500 * MS);
  }

  @Test
  void oneThatNeverSettlesIsCutOffAndThatIsSaid() {
    Runnable ever = work.of(spent -> (long) (100 * MS * Math.pow(0.97, spent / (100.0 * MS))));
    assertThat(contest(false, ever, work.of(100 * MS)).settled()).isFalse();
    assertThat(work.getAsLong()).isBetween(10_000 * MS, 15_000 * MS);
  }

  @Test
  void longRunsAreFew() {
    assertThat(run(true, work.of(3_000 * MS), work.of(2_000 * MS)))
        .containsExactly(3_000 * MS, 2_000 * MS);
    assertThat(work.runs()).as("a first one, and one that confirms it").isEqualTo(2 * 2);
  }

  @Test
  void runsThatPassTheCapAreConfirmedOnce() {
    assertThat(run(false, work.of(9_000 * MS), work.of(8_000 * MS)))
        .containsExactly(9_000 * MS, 8_000 * MS);
    assertThat(work.runs()).isEqualTo(2 * 2);
  }

  @Test
  void aLongPlateauOfCodeThatIsNotCompiledYetIsPassed() {
    Runnable cold = work.of(spent -> spent < 2_000 * MS ? 900 * MS : 20 * MS);
    assertThat(run(false, cold, work.of(30 * MS))).containsExactly(20 * MS, 30 * MS);
  }
}
