package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.train.SoftmaxCrossEntropy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every model for small images (but plain twins, whose values never grow) begins by finding all
/// classes about equally likely, on noise of the
/// deviation that normalized images have. Guessing costs ln(classes): 4.6 for 100, 2.3 for 10.
class InitialLossTest {

  /// How far from guessing the first loss may be.
  private static final double BAR = 0.3;

  private static final int BATCH = 2;
  private static final long BUDGET = 1L << 30;

  static List<String> models() {
    return Models.all().stream()
        .filter(model -> model.input().height() == 32 && !model.family().equals("Plain"))
        .map(ModelInfo::name)
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void isThatOfGuessing(String model) {
    Network network = Models.create(model);
    int classes = network.output().channels();
    try (Memory memory = Memory.withBudget(BUDGET);
        Parallel parallel = new Parallel(2)) {
      Parameters parameters = Parameters.create(network, memory, 1);
      Program program =
          Program.compile(network, BATCH, Mode.TRAINING, parameters, memory, parallel);
      program.setInput(noise(BATCH * (int) network.input().elements()), BATCH);
      program.forward();
      // The target is spread over all classes, so no label is lucky.
      double loss =
          new SoftmaxCrossEntropy(1)
              .bind(program.outputs().get(0), null, 1, parallel)
              .compute(new int[BATCH], BATCH);
      assertThat(loss).isCloseTo(Math.log(classes), within(BAR));
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
