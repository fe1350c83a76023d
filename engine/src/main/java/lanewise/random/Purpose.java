package lanewise.random;

/// What random numbers are for: the first part after the seed in a [CounterRandom#key(long,
/// long...)], so that two uses of one seed never share a stream. The numbers are part of what makes
/// a run repeatable: add new ones at the end, never change or reuse one.
public final class Purpose {

  /// The order of the samples in an epoch; further part: epoch.
  public static final long ORDER = 1;

  /// Crops and flips; further parts: epoch, index of the sample.
  public static final long AUGMENTATION = 2;

  /// Which samples are cut off for validation; further part: label.
  public static final long VALIDATION_SPLIT = 3;

  /// The generated images; further parts: 0 for training and 1 for test, index of the image.
  public static final long SYNTHETIC_IMAGES = 4;

  /// The first values of parameters.
  public static final long INITIALIZATION = 5;

  /// The masks of dropout.
  public static final long DROPOUT = 6;

  private Purpose() {}
}
