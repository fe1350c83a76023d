package lanewise.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {

  private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 7, 16, 63, 1000};

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7})
  void runsEachPieceOnce(int threads) {
    try (Parallel parallel = new Parallel(threads)) {
      assertThat(parallel.threads()).isEqualTo(threads);
      for (int round = 0; round < 20; round++) {
        for (int pieces : SIZES) {
          checkOnce(parallel, pieces);
        }
      }
    }
  }

  private static void checkOnce(Parallel parallel, int pieces) {
    AtomicIntegerArray runs = new AtomicIntegerArray(pieces);
    AtomicInteger wrongThreads = new AtomicInteger();
    parallel.run(
        pieces,
        (piece, thread) -> {
          runs.incrementAndGet(piece);
          wrongThreads.addAndGet(thread >= 0 && thread < parallel.threads() ? 0 : 1);
        });
    for (int i = 0; i < pieces; i++) {
      assertThat(runs.get(i)).as("runs of piece %d of %d", i, pieces).isEqualTo(1);
    }
    assertThat(wrongThreads).hasValue(0);
  }

  /// What the pieces wrote without any synchronization of their own is there afterwards.
  @Test
  void resultsAreVisibleToTheCaller() {
    try (Parallel parallel = new Parallel(3)) {
      int[] values = new int[500];
      for (int round = 1; round <= 200; round++) {
        int now = round;
        parallel.run(values.length, (piece, thread) -> values[piece] += now);
        assertThat(values).containsOnly(round * (round + 1) / 2);
      }
    }
  }

  /// Two pieces that wait for each other can only end if two threads run them.
  @Test
  void piecesRunAtTheSameTime() {
    try (Parallel parallel = new Parallel(2)) {
      AtomicInteger arrived = new AtomicInteger();
      parallel.run(
          2,
          (piece, thread) -> {
            arrived.incrementAndGet();
            while (arrived.get() < 2) {
              Thread.onSpinWait();
            }
          });
      assertThat(arrived).hasValue(2);
    }
  }

  @Test
  void threadsThatWentToSleepWakeUp() {
    try (Parallel parallel = new Parallel(3)) {
      for (int round = 0; round < 5; round++) {
        checkOnce(parallel, 63);
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void exceptionsReachTheCallerAndTheThreadsGoOn(int threads) {
    try (Parallel parallel = new Parallel(threads)) {
      for (int bad : new int[] {0, 1, 50, 99}) {
        assertThatThrownBy(() -> parallel.run(100, failingAt(bad, new RuntimeException("bad"))))
            .isInstanceOf(RuntimeException.class)
            .hasMessage("bad");
        checkOnce(parallel, 63);
        assertThatThrownBy(() -> parallel.run(100, failingAt(bad, new StackOverflowError("deep"))))
            .isInstanceOf(StackOverflowError.class)
            .hasMessage("deep");
        checkOnce(parallel, 2);
      }
    }
  }

  private static Parallel.Body failingAt(int bad, Throwable failure) {
    return (piece, thread) -> {
      if (piece == bad) {
        switch (failure) {
          case Error e -> throw e;
          default -> throw (RuntimeException) failure;
        }
      }
    };
  }

  @Test
  void everyPieceFailingGivesOneFailure() {
    try (Parallel parallel = new Parallel(4)) {
      assertThatThrownBy(
              () ->
                  parallel.run(
                      100,
                      (piece, thread) -> {
                        throw new UnsupportedOperationException("piece " + piece);
                      }))
          .isInstanceOf(UnsupportedOperationException.class);
      checkOnce(parallel, 1000);
    }
  }

  @Test
  void closingStopsTheThreadsAndTwiceIsOnce() throws InterruptedException {
    Thread[] worker = new Thread[2];
    Parallel parallel = new Parallel(2);
    AtomicInteger arrived = new AtomicInteger();
    parallel.run(
        2,
        (piece, thread) -> {
          worker[thread] = Thread.currentThread();
          arrived.incrementAndGet();
          while (arrived.get() < 2) {
            Thread.onSpinWait();
          }
        });
    assertThat(worker[0]).isSameAs(Thread.currentThread());
    assertThat(worker[1].isDaemon()).isTrue();
    parallel.close();
    parallel.close();
    worker[1].join(10_000);
    assertThat(worker[1].isAlive()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void runningAfterCloseIsRefused(int threads) {
    Parallel parallel = new Parallel(threads);
    parallel.close();
    AtomicInteger runs = new AtomicInteger();
    assertThatIllegalStateException()
        .isThrownBy(() -> parallel.run(1, (piece, thread) -> runs.incrementAndGet()))
        .withMessage("the thread pool is closed");
    assertThat(runs).hasValue(0);
  }

  @Test
  void atLeastOneThread() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Parallel(0))
        .withMessage("threads: 0");
  }
}
