package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import lanewise.choice.ConvChooser;
import lanewise.error.MemoryBudgetException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorMemoryTest {

  @TempDir Path folder;

  @Test
  void whatItSaysIsWhatItTakes() {
    Path file = folder.resolve("c.safetensors");
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config().withEpochs(1))) {
      trainer.checkpointTo(file);
      trainer.train();
    }
    for (int batch : new int[] {1, 7, 64}) {
      long needed = Evaluator.memoryBytes(TrainRuns.network(), batch, 2, ConvChooser.rule());
      try (Evaluator evaluator = Evaluator.load(file, TrainRuns.network(), batch, 2, needed)) {
        assertThat(evaluator.evaluate(TrainRuns.data().validation()).images()).isEqualTo(23);
      }
      assertThatThrownBy(() -> Evaluator.load(file, TrainRuns.network(), batch, 2, needed - 1))
          .isInstanceOf(MemoryBudgetException.class);
    }
  }
}
