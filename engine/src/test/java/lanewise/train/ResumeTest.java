package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.data.Normalization;
import lanewise.data.Split;
import lanewise.error.InvalidModelException;
import lanewise.testing.Compare;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A run that is stopped and resumed is the run that was not, to the bit.
class ResumeTest {

  @TempDir Path folder;

  private static final class StopAfter implements TrainingListener {
    private final Trainer trainer;
    private final long step;

    StopAfter(Trainer trainer, long step) {
      this.trainer = trainer;
      this.step = step;
    }

    @Override
    public void onStep(StepReport report) {
      if (report.globalStep() == step) {
        trainer.requestStop();
      }
    }
  }

  private static final class Epochs implements TrainingListener {
    final List<String> seen = new ArrayList<>();

    @Override
    public void onEpoch(EpochReport report) {
      seen.add(
          "%d %d %s %s %s %s"
              .formatted(
                  report.epoch(),
                  report.globalStep(),
                  report.trainLoss(),
                  report.trainAccuracy(),
                  report.validation().loss(),
                  report.validation().top1()));
    }
  }

  /// In the first epoch, in the middle of the second, at the end of the second but before its
  /// evaluation, and at the very end.
  @ParameterizedTest
  @ValueSource(longs = {1, 6, 8, 12})
  void equalsAnUninterruptedRun(long stopAfter) {
    Path file = folder.resolve("run.safetensors");
    TrainingConfig config = TrainRuns.config();
    Epochs epochs = new Epochs();
    try (Trainer trainer = TrainRuns.trainer(config)) {
      trainer.addListener(epochs);
      trainer.addListener(new StopAfter(trainer, stopAfter));
      trainer.checkpointTo(file);
      assertThat(trainer.train()).isFalse();
      assertThat(trainer.position().globalStep()).isEqualTo(stopAfter);
    }
    // Other threads, and another process as far as this one can tell.
    try (Trainer resumed = TrainRuns.trainer(config.withThreads(1).withDataWorkers(3));
        Trainer whole = TrainRuns.trainer(config)) {
      resumed.resume(file);
      assertThat(resumed.position().globalStep()).isEqualTo(stopAfter);
      resumed.addListener(epochs);
      assertThat(resumed.train()).isTrue();
      Epochs wholeEpochs = new Epochs();
      whole.addListener(wholeEpochs);
      assertThat(whole.train()).isTrue();
      assertThat(epochs.seen).isEqualTo(wholeEpochs.seen);
      assertThat(resumed.position()).isEqualTo(whole.position());
      Compare.bitEqual(
          "parameters",
          TrainRuns.values(resumed.parameters()),
          TrainRuns.values(whole.parameters()));
      Path a = folder.resolve("a");
      Path b = folder.resolve("b");
      resumed.save(a);
      whole.save(b);
      assertSameTensors(a, b);
    }
  }

  private static void assertSameTensors(Path a, Path b) {
    try (var left = lanewise.storage.SafeTensorsReader.open(a);
        var right = lanewise.storage.SafeTensorsReader.open(b)) {
      assertThat(left.tensors()).isEqualTo(right.tensors());
      assertThat(left.tensors()).anyMatch(tensor -> tensor.name().startsWith("optimizer."));
      left.tensors()
          .forEach(
              tensor ->
                  Compare.bitEqual(
                      tensor.name(),
                      left.readFloats(tensor.name()),
                      right.readFloats(tensor.name())));
    }
  }

  @Test
  void aFinishedRunHasNothingLeftToDo() throws IOException {
    Path file = folder.resolve("run.safetensors");
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config().withEpochs(1))) {
      trainer.checkpointTo(file);
      assertThat(trainer.train()).isTrue();
    }
    byte[] before = Files.readAllBytes(file);
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config().withEpochs(1))) {
      trainer.resume(file);
      assertThat(trainer.train()).isTrue();
      trainer.save(file);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void refusesAnotherRun() {
    Path file = folder.resolve("run.safetensors");
    TrainingConfig config = TrainRuns.config();
    try (Trainer trainer = TrainRuns.trainer(config)) {
      trainer.save(file);
    }
    assertRefused(file, config.withSeed(8), "its seed is 7, this run's is 8");
    assertRefused(file, config.withBatchSize(8), "its batch_size is 16, this run's is 8");
    assertRefused(file, config.withEpochs(4), "its epochs is 3, this run's is 4");
    Split data = new Split(TrainRuns.dataset("other", 64, 1), TrainRuns.data().validation());
    Normalization normalization = Normalization.of(TrainRuns.data().train());
    try (Trainer trainer =
        Trainer.create(TrainRuns.network(), config, data, normalization, TrainRuns.BUDGET)) {
      assertThatThrownBy(() -> trainer.resume(file))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("small train (70 images)")
          .hasMessageContaining("other (64 images)");
    }
  }

  private static void assertRefused(Path file, TrainingConfig config, String message) {
    try (Trainer trainer = TrainRuns.trainer(config)) {
      assertThatThrownBy(() -> trainer.resume(file))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("cannot resume from " + file)
          .hasMessageContaining(message);
    }
  }
}
