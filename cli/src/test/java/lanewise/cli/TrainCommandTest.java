package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.storage.Json;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One small run on drawn images, and what can be done with it.
class TrainCommandTest {

  private static final List<Object> RECIPE =
      List.of(
          "train",
          "--synthetic",
          "--train-images",
          512,
          "--test-images",
          200,
          "--model",
          "lenet5",
          "--epochs",
          3,
          "--batch",
          64,
          "--seed",
          7,
          "--threads",
          1);
  private static final List<Object> RESUME =
      List.of("train", "--train-images", 512, "--test-images", 200, "--resume");

  @TempDir static Path folder;
  private static Path run;
  private static Program.Result trained;

  @BeforeAll
  static void train() {
    run = folder.resolve("run");
    trained = Program.run(with(RECIPE, "--output", run));
  }

  private static Object[] with(List<Object> args, Object... more) {
    List<Object> all = new ArrayList<>(args);
    all.addAll(List.of(more));
    return all.toArray();
  }

  private static List<Map<String, Object>> log(Path run) throws Exception {
    List<Map<String, Object>> events = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("log.jsonl"))) {
      events.add(Json.parseObject(line));
    }
    return events;
  }

  @Test
  void saysWhatItTrainsOnWhatAndWhereTheResultIs() {
    assertThat(trained.succeeds().out())
        .contains("lenet5: 69,656 parameters, 659,280 multiply-adds per image")
        .contains("synthetic train (512 images), measured on synthetic test (200)")
        .contains("3 epochs of 8 steps of 64 images")
        .contains("epoch 1/3  train loss ", "epoch 3/3  train loss ")
        .contains("output    " + run)
        .contains("lanewise evaluate " + run)
        .doesNotContain("\r", "NaN");
  }

  @Test
  void logsSettingsEpochsAndEnd() throws Exception {
    List<Map<String, Object>> events = log(run);
    assertThat(events)
        .extracting(event -> event.get("event"))
        .containsExactly("start", "epoch", "epoch", "epoch", "end");
    assertThat(events.get(0)).containsEntry("seed", 7L).containsEntry("batch_size", 64L);
    assertThat(events.get(3)).containsEntry("epoch", 3L).containsEntry("step", 24L);
    assertThat(events.get(1).keySet()).contains("train_loss", "loss", "top1", "top5");
  }

  @Test
  void evaluatesItsCheckpointToTheLoggedFigures() throws Exception {
    // As many threads as in training: the same algorithms then, which sum in the same order.
    Map<String, Object> evaluation =
        Json.parseObject(
            Program.run(
                    "evaluate",
                    run.resolve("last.safetensors"),
                    "--format",
                    "json",
                    "--test-images",
                    200,
                    "--train-images",
                    1,
                    "--batch",
                    64,
                    "--threads",
                    1)
                .succeeds()
                .out());
    Map<String, Object> last = log(run).get(3);
    assertThat(evaluation)
        .containsEntry("images", 200L)
        .containsEntry("epoch", 3L)
        .containsEntry("top1", last.get("top1"))
        .containsEntry("top5", last.get("top5"))
        .containsEntry("loss", last.get("loss"));
  }

  @Test
  void evaluatesTheBestCheckpointOfAFolder() {
    assertThat(Program.run("evaluate", run, "--test-images", 200).succeeds().out())
        .startsWith("lenet5 on synthetic test\n")
        .contains(run.resolve("best.safetensors").toString())
        .containsPattern("Top-1 accuracy +\\d+\\.\\d\\d %");
  }

  @Test
  void evaluatesWithinABudget() {
    Program.run("evaluate", run, "--test-images", 50, "--memory-budget", "2M", "--batch", 1000)
        .fails(ExitCode.MEMORY, "evaluating lenet5 in batches of 1000 needs ", "is 2.0 MB");
    Program.run("evaluate", run, "--test-images", 50, "--memory-budget", "2M", "--batch", 1)
        .succeeds();
  }

  @Test
  void aStoppedRunSavesAndResumesToTheSameBytes() throws Exception {
    Path other = folder.resolve("stopped");
    Interruption interruption = new Interruption();
    interruption.request();
    Program.Result stopped = Program.run(interruption, with(RECIPE, "--output", other));
    assertThat(stopped.code()).isEqualTo(ExitCode.INTERRUPTED.number());
    assertThat(stopped.out()).contains("lanewise train --resume " + other);
    assertThat(other.resolve("last.safetensors")).exists();

    // A change in the number of threads changes nothing but the note of it.
    Program.run(with(RESUME, other)).succeeds();
    assertThat(other.resolve("last.safetensors"))
        .hasSameBinaryContentAs(run.resolve("last.safetensors"));
    assertThat(log(other))
        .extracting(event -> event.get("event"))
        .containsExactly("start", "stop", "resume", "epoch", "epoch", "epoch", "end");
  }

  @Test
  void aRunThatIsDoneHasNothingToGoOnWith() throws IOException {
    byte[] before = Files.readAllBytes(run.resolve("last.safetensors"));
    assertThat(Program.run(with(RESUME, run)).succeeds().out()).contains("has done all its epochs");
    assertThat(run.resolve("last.safetensors")).hasBinaryContent(before);
  }

  @Test
  void anEarlierRunIsNotOverwritten() {
    Program.run(with(RECIPE, "--output", run))
        .fails(ExitCode.USAGE, run + " holds an earlier run: go on with it by --resume");
  }

  @Test
  void resumingWithOtherSettingsIsRefused() {
    Program.run(with(RESUME, run, "--batch", 32))
        .fails(ExitCode.USAGE, "only --threads and --workers may differ");
  }

  @Test
  void resumingAnotherModelIsRefused() {
    Program.run(with(RESUME, run, "--model", "resnet20"))
        .fails(ExitCode.MODEL, "last.safetensors is a checkpoint of lenet5, not of resnet20");
  }

  @Test
  void aValidationSplitIsCutFromTheTrainingImages() {
    Path split = folder.resolve("split");
    Interruption interruption = new Interruption();
    interruption.request();
    Program.Result stopped =
        Program.run(
            interruption,
            with(RECIPE, "--output", split, "--validation-split", 0.25, "--train-images", 800));
    assertThat(stopped.out())
        .contains(
            "synthetic train (training part) (600 images), measured on synthetic train (validation"
                + " part) (200)");
    // The share is found again from the checkpoint.
    assertThat(Program.run(with(RESUME, split, "--train-images", 800)).succeeds().out())
        .contains("(training part) (600 images)");
  }
}
