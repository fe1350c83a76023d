package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import lanewise.error.DataException;
import lanewise.error.StorageException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DownloadTest {

  private static final byte[] CONTENT = TestImages.bytes(300_000);
  private static final int TIMEOUT_MILLIS = 2000;

  @TempDir Path temp;

  private final List<Long> reports = new ArrayList<>();
  private FileServer server;
  private Path target;
  private Path part;

  @BeforeEach
  void start() throws IOException {
    server = new FileServer(CONTENT);
    target = temp.resolve("cache/file.bin");
    part = temp.resolve("cache/file.bin.part");
    Files.createDirectories(part.getParent());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void bringsTheFileAndTellsHowFarItIs() throws IOException {
    Files.delete(part.getParent());
    assertThat(run("/file.bin")).isEqualTo(target);
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(part).doesNotExist();
    assertThat(reports).startsWith(0L).endsWith(300_000L).isSorted();
  }

  @Test
  void goesOnAfterEveryBrokenTransferOfOneRun() {
    server.bytesPerAnswer = 70_000;
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(server.ranges())
        .containsExactly("none", "bytes=70000-", "bytes=140000-", "bytes=210000-", "bytes=280000-");
  }

  @Test
  void goesOnInALaterRun() {
    server.bytesPerAnswer = 100_000;
    // The first answer brings something; then nothing comes any more.
    Download.Progress cut =
        (done, total) -> {
          if (done == 100_000) {
            server.bytesPerAnswer = 0;
          }
        };
    assertThatThrownBy(() -> download(file("/file.bin"), cut).to(target.getParent()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("100,000 of 300,000 bytes are in " + part)
        .hasMessageContaining("run the same again to go on");
    assertThat(target).doesNotExist();
    assertThat(part).hasSize(100_000);
    server.bytesPerAnswer = Integer.MAX_VALUE;
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(server.ranges()).endsWith("bytes=100000-");
    assertThat(reports).startsWith(100_000L);
  }

  @Test
  void givesUpOnASilentServerAndKeepsWhatCame() {
    server.bytesPerAnswer = 50_000;
    server.hangs = true;
    Download.Progress cut =
        (done, total) -> {
          if (done == 50_000) {
            server.bytesPerAnswer = 0;
          }
        };
    var download = new Download(file("/file.bin"), cut, 200, 1);
    assertThatThrownBy(() -> download.to(target.getParent()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("50,000 of 300,000");
    assertThat(part).hasSize(50_000);
  }

  @Test
  void startsAnewWithAServerThatKnowsNoRanges() throws IOException {
    Files.write(part, new byte[1000]);
    server.knowsRanges = false;
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(server.ranges()).containsExactly("bytes=1000-");
  }

  @Test
  void aPartThatIsWholeNeedsNoServer() throws IOException {
    Files.write(part, CONTENT);
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(server.ranges()).isEmpty();
  }

  @Test
  void aPartThatIsTooLongIsDiscarded() throws IOException {
    Files.write(part, new byte[CONTENT.length + 1]);
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
    assertThat(server.ranges()).containsExactly("none");
  }

  @Test
  void aServerWhoseFileEndsBeforeThePartHasAnotherFile() throws IOException {
    Files.write(part, new byte[1000]);
    server.content = new byte[500];
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has 500 bytes, expected are 300,000");
    assertThat(server.ranges()).containsExactly("bytes=1000-", "none");
    assertThat(target).doesNotExist();
  }

  @Test
  void damagedContentIsDiscarded() {
    server.content = CONTENT.clone();
    server.content[123_456] ^= 1;
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("/file.bin: the content has MD5 ", md5(CONTENT), "discarded");
    assertThat(target).doesNotExist();
    assertThat(part).doesNotExist();
  }

  @Test
  void contentOfAnotherSizeIsRefusedBeforeItIsFetched() {
    server.content = new byte[300_001];
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has 300,001 bytes, expected are 300,000");
    assertThat(part).hasSize(0);
  }

  @Test
  void aFileThatIsThereAndRightIsKept() throws IOException {
    Files.write(target, CONTENT);
    assertThat(run("/file.bin")).isEqualTo(target);
    assertThat(server.ranges()).isEmpty();
  }

  @Test
  void aFileThatIsThereAndWrongIsLeftAlone() throws IOException {
    byte[] other = CONTENT.clone();
    other[0] ^= 1;
    Files.write(target, other);
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            target.toString(), "is there, but is not the file", "move it away");
    assertThat(target).hasBinaryContent(other);
  }

  @Test
  void aRefusalIsReportedAtOnce() {
    server.status = 404;
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("/file.bin answers with HTTP status 404");
    assertThat(server.ranges()).hasSize(1);
  }

  @Test
  void aServerThatIsNotThereIsReported() {
    server.close();
    assertThatThrownBy(() -> run("/file.bin"))
        .isInstanceOf(StorageException.class)
        .hasMessageContainingAll("0 of 300,000 bytes", "ConnectException")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void followsRedirectionsWithinWhatIsAllowed() {
    server.redirection = "/file.bin";
    RemoteFile moved = new RemoteFile(server.address("/moved/file.bin"), 300_000, md5(CONTENT));
    download(moved, (_, _) -> {}).to(target.getParent());
    assertThat(target).hasBinaryContent(CONTENT);
  }

  @Test
  void refusesRedirectionsToUnencryptedAddressesAndInCircles() {
    RemoteFile moved = new RemoteFile(server.address("/moved/file.bin"), 300_000, md5(CONTENT));
    Download download = download(moved, (_, _) -> {});
    server.redirection = "http://example.org/file.bin";
    assertThatThrownBy(() -> download.to(target.getParent()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("http://example.org/file.bin is not an https address");
    server.redirection = "/moved/file.bin";
    assertThatThrownBy(() -> download.to(target.getParent()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("redirects more than");
  }

  @Test
  void refusesAddressesThatAreNotHttps() {
    for (String address :
        List.of("http://example.org/f", "ftp://example.org/f", "file:///f", "f", "https:/f")) {
      var file = new RemoteFile(URI.create(address), 1, "");
      assertThatThrownBy(() -> download(file, (_, _) -> {}).to(temp.resolve("refused")))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(address + " is not an https address");
    }
  }

  @Test
  void aMirrorHasTheSameFile() {
    RemoteFile mirror = Cifar100.ARCHIVE.mirroredAt("https://example.org/data");
    String address = "https://example.org/data/cifar-100-binary.tar.gz";
    assertThat(mirror.address()).hasToString(address);
    assertThat(mirror.md5()).isEqualTo(Cifar100.ARCHIVE.md5());
    assertThat(mirror.size()).isEqualTo(Cifar100.ARCHIVE.size());
    assertThat(Cifar100.ARCHIVE.mirroredAt("https://example.org/data/")).isEqualTo(mirror);
    assertThat(Cifar100.ARCHIVE.mirroredAt(address)).isEqualTo(mirror);
    assertThatThrownBy(() -> Cifar100.ARCHIVE.mirroredAt("https://exa mple.org"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("is not an address");
  }

  @Test
  void oneDownloadAtATime() throws IOException {
    try (FileChannel channel =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(() -> run("/file.bin"))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("is being downloaded already");
    }
    run("/file.bin");
    assertThat(target).hasBinaryContent(CONTENT);
  }

  @Test
  void saysThatTheDiskHasNoRoom() {
    var huge = new RemoteFile(server.address("/file.bin"), Long.MAX_VALUE, md5(CONTENT));
    assertThatThrownBy(() -> download(huge, (_, _) -> {}).to(target.getParent()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("make room");
  }

  @Test
  void aFolderThatCannotBeMadeIsAFaultOfStorage() throws IOException {
    Path blocked = Files.createFile(temp.resolve("blocked"));
    assertThatThrownBy(() -> download(file("/file.bin"), (_, _) -> {}).to(blocked.resolve("x")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("cannot be written");
  }

  private Path run(String path) {
    return download(file(path), (done, total) -> reports.add(done)).to(target.getParent());
  }

  private RemoteFile file(String path) {
    return new RemoteFile(server.address(path), CONTENT.length, md5(CONTENT));
  }

  private static Download download(RemoteFile file, Download.Progress progress) {
    return new Download(file, progress, TIMEOUT_MILLIS, 1);
  }

  private static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
