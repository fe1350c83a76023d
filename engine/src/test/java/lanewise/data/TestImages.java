package lanewise.data;

import java.util.List;
import java.util.stream.IntStream;
import lanewise.random.CounterRandom;
import lanewise.tensor.Shape;

/// Small data sets for tests.
final class TestImages {

  private TestImages() {}

  /// Random pixels; the classes take turns.
  static ArrayDataset random(int size, int classes, Shape shape) {
    int[] labels = IntStream.range(0, size).map(i -> i % classes).toArray();
    return new ArrayDataset(
        "random", shape, names(classes), labels, bytes(size * (int) shape.elements()));
  }

  /// `count` random bytes, always the same.
  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) CounterRandom.bits(99, i);
    }
    return bytes;
  }

  static List<String> names(int classes) {
    return IntStream.range(0, classes).mapToObj(i -> "class" + i).toList();
  }
}
