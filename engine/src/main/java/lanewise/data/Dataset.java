package lanewise.data;

import java.util.List;
import lanewise.tensor.Shape;

/// Labelled images of one shape, by index. Implementations are immutable once built: any number of
/// threads may read them at the same time.
public interface Dataset {

  /// What messages call it, such as `CIFAR-100 train`.
  String name();

  /// The number of images.
  int size();

  /// The shape of one image: channels x height x width.
  Shape shape();

  /// The number of classes; labels are `0 <= label < classes`.
  int classes();

  /// One name per class, in the order of the labels.
  List<String> classNames();

  /// The label of image `index`.
  ///
  /// @throws IndexOutOfBoundsException unless `0 <= index < size`
  int label(int index);

  /// Copies image `index` to `dst` from `offset` on: one unsigned byte (0 to 255) per value, in the
  /// order channel, row, column, [Shape#elements()] of them.
  ///
  /// @throws IndexOutOfBoundsException unless `0 <= index < size` and `dst` has room for the image
  void pixels(int index, byte[] dst, int offset);
}
