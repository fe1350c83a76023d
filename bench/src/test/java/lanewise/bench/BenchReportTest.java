package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lanewise.error.InvalidModelException;
import lanewise.error.StorageException;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchReportTest {

  private static final MachinePeak PEAK = new MachinePeak(2, 200, 50, 100);

  private static BenchResult kernel(String pass, double gflops) {
    return new BenchResult(
        Suite.KERNEL,
        pass,
        "vgg16/stage1.conv2",
        Optional.of("winograd"),
        64,
        2,
        10,
        1,
        Map.of("gflops", gflops));
  }

  private static final BenchResult STEP =
      new BenchResult(
          Suite.TRAINING,
          "step",
          "lenet5",
          Optional.empty(),
          128,
          2,
          4,
          0,
          Map.of("images", 512.0, "gflops", 100.0));

  private static BenchReport report(List<BenchResult> previous, List<PeerResult> peers) {
    return new BenchReport(
        Machine.current(), PEAK, List.of(kernel("forward", 150), STEP), previous, peers);
  }

  @Test
  void resultsAreComparedWithTheReportBefore(@TempDir Path folder) throws Exception {
    report(List.of(), List.of()).write(folder);
    List<BenchResult> previous = BenchReport.readPrevious(Optional.of(folder));
    assertThat(previous).containsExactly(kernel("forward", 150), STEP);
    assertThat(BenchReport.readPrevious(Optional.of(folder.resolve("report.json"))))
        .isEqualTo(previous);
    BenchReport report = report(List.of(kernel("forward", 100)), List.of());
    assertThat(report.change(kernel("forward", 150))).contains(0.5);
    assertThat(report.change(kernel("backwardData", 150))).isEmpty();
    assertThat(report.markdown())
        .contains("| vgg16/stage1.conv2 | forward | winograd | 64 | 2 | 150.0 | 100.000 | 10.0 % |")
        .contains("| 75.0 % | +50.0 % |");
    assertThat(BenchPage.of(report)).contains("before", "FMA peak", "<svg");
    assertThat(Files.readString(folder.resolve("report.md"))).startsWith("# Benchmarks\n");
  }

  @Test
  void scriptsFindImagesPerSecondByModel() throws Exception {
    String json = Json.write(report(List.of(), List.of()).json());
    assertThat(Json.parseObject(json).get("training_images_per_s"))
        .isEqualTo(Map.of("lenet5", 512.0));
  }

  @Test
  void aBrokenReportIsNamed(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("report.json");
    assertThatThrownBy(() -> BenchReport.readPrevious(Optional.of(file)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("cannot read the earlier report " + file);
    for (String text : List.of("{}", "[", "{\"results\":[1]}", "{\"results\":[{}]}")) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> BenchReport.readPrevious(Optional.of(file)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining(file + " is no report of lanewise bench");
    }
  }

  @Test
  void peersAreTheRatioOfTheMedians() {
    PeerResult peer =
        new PeerResult(
            "Peer 1",
            Suite.TRAINING,
            "step",
            "lenet5",
            128,
            2,
            "images/s",
            List.of(9.0, 11.0),
            List.of(5.0));
    assertThat(peer.ratio()).isEqualTo(2);
    BenchReport report = report(List.of(), List.of(peer));
    assertThat(report.markdown())
        .contains(
            "## Beside peers",
            "| Peer 1 | lenet5 | step | 128 | 2 | images/s | 10.0 | 5.0 | 2.00 | 1.80 to 1.80 |");
    assertThat(BenchPage.of(report)).contains("ours / theirs");
  }

  @Test
  void oneBenchmarkRunsInItsOwnJvmAndIsReported(@TempDir Path folder) {
    List<String> progress = new ArrayList<>();
    BenchOptions options =
        new BenchOptions(
            Set.of(Suite.TRAINING),
            List.of("lenet5"),
            2,
            1,
            false,
            "rule",
            folder.resolve("times.json"),
            Optional.of(new BenchOptions.Effort(0, 1, Duration.ofMillis(10))),
            Set.of(),
            folder.resolve("new"),
            Optional.empty());
    BenchReport report = BenchRunner.run(options, progress::add);
    assertThat(report.results()).hasSize(1);
    BenchResult result = report.results().get(0);
    assertThat(result.subject()).isEqualTo("lenet5");
    assertThat(result.batch()).isEqualTo(2);
    assertThat(result.threads()).isEqualTo(1);
    assertThat(result.figure()).isPositive();
    assertThat(progress)
        .contains("TrainingStepBenchmark.step algorithm=rule batch=2 model=lenet5 threads=1");
    assertThat(folder.resolve("new"))
        .isDirectoryContaining("glob:**report.html")
        .isDirectoryContaining("glob:**report.md")
        .isDirectoryContaining("glob:**report.json")
        .isDirectoryContaining("glob:**jmh.json")
        .isDirectoryContaining("glob:**jmh.log");
  }

  @Test
  void anUnknownModelIsNamedBeforeAnythingRuns(@TempDir Path folder) {
    BenchOptions options =
        new BenchOptions(
            Set.of(Suite.KERNEL),
            List.of("vgg17"),
            0,
            0,
            false,
            "rule",
            folder.resolve("times.json"),
            Optional.empty(),
            Set.of(),
            folder.resolve("new"),
            Optional.empty());
    assertThatThrownBy(() -> BenchRunner.run(options, line -> {}))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("vgg17");
    assertThat(folder).isEmptyDirectory();
  }
}
