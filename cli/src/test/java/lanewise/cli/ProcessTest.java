package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What only shows in a JVM of its own: exit codes, signals and the environment.
class ProcessTest {

  private static final long PATIENCE_SECONDS = 60;

  @TempDir Path folder;

  private Process start(List<String> flags, Object... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(Program.strings(args)));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().remove("LANEWISE_DATA");
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    return builder.redirectError(folder.resolve("err").toFile()).start();
  }

  private int end(Process process) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
    return process.exitValue();
  }

  @Test
  void withoutDataItSaysSoAndTrainsAndASignalSavesTheRun() throws Exception {
    Process process =
        start(
            List.of("--add-modules", "jdk.incubator.vector"),
            "train",
            "--model",
            "lenet5",
            "--epochs",
            100_000,
            "--batch",
            50,
            "--train-images",
            100,
            "--test-images",
            50,
            "--threads",
            1);
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.startsWith("epoch 2/")) {
          process.toHandle().destroy(); // SIGTERM, with the streams left open
        }
      }
    } finally {
      process.destroy();
    }
    assertThat(end(process)).isEqualTo(128 + 15);
    assertThat(lines.get(0)).contains("no CIFAR-100 at hand", "--download", "drawn images");
    String resume = lines.getLast();
    assertThat(resume).startsWith("go on by  lanewise train --resume runs");
    Path run = folder.resolve(resume.substring(resume.indexOf("runs")));
    assertThat(run.resolve("last.safetensors")).exists();
    assertThat(Files.readString(run.resolve("log.jsonl"))).contains("{\"event\":\"stop\",");
    assertThat(Program.run("evaluate", run, "--test-images", 50).succeeds().out())
        .contains("synthetic test");
  }

  @Test
  void aJvmWithoutVectorsIsToldTheFlag() throws Exception {
    Process process = start(List.of(), "summary", "lenet5");
    assertThat(end(process)).isEqualTo(ExitCode.ENVIRONMENT.number());
    assertThat(Files.readString(folder.resolve("err")))
        .startsWith("lanewise: error: ")
        .contains("--add-modules jdk.incubator.vector")
        .hasLineCount(1);
  }

  @Test
  void anEvaluationWithoutItsDataDoesNotFallBack() throws Exception {
    Path run = folder.resolve("run");
    Program.run(
            "train",
            "--synthetic",
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
            1,
            "--output",
            run)
        .succeeds();
    Path best = run.resolve("best.safetensors");
    String bytes = Files.readString(best, StandardCharsets.ISO_8859_1);
    Files.writeString(
        best, bytes.replace("synthetic train", "CIFAR-100 train"), StandardCharsets.ISO_8859_1);
    Process process =
        start(List.of("--add-modules", "jdk.incubator.vector"), "evaluate", run.toString());
    assertThat(end(process)).isEqualTo(ExitCode.DATA.number());
    assertThat(Files.readString(folder.resolve("err"))).contains("no CIFAR-100 at hand");
  }
}
