package lanewise.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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
      checkTwoAtTheSameTime(parallel);
    }
  }

  private static void checkTwoAtTheSameTime(Parallel parallel) {
    AtomicInteger arrived = new AtomicInteger();
    parallel.run(2, (piece, thread) -> meet(arrived));
    assertThat(arrived).hasValue(2);
  }

  private static void meet(AtomicInteger arrived) {
    arrived.incrementAndGet();
    while (arrived.get() < 2) {
      Thread.onSpinWait();
    }
  }

  /// Many more threads than processors: most come late to every loop, some to one that has ended.
  @Test
  void threadsThatComeLateHarmNoLoop() {
    try (Parallel parallel = new Parallel(24)) {
      int[] values = new int[9];
      for (int round = 1; round <= 5_000; round++) {
        int pieces = 2 + round % 8;
        int now = round;
        Arrays.fill(values, 0);
        parallel.run(pieces, (piece, thread) -> values[piece] += now);
        for (int i = 0; i < values.length; i++) {
          assertThat(values[i]).as("round %d, piece %d", round, i).isEqualTo(i < pieces ? now : 0);
        }
      }
    }
  }

  /// The worker's piece takes so long that the caller goes to sleep over it.
  @Test
  void aCallerThatWentToSleepWakesUpAtTheEnd() {
    try (Parallel parallel = new Parallel(2)) {
      AtomicInteger arrived = new AtomicInteger();
      int[] written = new int[2];
      parallel.run(
          2,
          (piece, thread) -> {
            meet(arrived);
            LockSupport.parkNanos(thread == 0 ? 0 : 30_000_000);
            written[thread] = 1;
          });
      assertThat(written).containsExactly(1, 1);
      checkOnce(parallel, 63);
    }
  }

  /// What other work does to a worker: it gets no processor until much later.
  @Test
  void loopsDoNotWaitForAWorkerThatDoesNotCome() {
    CountDownLatch processor = new CountDownLatch(1);
    ThreadFactory late =
        task ->
            Thread.ofPlatform()
                .daemon()
                .unstarted(
                    () -> {
                      awaitUninterruptibly(processor);
                      task.run();
                    });
    try (Parallel parallel = new Parallel(2, late)) {
      for (int pieces : SIZES) {
        checkOnce(parallel, pieces);
      }
      processor.countDown();
      checkTwoAtTheSameTime(parallel);
      checkOnce(parallel, 63);
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
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
          meet(arrived);
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
