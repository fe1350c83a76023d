package lanewise.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import lanewise.error.StorageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

  @TempDir private Path folder;

  @Test
  void writesAndReplaces() throws IOException {
    Path file = folder.resolve("checkpoint");
    AtomicFile.write(file, out -> out.write(new byte[300_000]));
    assertThat(file).hasSize(300_000);
    AtomicFile.write(file, out -> out.write("second".getBytes(StandardCharsets.UTF_8)));
    assertThat(file).hasContent("second");
    assertThat(names()).containsExactly("checkpoint");
  }

  @Test
  void theContentMayCloseItsStream() {
    Path file = folder.resolve("report.txt");
    AtomicFile.write(
        file,
        out -> {
          try (var writer = new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8))) {
            writer.print("text");
          }
        });
    assertThat(file).hasContent("text");
  }

  @Test
  void theOldFileStaysInPlaceUntilTheNewOneIsComplete() throws IOException {
    Path file = Files.writeString(folder.resolve("checkpoint"), "old");
    AtomicFile.write(
        file,
        out -> {
          out.write("new".getBytes(StandardCharsets.UTF_8));
          out.flush();
          assertThat(file).hasContent("old");
          assertThat(names()).hasSize(2);
        });
    assertThat(file).hasContent("new");
  }

  @Test
  void aFullDiskLeavesTheOldFileAndNoOther() throws IOException {
    Path file = Files.writeString(folder.resolve("checkpoint"), "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    out -> {
                      out.write(new byte[100_000]);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(StorageException.class)
        .hasMessage(
            "Cannot write %s: no space left on the disk; free some space or choose another folder;"
                + " what the file held before is kept",
            file);
    assertThat(file).hasContent("old");
    assertThat(names()).containsExactly("checkpoint");
  }

  @Test
  void otherFailuresOfTheContentComeThroughAndLeaveNothing() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    folder.resolve("checkpoint"),
                    out -> {
                      throw new IllegalStateException("the caller's own");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the caller's own");
    assertThat(names()).isEmpty();
  }

  @Test
  void namesTheFileTheReasonAndTheRemedy() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path file = Files.writeString(folder.resolve("file"), "");
    assertRefused(
        inner.resolve("missing/checkpoint"), "missing does not exist; create the folder or choose");
    assertRefused(file.resolve("checkpoint"), "file is not a folder; create the folder or choose");
    assertRefused(inner, "it is a folder; choose another name");
    assertThat(names()).containsExactlyInAnyOrder("inner", "file");
  }

  private static void assertRefused(Path target, String message) {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      throw new AssertionError("must not be asked for its content");
                    }))
        .isInstanceOf(StorageException.class)
        .hasMessageStartingWith("Cannot write " + target + ": ")
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void anInterruptDoesNotTearAWrite() {
    Path file = folder.resolve("checkpoint");
    Thread.currentThread().interrupt();
    try {
      AtomicFile.write(file, out -> out.write(new byte[100_000]));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(file).hasSize(100_000);
  }

  @Test
  void aSymbolicLinkStaysAndItsFileIsReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file.getFileName());
    AtomicFile.write(link, out -> out.write('n'));
    assertThat(link).isSymbolicLink();
    assertThat(file).hasContent("n");
  }

  @Test
  void removesWhatAKilledProcessLeftLongAgo() throws IOException {
    Path old = Files.writeString(folder.resolve(".lanewise-1.tmp"), "");
    Path fresh = Files.writeString(folder.resolve(".lanewise-2.tmp"), "");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    AtomicFile.write(folder.resolve("checkpoint"), out -> out.write(1));
    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
  }

  @Test
  void aKilledProcessLeavesTheOldFile() throws Exception {
    Path file = Files.writeString(folder.resolve("checkpoint"), "old");
    Path program =
        Files.writeString(
            folder.resolve("Killed.java"),
            """
            void main(String[] arguments) {
              lanewise.storage.AtomicFile.write(
                  java.nio.file.Path.of(arguments[0]),
                  out -> {
                    out.write(new byte[100_000]);
                    out.flush();
                    Runtime.getRuntime().halt(9);
                  });
            }
            """);
    var location = AtomicFile.class.getProtectionDomain().getCodeSource().getLocation();
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    Path.of(location.toURI()).toString(),
                    program.toString(),
                    file.toString()))
            .inheritIO()
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(9);
    assertThat(file).hasContent("old");
    assertThat(names()).as("the torn file is there, but beside").hasSize(3);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
