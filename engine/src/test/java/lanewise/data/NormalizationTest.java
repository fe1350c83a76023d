package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lanewise.error.DataException;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;

class NormalizationTest {

  @Test
  void figuresEqualThePlainTwoPassComputation() {
    Shape shape = new Shape(3, 5, 7);
    Dataset dataset = TestImages.random(40, 4, shape);
    Normalization normalization = Normalization.of(dataset);
    for (int channel = 0; channel < 3; channel++) {
      double[] values = channel(dataset, channel);
      double mean = Arrays.stream(values).average().orElseThrow();
      double variance =
          Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
      assertThat((double) normalization.mean()[channel]).isCloseTo(mean, within(1e-7));
      assertThat((double) normalization.std()[channel])
          .isCloseTo(Math.sqrt(variance), within(1e-7));
    }
  }

  @Test
  void normalizedImagesHaveMeanZeroAndDeviationOne() {
    Dataset dataset = TestImages.random(40, 4, new Shape(2, 6, 6));
    float[] table = Normalization.of(dataset).table();
    for (int channel = 0; channel < 2; channel++) {
      int offset = channel * 256;
      double[] values =
          Arrays.stream(channel(dataset, channel))
              .map(v -> table[offset + (int) Math.round(v * 255)])
              .toArray();
      assertThat(Arrays.stream(values).average().orElseThrow()).isCloseTo(0, within(1e-5));
      assertThat(Arrays.stream(values).map(v -> v * v).average().orElseThrow())
          .isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void aChannelOfOneValueIsOnlyShifted() {
    byte[] pixels = new byte[8];
    Arrays.fill(pixels, 4, 8, (byte) 255);
    var dataset =
        new ArrayDataset("flat", new Shape(2, 2, 2), TestImages.names(1), new int[1], pixels);
    Normalization normalization = Normalization.of(dataset);
    assertThat(normalization.mean()).containsExactly(0, 1);
    assertThat(normalization.std()).containsExactly(1, 1);
  }

  @Test
  void oneByteThatDiffersIsSeen() {
    byte[] pixels = new byte[1024];
    Arrays.fill(pixels, (byte) 200);
    pixels[5] = (byte) 201;
    var dataset =
        new ArrayDataset("flat", new Shape(1, 32, 32), TestImages.names(1), new int[1], pixels);
    double expected = Math.sqrt(1.0 / 1024 - 1.0 / 1024 / 1024) / 255;
    assertThat((double) Normalization.of(dataset).std()[0])
        .isCloseTo(expected, within(1e-6 * expected));
  }

  @Test
  void tableHoldsTheFormula() {
    float[] table = new Normalization(new float[] {0.5f, 0}, new float[] {0.25f, 1}).table();
    assertThat(table).hasSize(512);
    assertThat(table[0]).isEqualTo(-2);
    assertThat(table[255]).isEqualTo(2);
    assertThat(table[256]).isZero();
    assertThat(table[256 + 255]).isEqualTo(1);
    assertThat(Normalization.none(2).table()[256 + 51]).isEqualTo(0.2f);
  }

  @Test
  void equalFiguresAreEqual() {
    var one = new Normalization(new float[] {0.5f}, new float[] {0.25f});
    assertThat(one)
        .isEqualTo(new Normalization(one.mean(), one.std()))
        .hasSameHashCodeAs(new Normalization(one.mean(), one.std()))
        .isNotEqualTo(Normalization.none(1));
    one.mean()[0] = 7;
    assertThat(one.mean()).containsExactly(0.5f);
  }

  @Test
  void refusesImpossibleFigures() {
    assertRefused(new float[] {0}, new float[] {0});
    assertRefused(new float[] {0}, new float[] {Float.NaN});
    assertRefused(new float[] {Float.NaN}, new float[] {1});
    assertRefused(new float[] {0}, new float[] {Float.POSITIVE_INFINITY});
    assertRefused(new float[] {0, 0}, new float[] {1});
    assertRefused(new float[0], new float[0]);
  }

  private static void assertRefused(float[] mean, float[] std) {
    assertThatThrownBy(() -> new Normalization(mean, std))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("normalization: ");
  }

  private static double[] channel(Dataset dataset, int channel) {
    int plane = dataset.shape().pixels();
    byte[] image = new byte[(int) dataset.shape().elements()];
    double[] values = new double[dataset.size() * plane];
    for (int i = 0; i < dataset.size(); i++) {
      dataset.pixels(i, image, 0);
      for (int p = 0; p < plane; p++) {
        values[i * plane + p] = (image[channel * plane + p] & 0xFF) / 255.0;
      }
    }
    return values;
  }
}
