package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import lanewise.kernel.Parallel;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.tensor.Memory;
import lanewise.train.Sgd;
import lanewise.train.SoftmaxCrossEntropy;
import lanewise.train.TrainingStep;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each CIFAR variant learns one small batch of noise by heart: training it works from the first
/// layer to the loss. With a learning rate of 0 all of them fail.
class OverfitTest {

  /// Images, each of a class of its own. Guessing among the classes costs ln(10) = 2.3.
  private static final int BATCH = 10;

  /// What the loss must fall under.
  private static final double BAR = 0.1;

  /// Dropout depends on the number of the step: with one number for all, it drops the same values
  /// each time, and the loss does not jump.
  private static final long SAME_DROPOUT = 0;

  private static final long BUDGET = 1L << 30;

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "lenet5, 150, 0.5",
    "alexnet, 6, 0.01",
    "vgg16, 6, 0.01",
    "googlenet, 8, 0.03",
    "resnet20, 14, 0.1",
    "resnet18, 6, 0.05",
    "resnet10-thin, 10, 0.1",
    "plain20, 20, 0.1",
  })
  void learnsOneBatchByHeart(String model, int steps, double learningRate) {
    Network network = Models.create(model, BATCH);
    float[] images = noise(BATCH * (int) network.input().elements());
    int[] labels = IntStream.range(0, BATCH).toArray();
    try (Memory memory = Memory.withBudget(BUDGET);
        Parallel parallel = new Parallel(2)) {
      TrainingStep training =
          new TrainingStep(
              network,
              BATCH,
              new SoftmaxCrossEntropy(0),
              new Sgd(0.9, true, 0),
              Parameters.create(network, memory, 1),
              memory,
              parallel);
      double first = training.forward(images, labels, SAME_DROPOUT);
      double last = first;
      for (int step = 0; step < steps; step++) {
        training.backward(learningRate);
        last = training.forward(images, labels, SAME_DROPOUT);
      }
      assertThat(last).as("loss after %d steps, %.3f at first", steps, first).isLessThan(BAR);
    }
  }

  private static float[] noise(int size) {
    Random random = new Random(1);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
