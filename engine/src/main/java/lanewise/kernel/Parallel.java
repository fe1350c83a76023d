package lanewise.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// The only place of the engine that starts threads for computing. [#run] cuts a loop over
/// independent pieces between the caller and `threads - 1` daemon workers; which thread gets which
/// piece varies, what a piece computes does not, so results are the same bits for any number of
/// threads.
///
/// Workers spin shortly for the next loop (a training step has a hundred of them, microseconds
/// apart) and then sleep. One caller at a time; [#close()] stops the workers.
public final class Parallel implements AutoCloseable {

  /// One piece of a loop.
  @FunctionalInterface
  public interface Body {
    /// @param piece 0 <= piece < pieces
    /// @param thread 0 <= thread < threads: which scratch memory to use
    void run(int piece, int thread);
  }

  private static final int SPINS = 20_000;

  private final Thread[] workers;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private volatile int generation;
  private volatile boolean closed;
  private volatile Throwable failure;
  private int pieces;
  private Body body = (piece, thread) -> {};

  /// @param threads at least 1, the caller included
  public Parallel(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads);
    }
    workers = new Thread[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      int thread = i + 1;
      workers[i] =
          Thread.ofPlatform().name("lanewise-" + thread).daemon().unstarted(() -> work(thread));
      workers[i].start();
    }
  }

  /// Threads that a loop is shared by, the caller included.
  public int threads() {
    return workers.length + 1;
  }

  /// Runs the body once for every piece and returns when all are done. Allocates nothing.
  ///
  /// @throws RuntimeException or Error one that a piece threw
  public void run(int pieceCount, Body loopBody) {
    if (closed) {
      throw new IllegalStateException("the thread pool is closed");
    }
    if (workers.length == 0 || pieceCount <= 1) {
      for (int piece = 0; piece < pieceCount; piece++) {
        loopBody.run(piece, 0);
      }
      return;
    }
    pieces = pieceCount;
    body = loopBody;
    next.set(0);
    busy.set(workers.length);
    generation++; // publishes the fields above
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
    take(0);
    int spins = 0;
    while (busy.get() > 0) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // more threads than processors: let the one that is waited for run
      }
    }
    rethrow();
  }

  private void work(int thread) {
    int seen = 0;
    while (true) {
      int spins = 0;
      while (generation == seen) {
        if (closed) {
          return;
        }
        if (++spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      seen++;
      take(thread);
      busy.decrementAndGet();
    }
  }

  private void take(int thread) {
    try {
      for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
        body.run(piece, thread);
      }
    } catch (Throwable e) { // handed to the caller of run
      failure = failure == null ? e : failure;
      next.set(pieces);
    }
  }

  private void rethrow() {
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      switch (thrown) {
        case Error e -> throw e;
        case RuntimeException e -> throw e;
        default -> throw new IllegalStateException(thrown);
      }
    }
  }

  /// Stops the workers. Calling it again does nothing.
  @Override
  public void close() {
    closed = true;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }
}
