package lanewise.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lanewise.error.DataException;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;

/// A data set that needs no file: drawn images in the format of CIFAR-100 (100 classes, 3x32x32),
/// for trying things out where no real data is at hand. A class is one of ten shapes or textures in
/// one of ten colours; place, size, angle, hue, brightness, background, noise and two stray patches
/// differ from image to image.
///
/// It is drawn in integers from counter-based random numbers, so the same seed gives the same bytes
/// on every machine, and image `i` is the same in a larger set. Accuracies on it say nothing about
/// those on photographs.
public final class SyntheticImages {

  /// The usual number of training images.
  public static final int TRAIN_SIZE = 10_000;

  /// The usual number of test images.
  public static final int TEST_SIZE = 2_000;

  /// The shape of an image.
  public static final Shape SHAPE = new Shape(3, SyntheticPainter.SIZE, SyntheticPainter.SIZE);

  private static final List<String> COLOURS =
      List.of(
          "red", "orange", "yellow", "lime", "green", "cyan", "azure", "blue", "violet", "pink");
  private static final List<String> NAMES = names();

  private SyntheticImages() {}

  /// The usual sizes.
  public static Split create(long seed) {
    return create(TRAIN_SIZE, TEST_SIZE, seed);
  }

  /// Draws all images; the usual sizes take about a second.
  ///
  /// @param trainSize number of training images, at least 1; the classes take turns, so a multiple
  ///     of 100 has equally many of each
  /// @param testSize number of test images, at least 1
  public static Split create(int trainSize, int testSize, long seed) {
    return new Split(
        draw("synthetic train", trainSize, seed, 0), draw("synthetic test", testSize, seed, 1));
  }

  private static Dataset draw(String name, int size, long seed, int part) {
    int elements = (int) SHAPE.elements();
    if (size < 1 || size > Integer.MAX_VALUE / elements) {
      throw new DataException(
          "%s: %,d images cannot be drawn, 1 to %,d can"
              .formatted(name, size, Integer.MAX_VALUE / elements));
    }
    int[] labels = new int[size];
    byte[] pixels = new byte[size * elements];
    for (int i = 0; i < size; i++) {
      labels[i] = i % NAMES.size();
      long key = CounterRandom.key(seed, Purpose.SYNTHETIC_IMAGES, part, i);
      int shape = labels[i] / COLOURS.size();
      int colour = labels[i] % COLOURS.size();
      new SyntheticPainter(key)
          .paint(SyntheticPainter.Motif.at(shape), colour, COLOURS.size(), pixels, i * elements);
    }
    return new ArrayDataset(name, SHAPE, NAMES, labels, pixels);
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (SyntheticPainter.Motif motif : SyntheticPainter.Motif.values()) {
      for (String colour : COLOURS) {
        names.add(colour + " " + motif.name().toLowerCase(Locale.ROOT));
      }
    }
    return List.copyOf(names);
  }
}
