package lanewise.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// The numbers are those of torch.optim.SGD (PyTorch 1.13) with lr 0.5, momentum 0.5 and
/// weight_decay 0.25; all are exact in binary.
class ReferenceOptimizerTest {

  private static final double[][] GRADIENTS = {{1, 2}, {-1, 0.5}, {0.25, -4}};

  @Test
  void threeStepsOfMomentum() {
    // first step: g = 1 + 0.25 * 1 = 1.25, velocity 1.25, parameter 1 - 0.5 * 1.25 = 0.375
    double[][] parameters = {{0.375, -2.75}, {0.515625, -3.03125}, {0.396484375, -0.79296875}};
    double[][] velocities = {{1.25, 1.5}, {-0.28125, 0.5625}, {0.23828125, -4.4765625}};
    check(false, parameters, velocities);
  }

  @Test
  void threeStepsOfNesterov() {
    // first step: g = 1.25, velocity 1.25, parameter 1 - 0.5 * (1.25 + 0.5 * 1.25) = 0.0625
    double[][] parameters = {
      {0.0625, -3.125}, {0.64453125, -3.1015625}, {0.381103515625, 0.42138671875}
    };
    double[][] velocities = {{1.25, 1.5}, {-0.359375, 0.46875}, {0.2314453125, -4.541015625}};
    check(true, parameters, velocities);
  }

  @Test
  void withoutMomentumAndDecayItIsGradientDescent() {
    double[] parameters = {1, 2};
    ReferenceOptimizer.sgd(parameters, new double[] {4, -8}, new double[2], 0.25, 0, 0, false);
    assertThat(parameters).containsExactly(0, 4);
  }

  private static void check(boolean nesterov, double[][] expected, double[][] velocities) {
    double[] parameters = {1, -2};
    double[] velocity = new double[2];
    for (int step = 0; step < GRADIENTS.length; step++) {
      ReferenceOptimizer.sgd(parameters, GRADIENTS[step], velocity, 0.5, 0.5, 0.25, nesterov);
      assertThat(parameters).containsExactly(expected[step]);
      assertThat(velocity).containsExactly(velocities[step]);
    }
  }
}
