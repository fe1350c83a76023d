package lanewise.kernel.simd;

import java.util.concurrent.atomic.AtomicIntegerArray;
import lanewise.kernel.Parallel;

/// Values of a batch that nobody has made yet: the operation that reads them makes each sample just
/// before it does, by the thread that reads it, so that they come from its cache instead of main
/// memory. The counterpart of [Epilogue].
///
/// Each sample is made once, by one thread, whoever comes first; others that need it wait. What is
/// made does not depend on who makes it.
public final class Prologue {

  /// Makes one sample's values.
  @FunctionalInterface
  interface Samples {
    void make(int sample);
  }

  private static final int MADE = 0;
  private static final int PENDING = 1;
  private static final int BEING_MADE = 2;

  /// About what a sample takes.
  private static final int SPINS = 1000;

  private final AtomicIntegerArray states;
  private final Parallel.Body one = (sample, thread) -> need(sample, sample + 1);
  private volatile boolean pending;
  private Samples samples = sample -> {};

  /// @param batch samples
  public Prologue(int batch) {
    states = new AtomicIntegerArray(batch);
  }

  /// From now on every sample is to be made when it is needed.
  void begin(Samples newSamples) {
    samples = newSamples;
    for (int i = 0; i < states.length(); i++) {
      states.setPlain(i, PENDING);
    }
    pending = true;
  }

  /// Returns when the samples `from` to `to` (exclusive) are made.
  void need(int from, int to) {
    if (!pending) {
      return;
    }
    for (int i = from; i < to; i++) {
      if (states.getAcquire(i) == PENDING && states.compareAndSet(i, PENDING, BEING_MADE)) {
        try {
          samples.make(i);
        } finally {
          states.setRelease(i, MADE); // nobody waits for what failed: the loop ends with it
        }
      }
    }
    for (int i = from; i < to; i++) {
      for (int spins = 1; states.getAcquire(i) != MADE; spins++) {
        if (spins % SPINS == 0) {
          Thread.yield(); // who makes it may have lost its processor
        } else {
          Thread.onSpinWait();
        }
      }
    }
  }

  /// Makes all samples that are left; after that there are none.
  public void finish(Parallel parallel) {
    if (pending) {
      parallel.run(states.length(), one);
      pending = false;
    }
  }
}
