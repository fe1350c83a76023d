package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import lanewise.error.DataException;
import lanewise.error.StorageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Cifar100Test {

  private static final Cifar100.Expected SMALL = new Cifar100.Expected(2, 1);
  private static final int RECORD = 3074;

  @TempDir Path temp;

  private byte[] train;
  private byte[] test;

  @BeforeEach
  void makeRecords() {
    train = records(200);
    test = records(100);
  }

  @Test
  void theOfficialSizesAreTheDefault() {
    assertThat(Cifar100.Expected.OFFICIAL).isEqualTo(new Cifar100.Expected(500, 100));
    assertThat(Cifar100.ARCHIVE.name()).isEqualTo("cifar-100-binary.tar.gz");
    write("train.bin", train);
    write("test.bin", test);
    assertThatThrownBy(() -> Cifar100.load(temp))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("train.bin has 614,800 bytes, expected are 153,700,000 (50,000");
  }

  @Test
  void readsTheArchive() {
    Path archive = archive(Cifar100.ARCHIVE.name());
    assertRight(Cifar100.load(archive, SMALL));
    assertRight(Cifar100.load(temp, SMALL));
  }

  @Test
  void readsAnArchiveOfAnyName() {
    assertRight(Cifar100.load(archive("copy.tgz"), SMALL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cifar-100-binary/"})
  void readsTheUnpackedFolder(String folder) {
    write(folder + "train.bin", train);
    write(folder + "test.bin", test);
    assertRight(Cifar100.load(temp, SMALL));
    write(
        folder + "fine_label_names.txt",
        names().replace("apple", "pineapple").getBytes(StandardCharsets.UTF_8));
    assertThat(Cifar100.load(temp, SMALL).train().classNames())
        .hasSize(100)
        .startsWith("pineapple", "aquarium_fish");
  }

  @Test
  void takesTheNamesFromTheArchive() {
    byte[] names = names().replace("apple", "pineapple").getBytes(StandardCharsets.UTF_8);
    Path archive =
        new TarBuilder()
            .file("x/fine_label_names.txt", names)
            .file("x/train.bin", train)
            .file("x/test.bin", test)
            .gzip(temp.resolve("a.tar.gz"));
    assertThat(Cifar100.load(archive, SMALL).validation().classNames()).startsWith("pineapple");
  }

  @Test
  void saysWhatIsMissing() {
    assertFault(temp.resolve("nowhere"), "nowhere: no such file or folder");
    assertFault(temp, "holds neither cifar-100-binary.tar.gz nor");
    write("train.bin", train);
    assertFault(temp, "test.bin is missing");
    Path archive =
        new TarBuilder()
            .file("cifar-10-batches-bin/data_batch_1.bin", new byte[600])
            .file("cifar-10-batches-bin/test_batch.bin", new byte[600])
            .gzip(temp.resolve("cifar-10-binary.tar.gz"));
    assertFault(
        archive, "cifar-10-binary.tar.gz has no train.bin (it holds cifar-10-batches-bin/data_");
    assertFault(new TarBuilder().gzip(temp.resolve("empty.tar.gz")), "(it holds no files)");
  }

  @Test
  void saysWhichLabelIsOutOfRange() {
    train[7 * RECORD + 1] = 100;
    assertFault(archive("a.tar.gz"), "train.bin: record 7 (byte 21,519) has the fine label 100");
    makeRecords();
    test[3 * RECORD] = 20;
    assertFault(archive("a.tar.gz"), "test.bin: record 3 (byte 9,222) has the coarse label 20");
    makeRecords();
    test[3 * RECORD + 1] = (byte) 255;
    write("train.bin", train);
    write("test.bin", test);
    assertFault(temp, "test.bin: record 3 (byte 9,223) has the fine label 255");
  }

  @Test
  void countsTheImagesOfEveryClass() {
    train[7 * RECORD + 1] = 8;
    assertFault(archive("a.tar.gz"), "train.bin has 1 images of class 7, expected are 2");
  }

  @Test
  void saysWhichFileHasTheWrongSize() {
    test = Arrays.copyOf(test, test.length - 1);
    String message = "test.bin has 307,399 bytes, expected are 307,400 (100 records of 3,074)";
    assertFault(archive("a.tar.gz"), message);
    write("train.bin", train);
    write("test.bin", test);
    assertFault(temp, message);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.0, 0.0005, 0.1, 0.5, 0.9, 0.999})
  void tellsATruncatedArchive(double share) throws IOException {
    assertFault(truncated(share), ": it is truncated");
  }

  @Test
  void saysInWhichRecordAnArchiveEnds() throws IOException {
    // The pixels are random and do not shrink, so a share of the bytes is nearly one of the
    // records.
    assertFault(truncated(0.2), "/test.bin ends early, in record 5");
    assertFault(truncated(0.9), "/train.bin ends early, in record 1");
  }

  @Test
  void tellsADamagedArchive() throws IOException {
    Path archive = archive("a.tar.gz");
    byte[] bytes = Files.readAllBytes(archive);
    // The checksum that gzip keeps of the content.
    bytes[bytes.length - 8] ^= 1;
    Files.write(archive, bytes);
    assertFault(archive, "a damaged one");
  }

  @Test
  void tellsWhatIsNoArchive() throws IOException {
    write("photo.jpg", TestImages.bytes(2000));
    assertFault(temp.resolve("photo.jpg"), "photo.jpg is not a gzip archive");
    write("text.gz", TarBuilder.compress(TestImages.bytes(2000)));
    assertFault(temp.resolve("text.gz"), "text.gz: not a tar archive");
  }

  @Test
  void refusesAnotherNumberOfNames() {
    write("train.bin", train);
    write("test.bin", test);
    write("fine_label_names.txt", "apple\nbear\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> Cifar100.load(temp, SMALL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("fine_label_names.txt names 2 classes, CIFAR-100 has 100");
  }

  @Test
  void aFileThatCannotBeReadIsAFaultOfStorage() throws IOException {
    write("train.bin", train);
    write("test.bin", test);
    Files.createDirectory(temp.resolve("fine_label_names.txt"));
    assertThatThrownBy(() -> Cifar100.load(temp, SMALL))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("fine_label_names.txt cannot be read");
  }

  private void assertFault(Path path, String message) {
    assertThatThrownBy(() -> Cifar100.load(path, SMALL))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(temp.toString())
        .hasMessageContaining(message)
        .hasMessageEndingWith(
            "; give the official cifar-100-binary.tar.gz (download it anew) or its unpacked folder")
        .message()
        .doesNotContain("\n");
  }

  private void assertRight(Split split) {
    assertRight(split.train(), train, 200);
    assertRight(split.validation(), test, 100);
    assertThat(split.train().name()).isEqualTo("CIFAR-100 train");
    assertThat(split.validation().name()).isEqualTo("CIFAR-100 test");
    assertThat(split.train().classNames()).hasSize(100).startsWith("apple").endsWith("worm");
  }

  private static void assertRight(Dataset dataset, byte[] records, int size) {
    assertThat(dataset.size()).isEqualTo(size);
    assertThat(dataset.shape()).isEqualTo(Cifar100.SHAPE);
    byte[] image = new byte[3072];
    for (int i = 0; i < size; i++) {
      dataset.pixels(i, image, 0);
      assertThat(dataset.label(i)).isEqualTo(i % 100);
      assertThat(image).isEqualTo(Arrays.copyOfRange(records, i * RECORD + 2, (i + 1) * RECORD));
    }
  }

  private Path archive(String name) {
    return new TarBuilder()
        .entry(
            "cifar-100-binary/",
            "",
            '5',
            new byte[0],
            "0".repeat(11).concat("\0").getBytes(StandardCharsets.UTF_8))
        .file("cifar-100-binary/coarse_label_names.txt", "fish\n".getBytes(StandardCharsets.UTF_8))
        .file("cifar-100-binary/fine_label_names.txt", names().getBytes(StandardCharsets.UTF_8))
        .file("cifar-100-binary/test.bin", test)
        .file("cifar-100-binary/train.bin", train)
        .gzip(temp.resolve(name));
  }

  private Path truncated(double share) throws IOException {
    Path archive = archive("a.tar.gz");
    byte[] whole = Files.readAllBytes(archive);
    return Files.write(archive, Arrays.copyOf(whole, (int) (whole.length * share)));
  }

  private void write(String name, byte[] content) {
    try {
      Path file = temp.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String names() {
    return String.join("\n", Cifar100Names.FINE) + "\n";
  }

  /// Records with random pixels; the classes take turns.
  private static byte[] records(int count) {
    byte[] records = TestImages.bytes(count * RECORD);
    for (int i = 0; i < count; i++) {
      records[i * RECORD] = (byte) (i % 20);
      records[i * RECORD + 1] = (byte) (i % 100);
    }
    return records;
  }
}
