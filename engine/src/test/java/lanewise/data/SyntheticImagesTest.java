package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.zip.CRC32;
import lanewise.error.DataException;
import org.junit.jupiter.api.Test;

class SyntheticImagesTest {

  @Test
  void theSameSeedGivesTheSameBytesOnEveryMachine() {
    Split split = SyntheticImages.create(300, 100, 7);
    assertThat(checksum(split.train())).isEqualTo(2972494193L);
    assertThat(checksum(split.validation())).isEqualTo(3025855557L);
  }

  @Test
  void hasTheFormatOfCifar100() {
    Split split = SyntheticImages.create(250, 100, 7);
    assertThat(split.train().shape()).isEqualTo(Cifar100.SHAPE);
    assertThat(split.train().classNames()).hasSize(100).doesNotHaveDuplicates();
    assertThat(split.train().classNames()).contains("red disc", "pink dots", "lime columns");
    assertThat(split.train().size()).isEqualTo(250);
    assertThat(split.validation().size()).isEqualTo(100);
    assertThat(split.train().label(207)).isEqualTo(7);
  }

  @Test
  void anImageIsTheSameInALargerSet() {
    Dataset small = SyntheticImages.create(110, 1, 7).train();
    Dataset large = SyntheticImages.create(220, 1, 7).train();
    for (int i = 0; i < 110; i++) {
      assertThat(image(large, i)).isEqualTo(image(small, i));
    }
  }

  @Test
  void imagesOfAClassDifferAndSoDoSeedsAndParts() {
    Split split = SyntheticImages.create(200, 100, 7);
    for (int label = 0; label < 100; label++) {
      byte[] first = image(split.train(), label);
      assertThat(image(split.train(), label + 100)).isNotEqualTo(first);
      assertThat(image(split.validation(), label)).isNotEqualTo(first);
    }
    assertThat(checksum(SyntheticImages.create(200, 100, 8).train()))
        .isNotEqualTo(checksum(split.train()));
  }

  /// The colours are what a class says: averaged over many images, the motif's hue stands out.
  @Test
  void redIsRedderThanCyan() {
    Dataset dataset = SyntheticImages.create(2000, 1, 7).train();
    assertThat(redness(dataset, "red disc")).isGreaterThan(redness(dataset, "cyan disc") + 20);
    assertThat(redness(dataset, "red checks")).isGreaterThan(redness(dataset, "cyan checks") + 20);
  }

  @Test
  void motifsFillAFairShareAndShapesAreAlikeWhenMirrored() {
    for (SyntheticPainter.Motif motif : SyntheticPainter.Motif.values()) {
      int points = 0;
      int inside = 0;
      for (int v = -700; v <= 700; v += 20) {
        for (int u = -700; u <= 700; u += 20) {
          boolean here = motif.contains(u, v, 600);
          points++;
          inside += here ? 1 : 0;
          assertThat(isTexture(motif) || motif.contains(-u, v, 600) == here).isTrue();
        }
      }
      assertThat(inside).as(motif.name()).isBetween(points / 10, points * 3 / 4);
    }
  }

  @Test
  void refusesSizesThatCannotBe() {
    assertThatThrownBy(() -> SyntheticImages.create(0, 1, 7))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("synthetic train: 0 images");
    assertThatThrownBy(() -> SyntheticImages.create(1, 1_000_000, 7))
        .isInstanceOf(DataException.class);
  }

  /// Mirrored, a texture is the same one with another start.
  private static boolean isTexture(SyntheticPainter.Motif motif) {
    return motif.compareTo(SyntheticPainter.Motif.ROWS) >= 0;
  }

  private static double redness(Dataset dataset, String name) {
    int label = dataset.classNames().indexOf(name);
    long sum = 0;
    int count = 0;
    for (int i = label; i < dataset.size(); i += 100) {
      byte[] image = image(dataset, i);
      for (int p = 0; p < 1024; p++) {
        sum += (image[p] & 0xFF) - (image[1024 + p] & 0xFF);
        count++;
      }
    }
    return (double) sum / count;
  }

  private static byte[] image(Dataset dataset, int index) {
    byte[] image = new byte[3072];
    dataset.pixels(index, image, 0);
    return image;
  }

  private static long checksum(Dataset dataset) {
    CRC32 crc = new CRC32();
    for (int i = 0; i < dataset.size(); i++) {
      crc.update(image(dataset, i));
    }
    return crc.getValue();
  }
}
