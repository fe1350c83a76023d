package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.data.SyntheticImages;
import lanewise.error.InvalidModelException;
import lanewise.error.MemoryBudgetException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluatorTest {

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void train() {
    file = folder.resolve("c.safetensors");
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config().withEpochs(2))) {
      trainer.checkpointTo(file);
      trainer.train();
    }
  }

  /// 23 images: the last batch is full, has 3 images, or is the only one.
  @ParameterizedTest
  @ValueSource(ints = {1, 10, 64})
  void equalsTheClassifierImageByImage(int batch) {
    Dataset dataset = TrainRuns.data().validation();
    double loss = 0;
    int top1 = 0;
    int top5 = 0;
    byte[] image = new byte[(int) dataset.shape().elements()];
    try (Classifier classifier = Classifier.load(file, TrainRuns.network())) {
      for (int i = 0; i < dataset.size(); i++) {
        dataset.pixels(i, image, 0);
        float[] probabilities = classifier.probabilities(image);
        float own = probabilities[dataset.label(i)];
        int better = 0;
        for (float probability : probabilities) {
          better += probability > own ? 1 : 0;
        }
        loss -= Math.log(own) / dataset.size();
        top1 += better < 1 ? 1 : 0;
        top5 += better < 5 ? 1 : 0;
      }
    }
    try (Evaluator evaluator = Evaluator.load(file, TrainRuns.network(), batch, 2)) {
      Evaluation evaluation = evaluator.evaluate(dataset);
      assertThat(evaluation.images()).isEqualTo(23);
      assertThat(evaluation.loss()).isEqualTo(loss, within(1e-5));
      assertThat(evaluation.top1()).isEqualTo(top1 / 23.0);
      assertThat(evaluation.top5()).isEqualTo(top5 / 23.0);
      assertThat(evaluation.seconds()).isPositive();
    }
  }

  /// In a run the evaluator shares the parameters, which change from epoch to epoch; one that loads
  /// the checkpoint sees them for the first time.
  @Test
  void equalsTheValidationOfTheRunAfterEveryEpoch() {
    List<Evaluation> validations = new ArrayList<>();
    List<Evaluation> loaded = new ArrayList<>();
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config())) {
      trainer.checkpointTo(file);
      trainer.addListener(
          new TrainingListener() {
            @Override
            public void onEpoch(EpochReport report) {
              validations.add(report.validation());
            }

            @Override
            public void onCheckpoint(Path written) {
              try (Evaluator e = Evaluator.load(written, TrainRuns.network(), 16, 2)) {
                loaded.add(e.evaluate(TrainRuns.data().validation()));
              }
            }
          });
      trainer.train();
    }
    assertThat(loaded).hasSize(3).hasSameSizeAs(validations);
    for (int i = 0; i < loaded.size(); i++) {
      assertThat(loaded.get(i).loss()).isEqualTo(validations.get(i).loss(), within(1e-6));
      assertThat(loaded.get(i).top1()).isEqualTo(validations.get(i).top1());
      assertThat(loaded.get(i).top5()).isEqualTo(validations.get(i).top5());
    }
  }

  @Test
  void refusesOtherData() {
    Dataset other = SyntheticImages.create(1, 1, 1).validation();
    try (Evaluator evaluator = Evaluator.load(file, TrainRuns.network(), 8, 1)) {
      assertThatThrownBy(() -> evaluator.evaluate(other))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("small takes 3x10x8")
          .hasMessageContaining("synthetic test has images of 3x32x32 in 100 classes");
    }
  }

  @Test
  void refusesMoreMemoryThanItsBudget() {
    assertThatThrownBy(() -> Evaluator.load(file, TrainRuns.network(), 8, 1, 1000))
        .isInstanceOf(MemoryBudgetException.class);
  }
}
