package lanewise.kernel;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;

/// The only place of the engine that starts threads for computing. [#run] cuts a loop over
/// independent pieces between the caller and `threads - 1` daemon workers; which thread gets which
/// piece varies, what a piece computes does not, so results are the same bits for any number of
/// threads.
///
/// A thread takes pieces of its own share first, neighbours in their order, and then those that
/// others have not come to. Pieces of successive loops that touch the same images thus mostly fall
/// to the same thread, which finds them in its caches: processors that do not share one pass
/// values at a third of the pace.
///
/// The caller waits for the pieces that were taken, not for the workers: one that other work keeps
/// from its processor finds nothing left when it comes, and holds up nobody. Workers spin shortly
/// for the next loop (a training step has a hundred of them, microseconds apart), then let whoever
/// wants the processor have it, and then sleep; so does the caller for the last pieces, since a
/// processor that waits is then free for the thread that is waited for. To sleep and be woken takes
/// longer than most loops of one image: inference with GoogLeNet slept eleven times an image, and
/// took a third longer. One caller at a time; [#close()] stops the workers.
public final class Parallel implements AutoCloseable {

  /// One piece of a loop.
  @FunctionalInterface
  public interface Body {
    /// @param piece 0 <= piece < pieces
    /// @param thread 0 <= thread < threads: which scratch memory to use
    void run(int piece, int thread);
  }

  // How long to wait with the processor to oneself.
  private static final long SPIN_NANOS = 50_000;

  // How long to wait awake: most waits of a batch of 64 are shorter too.
  private static final long YIELD_NANOS = 2_000_000;

  // Ints of a cache line.
  private static final int SPACING = 16;

  private final Thread[] workers;
  private final AtomicIntegerArray untaken; // pieces of each thread's share, SPACING apart
  private final AtomicInteger unfinished = new AtomicInteger(); // pieces, untaken or being run
  private final AtomicInteger asleep = new AtomicInteger(); // workers
  private volatile Thread sleepingCaller;
  private volatile boolean closed;
  private volatile Throwable failure;

  // Of the loop that runs: written before a piece can be taken, read only by who has taken one.
  private int pieces;
  private Body body = (piece, thread) -> {};

  /// @param threads at least 1, the caller included
  public Parallel(int threads) {
    this(threads, Thread.ofPlatform().name("lanewise-", 1).daemon().factory());
  }

  /// For tests: workers that start as the factory likes.
  Parallel(int threads, ThreadFactory factory) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads);
    }
    workers = new Thread[threads - 1];
    untaken = new AtomicIntegerArray(threads * SPACING);
    for (int i = 0; i < workers.length; i++) {
      int thread = i + 1;
      workers[i] = factory.newThread(() -> work(thread));
      workers[i].start();
    }
  }

  /// Threads that a loop is shared by, the caller included.
  public int threads() {
    return workers.length + 1;
  }

  /// Runs the body once for every piece and returns when all are done. Allocates nothing. A single
  /// piece is run by the caller, which is thread 0.
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
    unfinished.set(pieceCount);
    for (int share = 0; share < threads(); share++) { // publishes the fields above
      untaken.set(share * SPACING, firstPiece(share + 1) - firstPiece(share));
    }
    if (asleep.get() > 0) {
      wakeWorkers();
    }
    takePieces(0);
    awaitTaken();
    rethrow();
  }

  private void work(int thread) {
    long since = System.nanoTime();
    while (!closed) {
      if (isUntaken()) {
        takePieces(thread);
        since = System.nanoTime();
      } else if (!waited(since)) {
        asleep.incrementAndGet(); // before it looks a last time, so that no loop is missed
        if (!isUntaken() && !closed) {
          LockSupport.park(this);
        }
        asleep.decrementAndGet();
        since = System.nanoTime();
      }
    }
  }

  private void takePieces(int thread) {
    int taken = 0;
    try {
      for (int piece = take(thread); piece >= 0; piece = take(thread)) {
        taken++;
        body.run(piece, thread);
      }
    } catch (Throwable e) { // handed to the caller of run
      failure = failure == null ? e : failure;
      for (int share = 0; share < threads(); share++) {
        taken += untaken.getAndSet(share * SPACING, 0); // nobody starts the others
      }
    }
    if (taken > 0 && unfinished.addAndGet(-taken) == 0) {
      LockSupport.unpark(sleepingCaller); // null while it is awake, which is then ignored
    }
  }

  /// Whether any share has pieces left.
  private boolean isUntaken() {
    for (int share = 0; share < threads(); share++) {
      if (untaken.get(share * SPACING) > 0) {
        return true;
      }
    }
    return false;
  }

  /// Where a share begins, and the one before ends.
  private int firstPiece(int share) {
    return (int) ((long) pieces * share / threads());
  }

  /// Takes a piece, of the thread's own share if there is one.
  ///
  /// @return -1 if there was none
  private int take(int thread) {
    for (int i = 0; i < threads(); i++) {
      int share = (thread + i) % threads();
      int left = takeFrom(share * SPACING);
      if (left > 0) {
        return firstPiece(share + 1) - left;
      }
    }
    return -1;
  }

  /// Takes a piece of a share. The count may be of a later loop than the one that the thread came
  /// for: it then has a piece of that one.
  ///
  /// @param index of the share's count
  /// @return how many were left with it, 0 if there was none
  private int takeFrom(int index) {
    int left = untaken.get(index);
    while (left > 0) {
      int found = untaken.compareAndExchange(index, left, left - 1);
      if (found == left) {
        return left;
      }
      left = found;
    }
    return 0;
  }

  private void awaitTaken() {
    long since = System.nanoTime();
    while (unfinished.get() > 0) {
      if (!waited(since)) {
        sleepingCaller = Thread.currentThread(); // before it looks again, so that no end is missed
        while (unfinished.get() > 0) {
          LockSupport.park(this);
        }
        sleepingCaller = null;
      }
    }
  }

  /// Waits for a moment, awake.
  ///
  /// @return whether it did: after a while it is time to sleep
  private static boolean waited(long since) {
    long waiting = System.nanoTime() - since;
    if (waiting < SPIN_NANOS) {
      Thread.onSpinWait();
    } else if (waiting < YIELD_NANOS) {
      Thread.yield();
    }
    return waiting < YIELD_NANOS;
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
    wakeWorkers();
  }

  private void wakeWorkers() {
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }
}
