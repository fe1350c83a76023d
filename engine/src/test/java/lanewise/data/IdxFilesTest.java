package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import lanewise.error.DataException;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxFilesTest {

  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
  private static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
  private static final String TEST_LABELS = "t10k-labels-idx1-ubyte";

  @TempDir Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"", ".gz"})
  void readsTheFourFiles(String suffix) throws IOException {
    writeAll(suffix);
    Split split = IdxFiles.load(temp, 0);
    assertThat(split.train().shape()).isEqualTo(new Shape(1, 2, 3));
    assertThat(split.train().size()).isEqualTo(5);
    assertThat(split.validation().size()).isEqualTo(2);
    assertThat(split.train().classNames()).containsExactly("0", "1", "2");
    byte[] image = new byte[6];
    for (int i = 0; i < 5; i++) {
      split.train().pixels(i, image, 0);
      assertThat(image).isEqualTo(Arrays.copyOfRange(TestImages.bytes(30), 6 * i, 6 * i + 6));
      assertThat(split.train().label(i)).isEqualTo(i % 3);
    }
  }

  @Test
  void paddingSurroundsEveryImageWithBlack() throws IOException {
    writeAll("");
    Dataset dataset = IdxFiles.load(temp, 2).train();
    assertThat(dataset.shape()).isEqualTo(new Shape(1, 6, 7));
    byte[] image = new byte[42];
    dataset.pixels(4, image, 0);
    byte[] source = TestImages.bytes(30);
    byte[] expected = new byte[42];
    for (int i = 0; i < 6; i++) {
      expected[(2 + i / 3) * 7 + 2 + i % 3] = source[24 + i];
    }
    assertThat(image).isEqualTo(expected);
  }

  @Test
  void saysWhichFileIsMissing() throws IOException {
    writeAll("");
    Files.delete(temp.resolve(TEST_LABELS));
    assertFault("has neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 15, 20, 45})
  void tellsATruncatedFile(int length) throws IOException {
    writeAll("");
    Path file = temp.resolve(TRAIN_IMAGES);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));
    assertFault("train-images-idx3-ubyte ends early");
  }

  @Test
  void tellsATruncatedOrDamagedCompressedFile() throws IOException {
    writeAll(".gz");
    Path file = temp.resolve(TRAIN_IMAGES + ".gz");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 20));
    assertFault("train-images-idx3-ubyte.gz ends early");
    Files.write(file, TestImages.bytes(100));
    assertFault("train-images-idx3-ubyte.gz is damaged");
  }

  @Test
  void tellsAFileOfAnotherKind() throws IOException {
    writeAll("");
    Files.copy(temp.resolve(TRAIN_LABELS), temp.resolve("swap"));
    Files.delete(temp.resolve(TRAIN_LABELS));
    Files.copy(temp.resolve(TRAIN_IMAGES), temp.resolve(TRAIN_LABELS));
    assertFault("train-labels-idx1-ubyte starts with 00000803");
  }

  @Test
  void tellsFilesThatDoNotBelongTogether() throws IOException {
    writeAll("");
    write(TRAIN_LABELS, labels(4));
    assertFault("has 5 images, but there are 4 labels");
    write(TRAIN_LABELS, labels(5));
    write(TEST_LABELS, ByteBuffer.allocate(10).putInt(0x801).putInt(2).put((byte) 3).array());
    assertFault("image 0 has label 3, the classes are 0 to 2");
  }

  @Test
  void tellsDimensionsThatCannotBe() throws IOException {
    writeAll("");
    write(TRAIN_IMAGES, images(5, -2));
    assertFault("announces the dimension -2");
    write(TRAIN_IMAGES, images(5, Integer.MAX_VALUE));
    assertFault("announces the dimension 2147483647");
    byte[] longer = Arrays.copyOf(images(5, 2), 16 + 31);
    write(TRAIN_IMAGES, longer);
    assertFault("longer than the 30 values");
  }

  private void assertFault(String message) {
    assertThatThrownBy(() -> IdxFiles.load(temp, 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
  }

  private void writeAll(String suffix) throws IOException {
    write(TRAIN_IMAGES + suffix, images(5, 2));
    write(TRAIN_LABELS + suffix, labels(5));
    write(TEST_IMAGES + suffix, images(2, 2));
    write(TEST_LABELS + suffix, labels(2));
  }

  private void write(String name, byte[] content) throws IOException {
    byte[] bytes = name.endsWith(".gz") ? TarBuilder.compress(content) : content;
    Files.write(temp.resolve(name), bytes);
  }

  /// Images of `height` x 3, as the header says; their content is of height 2.
  private static byte[] images(int count, int height) {
    return ByteBuffer.allocate(16 + count * 6)
        .putInt(0x803)
        .putInt(count)
        .putInt(height)
        .putInt(3)
        .put(TestImages.bytes(count * 6))
        .array();
  }

  private static byte[] labels(int count) {
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      labels.put((byte) (i % 3));
    }
    return labels.array();
  }
}
