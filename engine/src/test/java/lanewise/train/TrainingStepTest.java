package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;

import lanewise.kernel.Parallel;
import lanewise.network.Parameters;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;

class TrainingStepTest {

  private static final int BATCH = 4;
  private static final int[] LABELS = {0, 1, 2, 3};

  private final float[] images = Fill.uniform(1, BATCH * (int) TrainRuns.IMAGE.elements());

  @Test
  void dropoutDependsOnTheNumberOfTheStep() {
    try (Memory memory = Memory.withBudget(TrainRuns.BUDGET);
        Parallel parallel = new Parallel(1)) {
      TrainingStep step = step(memory, parallel);
      double first = step.forward(images, LABELS, 0);
      assertThat(step.forward(images, LABELS, 1)).isNotEqualTo(first);
      assertThat(step.forward(images, LABELS, 0)).isEqualTo(first);
    }
  }

  @Test
  void onlyBackwardChangesTrainedParametersAndItLowersTheLoss() {
    try (Memory memory = Memory.withBudget(TrainRuns.BUDGET);
        Parallel parallel = new Parallel(1)) {
      TrainingStep step = step(memory, parallel);
      Parameters parameters = step.program().parameters();
      float[] before = parameters.get("conv2.weight");
      double first = step.forward(images, LABELS, 0);
      Compare.bitEqual("after forward", parameters.get("conv2.weight"), before);
      for (int i = 0; i < 5; i++) {
        step.backward(0.01);
        assertThat(parameters.get("conv2.weight")).isNotEqualTo(before);
        step.forward(images, LABELS, 0);
      }
      assertThat(step.forward(images, LABELS, 0)).isLessThan(first);
      assertThat(step.correct()).isBetween(0, BATCH);
    }
  }

  private static TrainingStep step(Memory memory, Parallel parallel) {
    Parameters parameters = Parameters.create(TrainRuns.network(), memory, 1);
    return new TrainingStep(
        TrainRuns.network(),
        BATCH,
        new SoftmaxCrossEntropy(0),
        new Sgd(0.9, true, 0),
        parameters,
        memory,
        parallel);
  }
}
