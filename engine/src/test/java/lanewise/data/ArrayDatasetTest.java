package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lanewise.error.DataException;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;

class ArrayDatasetTest {

  private static final Shape SHAPE = new Shape(1, 1, 2);

  @Test
  void givesEachImageWithItsLabel() {
    var dataset =
        new ArrayDataset("two", SHAPE, TestImages.names(3), new int[] {2, 0}, bytes(1, 2, 3, 255));
    byte[] dst = new byte[4];
    dataset.pixels(1, dst, 1);
    assertThat(dst).containsExactly(0, 3, -1, 0);
    assertThat(dataset.label(0)).isEqualTo(2);
    assertThat(dataset.size()).isEqualTo(2);
    assertThat(dataset.classes()).isEqualTo(3);
    assertThat(dataset.classNames()).containsExactly("class0", "class1", "class2");
  }

  @Test
  void refusesIndicesAndBuffersThatDoNotFit() {
    var dataset =
        new ArrayDataset("two", SHAPE, TestImages.names(3), new int[] {2, 0}, bytes(1, 2, 3, 4));
    assertThatThrownBy(() -> dataset.pixels(2, new byte[2], 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> dataset.pixels(-1, new byte[2], 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> dataset.pixels(0, new byte[2], 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesArraysThatDoNotFitEachOther() {
    assertThatThrownBy(
            () -> new ArrayDataset("x", SHAPE, TestImages.names(3), new int[2], new byte[3]))
        .isInstanceOf(DataException.class)
        .hasMessage("x: 2 labels of 1x1x2 images need 4 bytes of pixels, there are 3");
    assertThatThrownBy(
            () -> new ArrayDataset("x", SHAPE, TestImages.names(3), new int[] {0, 3}, new byte[4]))
        .isInstanceOf(DataException.class)
        .hasMessage("x: image 1 has label 3, the classes are 0 to 2");
    assertThatThrownBy(
            () -> new ArrayDataset("x", SHAPE, TestImages.names(3), new int[0], new byte[0]))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no images");
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
