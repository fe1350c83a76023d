package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {

  private static final int OFFSET = 3;

  @ParameterizedTest
  @CsvSource({
    "3, 32, 32, 4, true",
    "3, 32, 32, 4, false",
    "1, 5, 7, 2, true",
    "2, 7, 5, 1, true",
    "1, 1, 1, 3, true",
    "2, 3, 2, 5, true",
    "1, 4, 4, 0, true"
  })
  void equalsACropOfThePaddedImage(int channels, int height, int width, int padding, boolean flip) {
    Shape shape = new Shape(channels, height, width);
    Augmentation augmentation = new Augmentation(padding, flip);
    byte[] src = TestImages.bytes((int) shape.elements());
    float[] table = table(channels);
    for (int index = 0; index < 300; index++) {
      long key = Augmentation.key(1, 2, index);
      float[] dst = new float[OFFSET + src.length + 1];
      Arrays.fill(dst, Float.NaN);
      augmentation.apply(key, src, shape, table, dst, OFFSET);
      float[] expected =
          reference(
              src,
              shape,
              padding,
              augmentation.row(key),
              augmentation.column(key),
              augmentation.flipped(key),
              table);
      assertThat(Arrays.copyOfRange(dst, OFFSET, OFFSET + src.length)).isEqualTo(expected);
      assertThat(dst[OFFSET - 1]).isNaN();
      assertThat(dst[OFFSET + src.length]).isNaN();
    }
  }

  @Test
  void noneOnlyNormalizes() {
    Shape shape = new Shape(2, 3, 4);
    byte[] src = TestImages.bytes(24);
    float[] table = table(2);
    float[] dst = new float[24];
    Augmentation.NONE.apply(Augmentation.key(1, 2, 3), src, shape, table, dst, 0);
    for (int i = 0; i < 24; i++) {
      assertThat(dst[i]).isEqualTo(table[i / 12 * 256 + (src[i] & 0xFF)]);
    }
  }

  @Test
  void everyPlaceAndBothSidesComeUpEquallyOften() {
    int draws = 81 * 200;
    int[] places = new int[81];
    int flips = 0;
    for (int index = 0; index < draws; index++) {
      long key = Augmentation.key(4, 0, index);
      places[Augmentation.STANDARD.row(key) * 9 + Augmentation.STANDARD.column(key)]++;
      flips += Augmentation.STANDARD.flipped(key) ? 1 : 0;
    }
    // Five standard deviations.
    for (int place : places) {
      assertThat((double) place).isCloseTo(200, within(71.0));
    }
    assertThat((double) flips).isCloseTo(draws / 2.0, within(320.0));
  }

  @Test
  void theChoiceDependsOnSeedEpochAndIndex() {
    long key = Augmentation.key(1, 2, 3);
    assertThat(Augmentation.key(1, 2, 3)).isEqualTo(key);
    assertThat(key)
        .isNotIn(Augmentation.key(2, 2, 3), Augmentation.key(1, 3, 3), Augmentation.key(1, 2, 4));
  }

  @Test
  void refusesANegativePadding() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Augmentation(-1, false));
  }

  /// A table without equal entries, so that no mix-up goes unseen.
  private static float[] table(int channels) {
    float[] table = new float[channels * 256];
    for (int i = 0; i < table.length; i++) {
      table[i] = i + 0.5f;
    }
    return table;
  }

  /// The plain way: pad, cut out, mirror, look up.
  private static float[] reference(
      byte[] src, Shape shape, int padding, int row, int column, boolean flipped, float[] table) {
    int height = shape.height();
    int width = shape.width();
    float[] dst = new float[src.length];
    for (int c = 0; c < shape.channels(); c++) {
      byte[][] padded = new byte[height + 2 * padding][width + 2 * padding];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          padded[y + padding][x + padding] = src[(c * height + y) * width + x];
        }
      }
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int from = flipped ? width - 1 - x : x;
          int value = padded[row + y][column + from] & 0xFF;
          dst[(c * height + y) * width + x] = table[c * 256 + value];
        }
      }
    }
    return dst;
  }
}
