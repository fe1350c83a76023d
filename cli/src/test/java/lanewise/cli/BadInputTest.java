package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import lanewise.error.EnvironmentException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every kind of failure: one line that names the fault, and its exit code.
class BadInputTest {

  private static final int RECORD = 2 + 3072;

  @TempDir Path folder;

  private Program.Result train(Object... more) {
    Object[] first = {
      "train",
      "--model",
      "lenet5",
      "--epochs",
      1,
      "--batch",
      50,
      "--train-images",
      100,
      "--test-images",
      50,
      "--threads",
      1
    };
    Object[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return Program.run(all);
  }

  private Program.Result trainOn(Path data) {
    return train("--data", data, "--output", folder.resolve("run"));
  }

  @Test
  void dataThatIsNotThere() {
    trainOn(folder.resolve("nowhere")).fails(ExitCode.DATA, "nowhere", "does not exist");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aTruncatedArchive() throws IOException {
    Path archive = folder.resolve("cifar-100-binary.tar.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
      out.write(tarHeader("cifar-100-binary/train.bin", 50_000L * RECORD));
      out.write(new byte[10 * RECORD]);
    }
    trainOn(archive).fails(ExitCode.DATA, archive.toString());
  }

  @Test
  void aForeignArchive() throws IOException {
    Path archive = Files.writeString(folder.resolve("cifar-100-binary.tar.gz"), "<html>404</html>");
    trainOn(folder).fails(ExitCode.DATA, archive + " is not a gzip archive");
  }

  @Test
  void aLabelOutOfRange() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve("train.bin").toFile(), "rw")) {
      file.setLength(50_000L * RECORD);
      file.seek(1);
      file.write(200);
    }
    trainOn(folder).fails(ExitCode.DATA, "train.bin", "200");
  }

  @Test
  void aMirrorThatIsNotEncrypted() {
    train("--download", "--mirror", "http://example.org/", "--data", folder)
        .fails(ExitCode.DATA, "http://example.org/", "https");
  }

  @Test
  void aMirrorWithAnotherFile() throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/data/cifar-100-binary.tar.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, 10);
          exchange.getResponseBody().write(new byte[10]);
          exchange.close();
        });
    server.start();
    try {
      String mirror = "http://127.0.0.1:%d/data".formatted(server.getAddress().getPort());
      train("--download", "--mirror", mirror, "--data", folder)
          .fails(ExitCode.DATA, mirror, "has 10 bytes, expected are 168,513,733");
    } finally {
      server.stop(0);
    }
    assertThat(folder.resolve("cifar-100-binary.tar.gz")).doesNotExist();
  }

  @Test
  void aBatchLargerThanTheDataSet() {
    train("--synthetic", "--batch", 101, "--output", folder.resolve("run"))
        .fails(ExitCode.DATA, "a batch of 101 is larger than the data set of 100 images");
  }

  @Test
  void anUnknownModel() {
    train("--model", "resnet21", "--synthetic").fails(ExitCode.MODEL, "\"resnet21\"", "resnet20");
  }

  @Test
  void aModelForOtherImages() {
    train("--model", "lenet5-mnist", "--synthetic", "--output", folder.resolve("run"))
        .fails(ExitCode.MODEL, "1x32x32", "3x32x32");
  }

  @Test
  void aFileThatIsNoCheckpoint() throws IOException {
    Path file = Files.writeString(folder.resolve("last.safetensors"), "not a checkpoint at all");
    Program.run("evaluate", file).fails(ExitCode.MODEL, file.toString());
    Program.run("train", "--resume", folder).fails(ExitCode.MODEL, file.toString());
  }

  @Test
  void aTruncatedCheckpoint() throws IOException {
    train("--synthetic", "--output", folder.resolve("run")).succeeds();
    Path last = folder.resolve("run").resolve("last.safetensors");
    byte[] bytes = Files.readAllBytes(last);
    Files.write(last, Arrays.copyOf(bytes, bytes.length - 1));
    Program.run("train", "--resume", last).fails(ExitCode.MODEL, last.toString());
    assertThat(last).hasSize(bytes.length - 1);
  }

  @Test
  void aCheckpointOfAnotherModel() throws IOException {
    train("--synthetic", "--output", folder.resolve("run")).succeeds();
    Path last = folder.resolve("run").resolve("last.safetensors");
    String bytes = Files.readString(last, StandardCharsets.ISO_8859_1);
    String other = bytes.replace("\"lanewise.model\":\"lenet5\"", "\"lanewise.model\": \"vgg11\"");
    assertThat(other).isNotEqualTo(bytes);
    Files.writeString(last, other, StandardCharsets.ISO_8859_1);
    Program.run("evaluate", last).fails(ExitCode.MODEL, last + " ", "vgg11");
    Files.writeString(last, bytes.replace("[3,32,32]", "[3,32,36]"), StandardCharsets.ISO_8859_1);
    Program.run("evaluate", last).fails(ExitCode.MODEL, last.toString());
  }

  @Test
  void aCheckpointThatIsNotThere() {
    Program.run("evaluate", folder.resolve("none")).fails(ExitCode.STORAGE, "none");
  }

  @Test
  void anOutputFolderThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    train("--synthetic", "--output", file.resolve("run"))
        .fails(ExitCode.STORAGE, "the output folder", "--output");
  }

  @Test
  void aLossThatIsNoNumber() {
    Path run = folder.resolve("run");
    train("--synthetic", "--learning-rate", "1e38", "--schedule", "constant", "--output", run)
        .fails(ExitCode.NUMERIC, "step 2", "not finite");
    assertThat(run.resolve("last.safetensors")).doesNotExist();
  }

  @Test
  void aBudgetThatIsTooSmall() {
    train("--synthetic", "--memory-budget", "1M", "--output", folder.resolve("run"))
        .fails(ExitCode.MEMORY, "training lenet5 in batches of 50 needs", "the budget is 1.0 MB");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void everythingElseThatCanEndACommand() {
    assertThat(failure(new OutOfMemoryError("Java heap space")))
        .isEqualTo(ExitCode.MEMORY.number());
    assertThat(failure(new UncheckedIOException(new NoSuchFileException("x"))))
        .isEqualTo(ExitCode.STORAGE.number());
    assertThat(failure(new EnvironmentException("no vectors")))
        .isEqualTo(ExitCode.ENVIRONMENT.number());
    assertThat(failure(new IllegalStateException("two\nlines")))
        .isEqualTo(ExitCode.INTERNAL.number());
  }

  private static int failure(Throwable thrown) {
    StringWriter err = new StringWriter();
    int code = Failures.execution(thrown, new PrintWriter(err), false);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith("lanewise: error: ").doesNotContain("\tat ");
    return code;
  }

  @Test
  void debugAddsTheStackTrace() {
    Program.Result result = Program.run("summary", "resnet21", "--debug");
    assertThat(result.code()).isEqualTo(ExitCode.MODEL.number());
    assertThat(result.err()).contains("\tat lanewise.models.").contains("lanewise: error: ");
  }

  private static byte[] tarHeader(String name, long size) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 124, "%011o\0".formatted(size));
    put(header, 136, "00000000000\0");
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }
}
