package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import lanewise.kernel.Parallel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PrologueTest {

  private static final int BATCH = 37;

  /// Pieces overlap, so that threads come for the same samples at the same time.
  @Test
  void eachSampleIsMadeOnceBeforeAnybodyHasIt() {
    Prologue prologue = new Prologue(BATCH);
    for (int threads : new int[] {1, 2, 4}) {
      try (Parallel parallel = new Parallel(threads)) {
        for (int round = 0; round < 200; round++) {
          AtomicIntegerArray made = new AtomicIntegerArray(BATCH);
          AtomicInteger missing = new AtomicInteger();
          prologue.begin(sample -> makeSlowly(sample, made));
          parallel.run(
              4 * BATCH,
              (piece, thread) -> {
                int from = Math.min(piece * 31 % (4 * BATCH) / 4, BATCH - 3);
                prologue.need(from, from + 3);
                for (int i = from; i < from + 3; i++) {
                  missing.addAndGet(1 - made.get(i));
                }
              });
          prologue.finish(parallel);
          assertThat(missing).hasValue(0);
          for (int i = 0; i < BATCH; i++) {
            assertThat(made.get(i)).as("sample %d", i).isEqualTo(1);
          }
        }
      }
    }
  }

  private static void makeSlowly(int sample, AtomicIntegerArray made) {
    for (int i = 0; i < 200; i++) {
      Thread.onSpinWait(); // others come for it meanwhile
    }
    made.incrementAndGet(sample);
  }

  @Test
  void whatIsMadeIsMadeAgainOnlyAfterItBegins() {
    AtomicInteger made = new AtomicInteger();
    Prologue prologue = new Prologue(BATCH);
    try (Parallel parallel = new Parallel(2)) {
      prologue.need(0, BATCH);
      prologue.finish(parallel);
      assertThat(made).hasValue(0);
      prologue.begin(sample -> made.incrementAndGet());
      prologue.need(5, 10);
      assertThat(made).hasValue(5);
      prologue.finish(parallel);
      assertThat(made).hasValue(BATCH);
      prologue.need(0, BATCH);
      prologue.finish(parallel);
      assertThat(made).hasValue(BATCH);
      prologue.begin(sample -> made.incrementAndGet());
      prologue.finish(parallel);
      assertThat(made).hasValue(2 * BATCH);
    }
  }

  /// Memory that was closed, for one: whoever waits for the sample goes on, and the loop throws.
  @Test
  void aFailureReachesTheCaller() {
    Prologue prologue = new Prologue(BATCH);
    try (Parallel parallel = new Parallel(2)) {
      prologue.begin(
          sample -> {
            throw new IllegalStateException("closed");
          });
      assertThatIllegalStateException()
          .isThrownBy(() -> parallel.run(8, (piece, thread) -> prologue.need(0, BATCH)))
          .withMessage("closed");
    }
  }
}
