package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import lanewise.error.DataException;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchesTest {

  private static final Shape SHAPE = new Shape(3, 6, 5);
  private static final Dataset DATASET = TestImages.random(103, 7, SHAPE);
  private static final Normalization NORMALIZATION = Normalization.of(DATASET);
  private static final BatchOptions TRAINING = BatchOptions.training(8, 42, NORMALIZATION);
  private static final BatchOptions EVALUATION = BatchOptions.evaluation(8, NORMALIZATION);

  /// What a batch held, copied out of the ring.
  private record Copy(
      long epoch, int step, List<Float> images, List<Integer> labels, List<Integer> indices) {

    static Copy of(Batch batch) {
      List<Float> images = new ArrayList<>();
      for (float value : batch.images()) {
        images.add(value);
      }
      return new Copy(
          batch.epoch(),
          batch.step(),
          images,
          Arrays.stream(batch.labels()).boxed().toList(),
          Arrays.stream(batch.indices()).boxed().toList());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void batchesAreThoseOfThePlainLoop(int workers) {
    try (Batches batches = Batches.of(DATASET, TRAINING.withWorkers(workers))) {
      for (long epoch = 0; epoch < 3; epoch++) {
        int[] order = CounterRandom.permutation(CounterRandom.key(42, Purpose.ORDER, epoch), 103);
        batches.start(epoch, 0);
        for (int step = 0; step < batches.steps(); step++) {
          Batch batch = batches.next();
          for (int i = 0; i < 8; i++) {
            int index = order[step * 8 + i];
            byte[] image = new byte[90];
            DATASET.pixels(index, image, 0);
            float[] expected = new float[90];
            Augmentation.STANDARD.apply(
                Augmentation.key(42, epoch, index),
                image,
                SHAPE,
                NORMALIZATION.table(),
                expected,
                0);
            assertThat(Arrays.copyOfRange(batch.images(), i * 90, i * 90 + 90)).isEqualTo(expected);
            assertThat(batch.labels()[i]).isEqualTo(DATASET.label(index));
          }
        }
      }
    }
  }

  @Test
  void anyNumberOfWorkersMakesTheSameBatches() {
    List<Copy> one = run(TRAINING, 5, 0);
    assertThat(run(TRAINING.withWorkers(2), 5, 0)).isEqualTo(one);
    assertThat(run(TRAINING.withWorkers(4), 5, 0)).isEqualTo(one);
    assertThat(run(EVALUATION.withWorkers(3), 5, 0)).isEqualTo(run(EVALUATION, 5, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 11, 12})
  void anEpochCanBeEnteredAnywhere(int firstStep) {
    List<Copy> whole = run(TRAINING, 3, 0);
    assertThat(whole).hasSize(12);
    assertThat(run(TRAINING.withWorkers(2), 3, firstStep)).isEqualTo(whole.subList(firstStep, 12));
  }

  @Test
  void aRunInTheMiddleCanBeLeftForAnother() {
    List<Copy> expected = run(TRAINING, 1, 4);
    try (Batches batches = Batches.of(DATASET, TRAINING.withWorkers(3))) {
      for (int taken = 0; taken < 10; taken++) {
        batches.start(0, 0);
        for (int i = 0; i < taken; i++) {
          batches.next();
        }
        assertThat(run(batches, 1, 4)).isEqualTo(expected);
      }
    }
  }

  @Test
  void trainingTakesEveryImageAtMostOnceInAnOrderOfItsOwnPerEpoch() {
    List<Copy> first = run(TRAINING, 0, 0);
    List<Copy> second = run(TRAINING, 1, 0);
    List<Integer> order = first.stream().flatMap(copy -> copy.indices().stream()).toList();
    assertThat(order).hasSize(96).doesNotHaveDuplicates().isSubsetOf(numbers(103));
    assertThat(second.stream().flatMap(copy -> copy.indices().stream()).toList())
        .isNotEqualTo(order);
    assertThat(order).isNotEqualTo(numbers(96));
  }

  @Test
  void evaluationTakesEveryImageOnceInOrderAndBlanksTheRestOfTheLastBatch() {
    try (Batches batches = Batches.of(DATASET, EVALUATION)) {
      // Twice, so that the last batch lies in a buffer that was full before.
      run(batches, 0, 0);
      List<Copy> copies = run(batches, 0, 0);
      assertThat(batches.steps()).isEqualTo(13);
      assertThat(copies).hasSize(13);
      List<Integer> order = copies.stream().flatMap(copy -> copy.indices().stream()).toList();
      assertThat(order.subList(0, 103)).isEqualTo(numbers(103));
      assertThat(order.subList(103, 104)).containsOnly(-1);
      assertThat(copies.getLast().labels().get(7)).isEqualTo(Batch.NO_LABEL);
      assertThat(copies.getLast().images().subList(7 * 90, 8 * 90)).containsOnly(0f);
      batches.start(0, 12);
      assertThat(batches.next().size()).isEqualTo(7);
    }
  }

  @Test
  void buffersAreUsedAgain() {
    try (Batches batches = Batches.of(DATASET, TRAINING)) {
      List<float[]> arrays = new ArrayList<>();
      for (int epoch = 0; epoch < 3; epoch++) {
        for (batches.start(epoch, 0); batches.hasNext(); ) {
          float[] images = batches.next().images();
          if (arrays.stream().noneMatch(array -> array == images)) {
            arrays.add(images);
          }
        }
      }
      assertThat(arrays).hasSize(3);
    }
  }

  @Test
  void aBatchStaysUntilTheNextIsTaken() throws InterruptedException {
    try (Batches batches = Batches.of(DATASET, TRAINING.withWorkers(2))) {
      batches.start(0, 0);
      Batch batch = batches.next();
      Copy before = Copy.of(batch);
      // Longer than all workers need to fill the ring.
      Thread.sleep(50);
      assertThat(Copy.of(batch)).isEqualTo(before);
    }
  }

  @Test
  void theEndOfAnEpochIsTold() {
    try (Batches batches = Batches.of(DATASET, TRAINING)) {
      assertThat(batches.hasNext()).isFalse();
      assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
      batches.start(2, 12);
      assertThat(batches.hasNext()).isFalse();
      assertThatThrownBy(batches::next)
          .isInstanceOf(NoSuchElementException.class)
          .hasMessageContaining("epoch 2");
      assertThatThrownBy(() -> batches.start(0, 13)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> batches.start(-1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aFaultOfTheDataSetSurfacesAtItsBatchAndPasses() {
    DataException fault = new DataException("image 20 is broken");
    try (Batches batches = Batches.of(new Faulty(20, fault), EVALUATION.withWorkers(2))) {
      batches.start(0, 0);
      batches.next();
      batches.next();
      assertThatThrownBy(batches::next).isSameAs(fault);
      assertThatThrownBy(batches::next).isSameAs(fault);
      batches.start(0, 3);
      assertThat(batches.next().step()).isEqualTo(3);
    }
  }

  @Test
  void anyOtherFaultSaysWhereItHappened() {
    var fault = new IllegalArgumentException("odd");
    try (Batches batches = Batches.of(new Faulty(0, fault), EVALUATION)) {
      batches.start(6, 0);
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("random", "step 0", "epoch 6", "odd")
          .hasCause(fault);
    }
  }

  @Test
  void closingEndsTheWorkersAndEveryFurtherUse() {
    Batches batches = Batches.of(DATASET, TRAINING.withWorkers(2));
    batches.start(0, 0);
    batches.next();
    assertThat(workers()).isPositive();
    batches.close();
    batches.close();
    assertThat(workers()).isZero();
    assertThatThrownBy(batches::next).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> batches.start(0, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void startingElsewhereWaitsForWorkersThatStillWrite() throws InterruptedException {
    Blocking slow = new Blocking();
    AtomicBoolean released = new AtomicBoolean();
    try (Batches batches = Batches.of(slow, TRAINING.withWorkers(2))) {
      batches.start(0, 0);
      slow.reading.await();
      Thread.ofVirtual()
          .start(
              () -> {
                LockSupport.parkNanos(20_000_000);
                released.set(true);
                slow.release.countDown();
              });
      batches.start(1, 0);
      assertThat(released).isTrue();
      List<Copy> copies = new ArrayList<>();
      while (batches.hasNext()) {
        copies.add(Copy.of(batches.next()));
      }
      assertThat(copies).isEqualTo(run(TRAINING, 1, 0));
    }
  }

  @Test
  void anInterruptEndsTheWaitingAndIsKept() throws InterruptedException {
    Blocking slow = new Blocking();
    Batches batches = Batches.of(slow, EVALUATION);
    try {
      batches.start(0, 0);
      slow.reading.await();
      Thread.currentThread().interrupt();
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
    } finally {
      slow.release.countDown();
      batches.close();
    }
  }

  @Test
  void refusesOptionsThatDoNotFit() {
    assertThatThrownBy(() -> Batches.of(DATASET, BatchOptions.training(104, 1, NORMALIZATION)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("a batch of 104");
    assertThatThrownBy(() -> Batches.of(DATASET, BatchOptions.evaluation(8, Normalization.none(1))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("3 channels");
    assertThatThrownBy(() -> Batches.of(DATASET, BatchOptions.evaluation(1 << 30, NORMALIZATION)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("too large");
    assertThatThrownBy(() -> BatchOptions.training(0, 1, NORMALIZATION))
        .isInstanceOf(DataException.class);
    assertThatThrownBy(() -> TRAINING.withWorkers(0)).isInstanceOf(DataException.class);
  }

  private static List<Copy> run(BatchOptions options, long epoch, int firstStep) {
    try (Batches batches = Batches.of(DATASET, options)) {
      return run(batches, epoch, firstStep);
    }
  }

  private static List<Copy> run(Batches batches, long epoch, int firstStep) {
    List<Copy> copies = new ArrayList<>();
    for (batches.start(epoch, firstStep); batches.hasNext(); ) {
      copies.add(Copy.of(batches.next()));
    }
    return copies;
  }

  private static List<Integer> numbers(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  private static long workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("lanewise-batches-"))
        .count();
  }

  /// The usual data set, whose labels are not given before the release.
  private static final class Blocking extends Faulty {

    private final CountDownLatch reading = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    Blocking() {
      super(0, null);
    }

    @Override
    public int label(int index) {
      reading.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return super.label(index);
    }
  }

  /// The usual data set, one of whose images cannot be read.
  private static class Faulty implements Dataset {

    private final int index;
    private final RuntimeException fault;

    Faulty(int index, RuntimeException fault) {
      this.index = index;
      this.fault = fault;
    }

    @Override
    public String name() {
      return DATASET.name();
    }

    @Override
    public int size() {
      return DATASET.size();
    }

    @Override
    public Shape shape() {
      return DATASET.shape();
    }

    @Override
    public int classes() {
      return DATASET.classes();
    }

    @Override
    public List<String> classNames() {
      return DATASET.classNames();
    }

    @Override
    public int label(int index) {
      return DATASET.label(index);
    }

    @Override
    public void pixels(int index, byte[] dst, int offset) {
      if (index == this.index && fault != null) {
        throw fault;
      }
      DATASET.pixels(index, dst, offset);
    }
  }
}
