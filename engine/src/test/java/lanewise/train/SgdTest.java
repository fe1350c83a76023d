package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import lanewise.kernel.Parallel;
import lanewise.kernel.reference.ReferenceOptimizer;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SgdTest {

  private static final double[] RATES = {0.1, 0.2, 0.05};

  /// Odd channels, biases and normalization, and a layer of more than one piece of work.
  private static Network network() {
    return Flow.input(3, 9, 9)
        .convBias(5, 3, 1, 1)
        .batchNorm()
        .relu()
        .conv(17, 3, 1, 1)
        .flatten()
        .linear(30)
        .network("odd");
  }

  /// Runs a few steps with gradients from a seed; what they give is handed over per parameter.
  private static Map<String, float[]> run(Sgd sgd, int threads) {
    try (Memory memory = Memory.withBudget(1 << 26);
        Parallel parallel = new Parallel(threads)) {
      Parameters parameters = Parameters.create(network(), memory, 3);
      MemorySegment gradients =
          memory.allocate("gradients", parameters.trainedFloats() * Float.BYTES);
      OptimizerState state = OptimizerState.create(sgd, parameters, gradients, memory);
      Optimizer.Step step = sgd.compile(state, parallel);
      for (int i = 0; i < RATES.length; i++) {
        for (Parameters.Entry entry : parameters.entries()) {
          if (entry.parameter().role().trained()) {
            MemorySegment slice = gradients.asSlice(entry.offset() * 4, entry.floats() * 4);
            entry.parameter().packing().pack(gradient(entry, i), slice);
          }
        }
        long version = parameters.version();
        step.apply(RATES[i]);
        assertThat(parameters.version()).isGreaterThan(version);
      }
      assertThatPaddingIsZero(parameters);
      Map<String, float[]> result = new HashMap<>();
      for (Parameters.Entry entry : parameters.entries()) {
        result.put(entry.name(), parameters.get(entry.name()));
        for (String name : state.names()) {
          if (entry.parameter().role().trained()) {
            result.put(name + " of " + entry.name(), state.get(name, entry.name()));
          }
        }
      }
      return result;
    }
  }

  private static float[] gradient(Parameters.Entry entry, int step) {
    return Fill.uniform(entry.name().hashCode() + step, (int) entry.parameter().elements());
  }

  private static void assertThatPaddingIsZero(Parameters parameters) {
    for (Parameters.Entry entry : parameters.entries()) {
      float[] packed = entry.values().toArray(ValueLayout.JAVA_FLOAT);
      MemorySegment again = MemorySegment.ofArray(new float[packed.length]);
      entry.parameter().packing().pack(parameters.get(entry.name()), again);
      Compare.bitEqual(entry.name(), packed, again.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  @ParameterizedTest
  @CsvSource({"0.9, true, 5e-4", "0.9, false, 5e-4", "0.5, true, 0", "0, false, 0.01"})
  void equalsTheReference(double momentum, boolean nesterov, double weightDecay) {
    Sgd sgd = new Sgd(momentum, nesterov, weightDecay);
    Map<String, float[]> actual = run(sgd, 2);
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(network(), memory, 3);
      for (Parameters.Entry entry : parameters.entries()) {
        double[] expected = Fill.widen(parameters.get(entry.name()));
        if (entry.parameter().role().trained()) {
          double[] velocity = new double[expected.length];
          // Normalization and biases do not decay: said here by name, not by role.
          boolean decays = entry.name().endsWith("weight") && !entry.name().startsWith("bn");
          for (int i = 0; i < RATES.length; i++) {
            double[] gradient = Fill.widen(gradient(entry, i));
            double decay = decays ? weightDecay : 0;
            ReferenceOptimizer.sgd(
                expected, gradient, velocity, RATES[i], momentum, decay, nesterov);
          }
          if (momentum > 0) {
            assertClose(actual.get("momentum of " + entry.name()), velocity);
          }
        }
        assertClose(actual.get(entry.name()), expected);
      }
    }
  }

  private static void assertClose(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .isLessThanOrEqualTo(1e-6 * Math.max(1, Math.abs(expected[i])));
    }
  }

  @Test
  void weightDecayWouldBeSeenWithinTheTolerance() {
    Map<String, float[]> with = run(new Sgd(0.9, true, 5e-4), 1);
    Map<String, float[]> without = run(new Sgd(0.9, true, 0), 1);
    assertThat(with.get("bn1.weight")).isEqualTo(without.get("bn1.weight"));
    assertThat(with.get("conv1.bias")).isEqualTo(without.get("conv1.bias"));
    float[] conv = with.get("conv1.weight");
    float[] plain = without.get("conv1.weight");
    double largest = 0;
    for (int i = 0; i < conv.length; i++) {
      largest = Math.max(largest, Math.abs(conv[i] - plain[i]));
    }
    assertThat(largest).isGreaterThan(1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void threadsDoNotChangeTheBits(int threads) {
    Sgd sgd = new Sgd(0.9, true, 5e-4);
    Map<String, float[]> one = run(sgd, 1);
    run(sgd, threads).forEach((name, values) -> Compare.bitEqual(name, values, one.get(name)));
  }

  @Test
  void stateGoesInAndComesOutInPlainOrder() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(network(), memory, 3);
      MemorySegment gradients =
          memory.allocate("gradients", parameters.trainedFloats() * Float.BYTES);
      Sgd sgd = new Sgd(0.9, true, 0);
      OptimizerState state = OptimizerState.create(sgd, parameters, gradients, memory);
      float[] plain = Fill.uniform(1, 5 * 3 * 3 * 3);
      state.set("momentum", "conv1.weight", plain);
      assertThat(state.get("momentum", "conv1.weight")).isEqualTo(plain);
      assertThat(state.get("momentum", "conv1.bias")).containsOnly(0);
      assertThatThrownBy(() -> state.set("momentum", "conv1.weight", new float[3]))
          .hasMessageContaining("momentum of conv1.weight: 135 values");
      assertThatThrownBy(() -> state.get("momentum", "bn1.running_mean"))
          .hasMessageContaining("not trained");
    }
  }

  @Test
  void refusesWhatPyTorchRefuses() {
    assertThatThrownBy(() -> new Sgd(0, true, 0)).hasMessageContaining("Nesterov");
    assertThatThrownBy(() -> new Sgd(-0.1, false, 0)).hasMessageContaining("momentum -0.1");
    assertThatThrownBy(() -> new Sgd(0.9, false, -1)).hasMessageContaining("weight decay -1.0");
  }
}
