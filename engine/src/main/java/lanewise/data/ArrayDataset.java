package lanewise.data;

import java.util.List;
import java.util.Objects;
import lanewise.error.DataException;
import lanewise.tensor.Shape;

/// Images that lie in one array. Safe to share between threads as long as nobody writes to the
/// arrays it was built from.
public final class ArrayDataset implements Dataset {

  private final String name;
  private final Shape shape;
  private final List<String> classNames;
  private final int[] labels;
  private final byte[] pixels;
  private final int elements;

  /// A data set over arrays that it does not copy.
  ///
  /// @param labels one label per image
  /// @param pixels all images one after the other, each in the order channel, row, column
  /// @throws DataException if there is no image, the arrays' lengths do not fit or a label is out
  ///     of range
  public ArrayDataset(
      String name, Shape shape, List<String> classNames, int[] labels, byte[] pixels) {
    this.name = Objects.requireNonNull(name);
    this.shape = shape;
    this.classNames = List.copyOf(classNames);
    this.labels = labels;
    this.pixels = pixels;
    if (labels.length == 0) {
      throw new DataException(name + ": holds no images");
    }
    if (pixels.length != labels.length * shape.elements()) {
      throw new DataException(
          "%s: %,d labels of %s images need %,d bytes of pixels, there are %,d"
              .formatted(
                  name, labels.length, shape, labels.length * shape.elements(), pixels.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= this.classNames.size()) {
        throw new DataException(
            "%s: image %,d has label %d, the classes are 0 to %d"
                .formatted(name, i, labels[i], this.classNames.size() - 1));
      }
    }
    this.elements = (int) shape.elements();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public int classes() {
    return classNames.size();
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public void pixels(int index, byte[] dst, int offset) {
    Objects.checkIndex(index, labels.length);
    System.arraycopy(pixels, index * elements, dst, offset, elements);
  }
}
