package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import lanewise.error.DataException;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitTest {

  /// 8 bytes per image: in [#numbered], the number of the image.
  private static final Shape SHAPE = new Shape(2, 2, 2);

  @Test
  void everyClassGivesTheSameShareAndEveryImageStaysOnce() {
    Split split = Split.cut(numbered(60, 3), 0.1, 5);
    assertThat(split.validation().size()).isEqualTo(6);
    assertThat(split.train().size()).isEqualTo(54);
    for (int label = 0; label < 3; label++) {
      assertThat(count(split.validation(), label)).isEqualTo(2);
      assertThat(count(split.train(), label)).isEqualTo(18);
    }
    List<Integer> all = new ArrayList<>(numbers(split.train()));
    assertThat(all).isSorted();
    assertThat(numbers(split.validation())).isSorted();
    all.addAll(numbers(split.validation()));
    assertThat(all).hasSize(60).doesNotHaveDuplicates();
  }

  @Test
  void viewsKeepLabelsWithTheirImages() {
    Split split = Split.cut(numbered(60, 3), 0.5, 5);
    for (Dataset part : List.of(split.train(), split.validation())) {
      List<Integer> numbers = numbers(part);
      for (int i = 0; i < part.size(); i++) {
        assertThat(part.label(i)).isEqualTo(numbers.get(i) % 3);
      }
      assertThat(part.shape()).isEqualTo(SHAPE);
      assertThat(part.classNames()).isEqualTo(TestImages.names(3));
    }
  }

  @Test
  void theSeedAloneDecidesTheCut() {
    Dataset dataset = numbered(60, 3);
    List<Integer> first = numbers(Split.cut(dataset, 0.1, 5).validation());
    assertThat(numbers(Split.cut(dataset, 0.1, 5).validation())).isEqualTo(first);
    assertThat(numbers(Split.cut(dataset, 0.1, 6).validation())).isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.5, 2, Double.NaN, 0.001, 0.999})
  void refusesFractionsThatLeaveAPartEmpty(double fraction) {
    assertThatThrownBy(() -> Split.cut(numbered(60, 3), fraction, 5))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("validation split " + fraction);
  }

  @Test
  void refusesPartsThatDoNotBelongTogether() {
    Dataset three = numbered(6, 3);
    assertThatThrownBy(() -> new Split(three, numbered(6, 2)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("do not belong together");
    Dataset wide = TestImages.random(6, 3, new Shape(2, 2, 3));
    assertThatThrownBy(() -> new Split(three, wide)).isInstanceOf(DataException.class);
  }

  @Test
  void subsetRefusesIndicesOutsideItsBase() {
    Dataset base = numbered(6, 3);
    assertThatThrownBy(() -> new Subset("x", base, new int[] {0, 6}))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> new Subset("x", base, new int[0])).isInstanceOf(DataException.class);
  }

  private static ArrayDataset numbered(int size, int classes) {
    ByteBuffer pixels = ByteBuffer.allocate(size * (int) SHAPE.elements());
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      pixels.putInt(0).putInt(i);
      labels[i] = i % classes;
    }
    return new ArrayDataset("numbered", SHAPE, TestImages.names(classes), labels, pixels.array());
  }

  private static List<Integer> numbers(Dataset dataset) {
    List<Integer> numbers = new ArrayList<>();
    byte[] image = new byte[(int) SHAPE.elements()];
    for (int i = 0; i < dataset.size(); i++) {
      dataset.pixels(i, image, 0);
      numbers.add(ByteBuffer.wrap(image).getInt(4));
    }
    return numbers;
  }

  private static int count(Dataset dataset, int label) {
    int count = 0;
    for (int i = 0; i < dataset.size(); i++) {
      count += dataset.label(i) == label ? 1 : 0;
    }
    return count;
  }
}
