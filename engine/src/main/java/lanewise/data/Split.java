package lanewise.data;

import java.util.Arrays;
import lanewise.error.DataException;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;

/// What a network learns from and what its accuracy is measured on. Safe to share between threads.
///
/// @param train the images that train
/// @param validation images that never train: the official test images, or a part cut from the
///     training images
public record Split(Dataset train, Dataset validation) {

  public Split {
    if (!train.shape().equals(validation.shape()) || train.classes() != validation.classes()) {
      throw new DataException(
          "%s (%s, %d classes) and %s (%s, %d classes) do not belong together"
              .formatted(
                  train.name(),
                  train.shape(),
                  train.classes(),
                  validation.name(),
                  validation.shape(),
                  validation.classes()));
    }
  }

  /// Cuts a data set in two. From every class the same fraction goes to validation (rounded to
  /// whole images), so the classes keep their shares; which images those are depends on the seed
  /// alone. Both parts keep the order of the data set.
  ///
  /// @param fraction the share of the images that goes to validation, above 0 and below 1
  /// @throws DataException if one of the parts would be empty
  public static Split cut(Dataset dataset, double fraction, long seed) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new DataException(
          "validation split %s: must be above 0 and below 1".formatted(fraction));
    }
    boolean[] validation = new boolean[dataset.size()];
    int cut = 0;
    for (int label = 0; label < dataset.classes(); label++) {
      int[] members = members(dataset, label);
      int[] order =
          CounterRandom.permutation(
              CounterRandom.key(seed, Purpose.VALIDATION_SPLIT, label), members.length);
      int count = (int) Math.round(fraction * members.length);
      for (int i = 0; i < count; i++) {
        validation[members[order[i]]] = true;
      }
      cut += count;
    }
    if (cut == 0 || cut == dataset.size()) {
      throw new DataException(
          "validation split %s of %,d images with %d classes leaves %s: choose another fraction"
              .formatted(
                  fraction,
                  dataset.size(),
                  dataset.classes(),
                  cut == 0 ? "none for validation" : "none for training"));
    }
    return new Split(
        part(dataset, " (training part)", validation, false, dataset.size() - cut),
        part(dataset, " (validation part)", validation, true, cut));
  }

  private static int[] members(Dataset dataset, int label) {
    int[] members = new int[dataset.size()];
    int count = 0;
    for (int i = 0; i < members.length; i++) {
      if (dataset.label(i) == label) {
        members[count++] = i;
      }
    }
    return Arrays.copyOf(members, count);
  }

  private static Subset part(
      Dataset dataset, String suffix, boolean[] validation, boolean wanted, int count) {
    int[] indices = new int[count];
    int next = 0;
    for (int i = 0; i < validation.length; i++) {
      if (validation[i] == wanted) {
        indices[next++] = i;
      }
    }
    return new Subset(dataset.name() + suffix, dataset, indices);
  }
}
