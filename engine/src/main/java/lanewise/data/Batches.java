package lanewise.data;

import java.util.Arrays;
import java.util.NoSuchElementException;
import lanewise.error.DataException;
import lanewise.error.LanewiseException;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;

/// The batches of a data set, epoch by epoch, made by worker threads ahead of the one who takes
/// them.
///
/// ```java
/// try (Batches batches = Batches.of(dataset, options)) {
///   for (batches.start(epoch, firstStep); batches.hasNext(); ) {
///     Batch batch = batches.next();
///   }
/// }
/// ```
///
/// What a batch holds depends on the options' seed, the epoch and the step alone: not on the number
/// of workers, nor on where an epoch was entered. The batches lie in a ring of buffers that is
/// allocated once; making and taking them allocates nothing.
///
/// One thread at a time takes batches; `close` may come from any thread. The workers are daemon
/// threads that end with [#close()].
public final class Batches implements AutoCloseable {

  private static final int EMPTY = -1;

  private final Dataset dataset;
  private final BatchOptions options;
  private final float[] table;
  private final int steps;

  private final Batch[] ring;
  private final int[] order;
  private final Thread[] threads;

  // Everything below is guarded by `this`. Monitors, because their waiting allocates nothing.
  private final int[] made;
  private final Throwable[] failures;
  private long epoch;
  private int end;
  private int nextToMake;
  private int nextToTake;
  private boolean held;
  private int active;
  private boolean closed;

  private Batches(Dataset dataset, BatchOptions options) {
    this.dataset = dataset;
    this.options = options;
    this.table = options.normalization().table();
    int size = dataset.size();
    int batch = options.batchSize();
    this.steps = options.dropLast() ? size / batch : Math.ceilDiv(size, batch);
    this.order = new int[size];
    // One with the taker, one per worker in the making and one each that is ready.
    this.ring = new Batch[1 + 2 * options.workers()];
    for (int slot = 0; slot < ring.length; slot++) {
      ring[slot] = new Batch(batch, dataset.shape());
    }
    this.made = new int[ring.length];
    this.failures = new Throwable[ring.length];
    this.threads = new Thread[options.workers()];
  }

  /// Batches of `dataset`; the workers wait for [#start(long, int)].
  ///
  /// @throws DataException if the options do not fit the data set: another number of channels, or a
  ///     batch larger than the data set or than an array can hold
  public static Batches of(Dataset dataset, BatchOptions options) {
    Shape shape = dataset.shape();
    if (options.normalization().channels() != shape.channels()) {
      throw new DataException(
          "%s: images have %d channels, the normalization %d"
              .formatted(dataset.name(), shape.channels(), options.normalization().channels()));
    }
    if (options.dropLast() && options.batchSize() > dataset.size()) {
      throw new DataException(
          "%s: a batch of %,d is larger than the data set of %,d images: choose a smaller one"
              .formatted(dataset.name(), options.batchSize(), dataset.size()));
    }
    if (options.batchSize() * shape.elements() > Integer.MAX_VALUE - 8) {
      throw new DataException(
          "%s: a batch of %,d images of %s is too large for an array: choose a smaller one"
              .formatted(dataset.name(), options.batchSize(), shape));
    }
    Batches batches = new Batches(dataset, options);
    for (int i = 0; i < batches.threads.length; i++) {
      batches.threads[i] =
          Thread.ofPlatform().daemon().name("lanewise-batches-" + i).start(batches::work);
    }
    return batches;
  }

  /// The number of batches in an epoch.
  public int steps() {
    return steps;
  }

  /// Goes to a place in an epoch, from anywhere; batches made for another place are dropped.
  ///
  /// @param epoch the epoch, from 0
  /// @param firstStep the step that [#next()] gives first, 0 to [#steps()]
  public synchronized void start(long epoch, int firstStep) {
    if (epoch < 0 || firstStep < 0 || firstStep > steps) {
      throw new IllegalArgumentException(
          "epoch %d, step %d: an epoch has %d steps".formatted(epoch, firstStep, steps));
    }
    requireOpen();
    // Workers still write into the ring for the last place: none may start anew, and all must
    // finish.
    end = 0;
    while (active > 0) {
      await();
    }
    requireOpen();
    if (options.shuffle()) {
      CounterRandom.permute(CounterRandom.key(options.seed(), Purpose.ORDER, epoch), order);
    } else {
      Arrays.setAll(order, i -> i);
    }
    Arrays.fill(made, EMPTY);
    this.epoch = epoch;
    this.nextToMake = firstStep;
    this.nextToTake = firstStep;
    this.held = false;
    this.end = steps;
    notifyAll();
  }

  /// Whether the epoch that was started has another batch.
  public synchronized boolean hasNext() {
    return nextToTake < end;
  }

  /// The next batch, valid until the next call of this method, [#start(long, int)] or [#close()].
  ///
  /// @throws NoSuchElementException at the end of the epoch, or if none was started
  /// @throws LanewiseException what the data set threw when a worker read this batch; it is thrown
  ///     again until another place is started
  /// @throws IllegalStateException after `close`, if reading this batch failed in any other way, or
  ///     if the waiting thread is interrupted
  public synchronized Batch next() {
    requireOpen();
    if (nextToTake >= end) {
      throw new NoSuchElementException("epoch %d has no step %d".formatted(epoch, nextToTake));
    }
    held = false;
    notifyAll();
    int slot = nextToTake % ring.length;
    while (made[slot] != nextToTake) {
      await();
      requireOpen();
    }
    if (failures[slot] != null) {
      throw failed(failures[slot]);
    }
    held = true;
    nextToTake++;
    return ring[slot];
  }

  /// Stops the workers and waits until they have ended. Closing twice does nothing.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive() && thread != Thread.currentThread()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// A worker's life: claim a step, make its batch, hand it over.
  private void work() {
    byte[] image = new byte[(int) dataset.shape().elements()];
    for (int step = claim(); step != EMPTY; step = claim()) {
      Throwable failure = null;
      try {
        make(step, image);
      } catch (Throwable e) {
        failure = e;
      }
      handOver(step, failure);
    }
  }

  /// The next step to make, once its slot in the ring is free; [#EMPTY] when there is nothing left
  /// to live for.
  private synchronized int claim() {
    while (!closed) {
      int oldest = held ? nextToTake - 1 : nextToTake;
      if (nextToMake < end && nextToMake - oldest < ring.length) {
        active++;
        return nextToMake++;
      }
      try {
        wait();
      } catch (InterruptedException _) {
        // Workers stop on `closed` alone: one that died otherwise would leave the taker waiting.
      }
    }
    return EMPTY;
  }

  private synchronized void handOver(int step, Throwable failure) {
    int slot = step % ring.length;
    made[slot] = step;
    failures[slot] = failure;
    active--;
    notifyAll();
  }

  /// Fills the slot of `step`. Outside the lock: the slot belongs to this worker until it is handed
  /// over.
  private void make(int step, byte[] image) {
    Batch batch = ring[step % ring.length];
    Shape shape = dataset.shape();
    Augmentation augmentation = options.augmentation();
    int elements = image.length;
    int first = step * options.batchSize();
    int size = Math.min(options.batchSize(), order.length - first);
    batch.identify(epoch, step, size);
    for (int i = 0; i < size; i++) {
      int index = order[first + i];
      dataset.pixels(index, image, 0);
      long key = Augmentation.key(options.seed(), epoch, index);
      augmentation.apply(key, image, shape, table, batch.images(), i * elements);
      batch.labels()[i] = dataset.label(index);
      batch.indices()[i] = index;
    }
    Arrays.fill(batch.images(), size * elements, batch.images().length, 0);
    Arrays.fill(batch.labels(), size, options.batchSize(), Batch.NO_LABEL);
    Arrays.fill(batch.indices(), size, options.batchSize(), -1);
  }

  private RuntimeException failed(Throwable failure) {
    return switch (failure) {
      case LanewiseException e -> e;
      case Error e -> throw e;
      default ->
          new IllegalStateException(
              "%s: step %d of epoch %d: %s".formatted(dataset.name(), nextToTake, epoch, failure),
              failure);
    };
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("batches of " + dataset.name() + " are closed");
    }
  }

  private void await() {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    }
  }
}
