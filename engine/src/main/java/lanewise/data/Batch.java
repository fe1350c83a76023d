package lanewise.data;

import lanewise.tensor.Shape;

/// Images and labels of one step, in arrays that are used again: valid until the next call of
/// [Batches#next()]. Only the thread that took it may read it.
public final class Batch {

  /// The label of a place that holds no image.
  public static final int NO_LABEL = -1;

  private final float[] images;
  private final int[] labels;
  private final int[] indices;
  private long epoch;
  private int step;
  private int size;

  Batch(int capacity, Shape shape) {
    images = new float[capacity * (int) shape.elements()];
    labels = new int[capacity];
    indices = new int[capacity];
  }

  /// The normalized images in the order image, channel, row, column: capacity x C x H x W. Places
  /// from `size` on are 0.
  public float[] images() {
    return images;
  }

  /// One label per image; [#NO_LABEL] from `size` on.
  public int[] labels() {
    return labels;
  }

  /// The index of every image in its data set; -1 from `size` on.
  public int[] indices() {
    return indices;
  }

  /// The number of images: the batch size, or less in the last batch of an evaluation.
  public int size() {
    return size;
  }

  /// The epoch that it belongs to, from 0.
  public long epoch() {
    return epoch;
  }

  /// Its place in the epoch, from 0.
  public int step() {
    return step;
  }

  void identify(long epoch, int step, int size) {
    this.epoch = epoch;
    this.step = step;
    this.size = size;
  }
}
