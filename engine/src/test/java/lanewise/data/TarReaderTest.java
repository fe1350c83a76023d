package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {

  private static final byte[] NO_BYTES = {};
  private static final byte[] ZERO_SIZE = "00000000000\0".getBytes(StandardCharsets.UTF_8);

  @Test
  void givesFilesInOrderWithTheirContent() throws IOException {
    TarReader tar =
        reader(
            new TarBuilder()
                .file("a", bytes(3))
                .file("dir/b", bytes(512))
                .file("c", NO_BYTES)
                .file("d", bytes(700)));
    assertThat(tar.next()).contains(new TarReader.Entry("a", 3));
    assertContent(tar, 3);
    assertThat(tar.next()).contains(new TarReader.Entry("dir/b", 512));
    assertContent(tar, 512);
    assertThat(tar.next()).contains(new TarReader.Entry("c", 0));
    assertThat(tar.next()).contains(new TarReader.Entry("d", 700));
    assertContent(tar, 700);
    assertThat(tar.next()).isEmpty();
  }

  @Test
  void passesOverWhatWasNotRead() throws IOException {
    TarReader tar = reader(new TarBuilder().file("a", bytes(1500)).file("b", bytes(5)));
    tar.next();
    tar.readFully(new byte[100], 0, 100);
    assertThat(tar.next()).contains(new TarReader.Entry("b", 5));
    assertContent(tar, 5);
  }

  @Test
  void passesOverFoldersLinksAndExtendedHeaders() throws IOException {
    byte[] pax = "20 mtime=1234567.89\n".getBytes(StandardCharsets.UTF_8);
    byte[] paxSize = "00000000024\0".getBytes(StandardCharsets.UTF_8);
    TarReader tar =
        reader(
            new TarBuilder()
                .entry("dir/", "", '5', NO_BYTES, ZERO_SIZE)
                .entry("pax", "", 'x', pax, paxSize)
                .entry("link", "", '2', NO_BYTES, ZERO_SIZE)
                .file("a", bytes(3)));
    assertThat(tar.next()).contains(new TarReader.Entry("a", 3));
    assertContent(tar, 3);
  }

  @Test
  void readsLongNamesOldFilesAndBinarySizes() throws IOException {
    byte[] binary = ByteBuffer.allocate(12).put((byte) 0x80).putLong(4, 3).array();
    TarReader tar =
        reader(
            new TarBuilder()
                .entry("b", "some/folder", '0', NO_BYTES, ZERO_SIZE)
                .entry("old", "", '\0', NO_BYTES, ZERO_SIZE)
                .entry("c", "", '0', bytes(3), binary));
    assertThat(tar.next()).contains(new TarReader.Entry("some/folder/b", 0));
    assertThat(tar.next()).contains(new TarReader.Entry("old", 0));
    assertThat(tar.next()).contains(new TarReader.Entry("c", 3));
    assertContent(tar, 3);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 512, 600, 1030, 1100})
  void tellsAnArchiveThatEndsEarly(int length) {
    byte[] whole = new TarBuilder().file("a", bytes(512)).file("b", bytes(100)).bytes();
    TarReader tar = new TarReader(new ByteArrayInputStream(Arrays.copyOf(whole, length)));
    assertThatThrownBy(
            () -> {
              while (tar.next().isPresent()) {
                // On to the end.
              }
            })
        .isInstanceOf(EOFException.class);
  }

  @Test
  void doesNotReadBeyondAFile() throws IOException {
    TarReader tar = reader(new TarBuilder().file("a", bytes(3)).file("b", bytes(3)));
    tar.next();
    assertThatThrownBy(() -> tar.readFully(new byte[4], 0, 4)).isInstanceOf(EOFException.class);
  }

  @Test
  void tellsWhatIsNoArchive() {
    TarReader text = new TarReader(new ByteArrayInputStream(bytes(2000)));
    assertThatThrownBy(text::next).isInstanceOf(TarReader.FormatException.class);
    byte[] damaged = new TarBuilder().file("a", bytes(512)).bytes();
    damaged[0] ^= 1;
    TarReader tar = new TarReader(new ByteArrayInputStream(damaged));
    assertThatThrownBy(tar::next)
        .isInstanceOf(TarReader.FormatException.class)
        .hasMessageContaining("checksum");
    byte[] negative = ByteBuffer.allocate(12).put((byte) 0x80).putLong(4, -3).array();
    TarReader below = reader(new TarBuilder().entry("c", "", '0', NO_BYTES, negative));
    assertThatThrownBy(below::next)
        .isInstanceOf(TarReader.FormatException.class)
        .hasMessageContaining("negative");
  }

  private static TarReader reader(TarBuilder archive) {
    return new TarReader(new ByteArrayInputStream(archive.bytes()));
  }

  private static byte[] bytes(int count) {
    return TestImages.bytes(count);
  }

  private static void assertContent(TarReader tar, int length) throws IOException {
    byte[] content = new byte[length];
    tar.readFully(content, 0, length);
    assertThat(content).isEqualTo(bytes(length));
  }
}
