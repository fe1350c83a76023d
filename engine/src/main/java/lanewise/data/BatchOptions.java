package lanewise.data;

import java.util.Objects;
import lanewise.error.DataException;

/// How batches are made of a data set. Immutable, safe to share between threads.
///
/// @param batchSize images per batch, at least 1
/// @param seed what order and augmentation come from
/// @param shuffle whether every epoch has an order of its own; otherwise the order of the data set
/// @param dropLast whether images that do not fill a batch are left out of the epoch
/// @param workers threads that make batches, at least 1; no result depends on it
/// @param normalization what happens to every channel
/// @param augmentation what happens to every image
public record BatchOptions(
    int batchSize,
    long seed,
    boolean shuffle,
    boolean dropLast,
    int workers,
    Normalization normalization,
    Augmentation augmentation) {

  public BatchOptions {
    Objects.requireNonNull(normalization);
    Objects.requireNonNull(augmentation);
    if (batchSize < 1) {
      throw new DataException("batch size %d: must be at least 1".formatted(batchSize));
    }
    if (workers < 1) {
      throw new DataException("%d data workers: at least 1 is needed".formatted(workers));
    }
  }

  /// For training: shuffled, full batches alone, [Augmentation#STANDARD], one worker.
  public static BatchOptions training(int batchSize, long seed, Normalization normalization) {
    return new BatchOptions(batchSize, seed, true, true, 1, normalization, Augmentation.STANDARD);
  }

  /// For evaluation: every image once, as it is, in the order of the data set, one worker.
  public static BatchOptions evaluation(int batchSize, Normalization normalization) {
    return new BatchOptions(batchSize, 0, false, false, 1, normalization, Augmentation.NONE);
  }

  /// The same with another number of threads.
  public BatchOptions withWorkers(int workers) {
    return new BatchOptions(
        batchSize, seed, shuffle, dropLast, workers, normalization, augmentation);
  }

  /// The same with another augmentation.
  public BatchOptions withAugmentation(Augmentation augmentation) {
    return new BatchOptions(
        batchSize, seed, shuffle, dropLast, workers, normalization, augmentation);
  }
}
