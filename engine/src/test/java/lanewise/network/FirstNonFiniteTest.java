package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Where a NaN or infinity came from.
class FirstNonFiniteTest {

  private static void fill(ProgramRun run, String parameter, float value) {
    float[] values = run.parameters.get(parameter);
    Arrays.fill(values, value);
    run.parameters.set(parameter, values);
  }

  @Test
  void isNothingWhereAllIsFinite() {
    try (var run = new ProgramRun(TestNetworks.branched(), 2, Mode.TRAINING, 1)) {
      run.step();
      assertThat(run.program.firstNonFinite()).isEmpty();
    }
  }

  @Test
  void namesAParameter() {
    try (var run = new ProgramRun(TestNetworks.chain(), 2, Mode.INFERENCE, 1)) {
      float[] bias = run.parameters.get("conv2.bias");
      bias[3] = Float.NaN;
      run.parameters.set("conv2.bias", bias);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("parameter conv2.bias");
    }
  }

  @Test
  void namesTheInput() {
    Network network = TestNetworks.chain();
    try (var run = new ProgramRun(network, 2, Mode.INFERENCE, 1)) {
      float[] input = ProgramRun.input(network, 2);
      input[100] = Float.POSITIVE_INFINITY;
      run.program.setInput(input, 2);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("the input");
    }
  }

  /// The running statistics behind the layer are not finite either, but they are not the cause.
  @Test
  void namesTheLayerThatOverflowsInTraining() {
    try (var run = new ProgramRun(TestNetworks.branched(), 2, Mode.TRAINING, 1)) {
      fill(run, "conv2.weight", 3e38f);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("layer conv2");
    }
  }

  @Test
  void namesRunningStatisticsInInference() {
    try (var run = new ProgramRun(TestNetworks.branched(), 2, Mode.INFERENCE, 1)) {
      fill(run, "bn1.running_mean", Float.NaN);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("parameter bn1.running_mean");
    }
  }

  @Test
  void namesAllLayersOfAFusedOne() {
    try (var run = new ProgramRun(TestNetworks.chain(), 2, Mode.INFERENCE, 1)) {
      fill(run, "bn1.weight", 3e38f);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("layer conv1+bn1+relu1");
    }
  }

  /// The third layer's values lie where the first layer's were; what is left of them there must not
  /// accuse the first.
  @Test
  void isNotMisledByWhatSharesMemory() {
    Network network =
        Flow.input(4, 1, 1).linear(4).linear(64).linear(64).sigmoid().network("narrow");
    try (var run = new ProgramRun(network, 1, Mode.INFERENCE, 1)) {
      fill(run, "fc3.weight", 3e38f);
      run.program.forward();
      assertThat(run.program.firstNonFinite()).contains("layer fc3");
    }
  }
}
