package lanewise.data;

import java.util.List;
import java.util.Objects;
import lanewise.error.DataException;
import lanewise.tensor.Shape;

/// Some images of another data set, as a view. Safe to share between threads, as its base is.
public final class Subset implements Dataset {

  private final String name;
  private final Dataset base;
  private final int[] indices;

  /// The images `indices` of `base`, in that order.
  ///
  /// @throws DataException if there are none
  /// @throws IndexOutOfBoundsException if an index is not one of `base`
  public Subset(String name, Dataset base, int[] indices) {
    this.name = Objects.requireNonNull(name);
    this.base = base;
    this.indices = indices.clone();
    if (indices.length == 0) {
      throw new DataException(name + ": holds no images");
    }
    for (int index : indices) {
      Objects.checkIndex(index, base.size());
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Shape shape() {
    return base.shape();
  }

  @Override
  public int classes() {
    return base.classes();
  }

  @Override
  public List<String> classNames() {
    return base.classNames();
  }

  @Override
  public int label(int index) {
    return base.label(indices[index]);
  }

  @Override
  public void pixels(int index, byte[] dst, int offset) {
    base.pixels(indices[index], dst, offset);
  }
}
