package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import lanewise.choice.ConvChooser;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.Parallel;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.TryingChooser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Fifty steps of a small network in which every kind of layer takes part, with each algorithm
/// wherever it does not refuse.
class AlgorithmsTest {

  private static final int STEPS = 50;
  private static final int BATCH = 4;
  private static final int CLASSES = 5;

  private static Network network() {
    Flow stem = Flow.input(3, 8, 8).conv(18, 3, 1, 1).batchNorm().relu();
    Flow block = stem.conv(18, 3, 1, 1).batchNorm().add(stem).relu().maxPool(2, 2, 0);
    Flow five = block.convBias(7, 5, 1, 2).relu();
    Flow one = block.conv(9, 1, 1, 0).batchNorm().relu();
    Flow strided = Flow.concat(five, one).conv(20, 3, 2, 1).batchNorm().relu();
    Flow last = strided.convBias(20, 3, 1, 1).relu().avgPool(2, 2);
    return last.flatten().dropout(0.2).linear(16).relu().linear(CLASSES).network("all kinds");
  }

  /// All values after the steps, running statistics included.
  private static float[] trained(ConvChooser chooser, int threads, ConvAlgorithm expected) {
    Network network = network();
    try (Memory memory = Memory.withBudget(1L << 27);
        Parallel parallel = new Parallel(threads)) {
      Parameters parameters = Parameters.create(network, memory, 3);
      TrainingStep step =
          new TrainingStep(
              network,
              BATCH,
              new SoftmaxCrossEntropy(0.1),
              new Sgd(0.9, true, 5e-4),
              parameters,
              memory,
              parallel,
              chooser);
      assertThat(uses(step.program(), expected)).isTrue();
      int[] labels = IntStream.range(0, BATCH).map(i -> i % CLASSES).toArray();
      int size = Math.toIntExact(BATCH * network.input().elements());
      for (int i = 0; i < STEPS; i++) {
        step.forward(Fill.uniform(i % 4, size), labels, i);
        step.backward(0.02);
      }
      float[] values = TrainRuns.values(parameters);
      assertThat(values).doesNotContain(Float.NaN);
      return values;
    }
  }

  private static boolean uses(Program program, ConvAlgorithm algorithm) {
    return IntStream.range(0, program.operationCount())
        .mapToObj(program::convChoice)
        .flatMap(choice -> choice.stream())
        .anyMatch(choice -> choice.algorithms().uses(algorithm));
  }

  @ParameterizedTest
  @EnumSource
  void threadsDoNotChangeAnything(ConvAlgorithm algorithm) {
    ConvChooser chooser = ConvChooser.forcing(algorithm);
    float[] one = trained(chooser, 1, algorithm);
    Compare.bitEqual("2 threads", trained(chooser, 2, algorithm), one);
    Compare.bitEqual("4 threads", trained(chooser, 4, algorithm), one);
  }

  @Test
  void tryingOutAlgorithmsLeavesNoTrace() {
    float[] plain = trained(ConvChooser.rule(), 2, ConvAlgorithm.WINOGRAD);
    TryingChooser trying = new TryingChooser(ConvChooser.rule());
    Compare.bitEqual("after trials", trained(trying, 2, ConvAlgorithm.WINOGRAD), plain);
    assertThat(trying.trials()).isGreaterThan(20);
  }
}
