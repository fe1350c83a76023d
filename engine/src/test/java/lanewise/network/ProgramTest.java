package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lanewise.error.MemoryBudgetException;
import lanewise.kernel.Parallel;
import lanewise.layer.ReLU;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProgramTest {

  private static final int BATCH = 3;

  static List<Network> networks() {
    return List.of(
        TestNetworks.chain(),
        TestNetworks.branched(),
        TestNetworks.joined(),
        TestNetworks.siblings(),
        TestNetworks.blocks(),
        TestNetworks.inner(),
        TestNetworks.identities());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void outputsEqualTheReference(Network network) {
    for (Mode mode : Mode.values()) {
      for (int batch : new int[] {1, BATCH}) {
        try (var run = new ProgramRun(network, batch, mode, 2)) {
          Map<String, double[]> parameters = run.doubles();
          run.forward();
          List<double[]> values = reference(network, batch, mode, parameters);
          assertThat(run.program.outputs()).hasSize(mode == Mode.TRAINING ? outputs(network) : 1);
          for (int i = 0; i < run.program.outputs().size(); i++) {
            double[] expected = values.get(network.outputs().get(i).node());
            Compare.close("%s, output %d".formatted(mode, i), run.output(i), expected, 1e-5);
          }
        }
      }
    }
  }

  private static int outputs(Network network) {
    return network.outputs().size();
  }

  private static List<double[]> reference(
      Network network, int batch, Mode mode, Map<String, double[]> parameters) {
    double[] input = Fill.widen(ProgramRun.input(network, batch));
    return ReferenceNetwork.values(network, batch, mode == Mode.TRAINING, parameters, input);
  }

  /// The loss is computed in double precision by the reference, so that the step can be small
  /// enough
  /// for kinks not to matter; a dozen values of each parameter are moved.
  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void gradientsEqualFiniteDifferences(Network network) {
    try (var run = new ProgramRun(network, BATCH, Mode.TRAINING, 2)) {
      run.step();
      Map<String, double[]> parameters = run.doubles();
      for (Parameters.Entry entry : run.parameters.entries()) {
        if (entry.parameter().role().trained()) {
          double[] all = parameters.get(entry.name());
          int step = Math.ceilDiv(all.length, 12);
          int[] moved = IntStream.range(0, all.length).filter(i -> i % step == 0).toArray();
          double[] expected = lossGradient(network, parameters, all, moved);
          float[] gradient = run.gradient(entry.name());
          double[] actual = Arrays.stream(moved).mapToDouble(i -> gradient[i]).toArray();
          Compare.close("gradient of " + entry.name(), actual, expected, 2e-4);
        }
      }
    }
  }

  private static double[] lossGradient(
      Network network, Map<String, double[]> parameters, double[] all, int[] moved) {
    double[] start = Arrays.stream(moved).mapToDouble(i -> all[i]).toArray();
    double[] gradient =
        FiniteDifferences.gradient(
            point -> {
              set(all, moved, point);
              return loss(network, parameters);
            },
            start);
    set(all, moved, start);
    return gradient;
  }

  private static void set(double[] all, int[] indices, double[] values) {
    for (int i = 0; i < indices.length; i++) {
      all[indices[i]] = values[i];
    }
  }

  private static double loss(Network network, Map<String, double[]> parameters) {
    List<double[]> values = reference(network, BATCH, Mode.TRAINING, parameters);
    double loss = 0;
    for (int i = 0; i < outputs(network); i++) {
      Network.Output out = network.outputs().get(i);
      double[] gradient = Fill.widen(ProgramRun.lossGradient(network, BATCH, i));
      loss += out.weight() * FiniteDifferences.dot(gradient, values.get(out.node()));
    }
    return loss;
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void threadsChangeNoBit(Network network) {
    try (var one = new ProgramRun(network, BATCH, Mode.TRAINING, 1)) {
      one.step();
      for (int threads : new int[] {2, 4}) {
        try (var other = new ProgramRun(network, BATCH, Mode.TRAINING, threads)) {
          other.step();
          for (int i = 0; i < outputs(network); i++) {
            Compare.bitEqual("output " + i, other.output(i), one.output(i));
          }
          assertSameGradients(other, one);
          assertThat(other.parameters.values().mismatch(one.parameters.values())).isEqualTo(-1);
        }
      }
    }
  }

  private static void assertSameGradients(ProgramRun actual, ProgramRun expected) {
    for (Parameters.Entry entry : expected.parameters.entries()) {
      if (entry.parameter().role().trained()) {
        // Not bit for bit: 0 + -0 is 0, and what an unfused program adds may be zero.
        double[] gradient = Fill.widen(expected.gradient(entry.name()));
        Compare.bitEqual("gradient of " + entry.name(), actual.gradient(entry.name()), gradient);
      }
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void fusionChangesNoResult(Network network) {
    Network unfused = TestNetworks.unfused(network);
    try (var fused = new ProgramRun(network, BATCH, Mode.TRAINING, 1);
        var plain = new ProgramRun(unfused, BATCH, Mode.TRAINING, 1)) {
      assertThat(fused.program.operationCount()).isLessThan(plain.program.operationCount());
      fused.step();
      plain.step();
      boolean joined = !Fusion.of(network, true).parts().isEmpty();
      for (int i = 0; i < outputs(network); i++) {
        double[] output = Fill.widen(plain.output(i));
        if (joined) {
          Compare.close("output " + i, fused.output(i), output, 1e-6);
        } else {
          Compare.bitEqual("output " + i, fused.output(i), output);
        }
      }
      if (joined) {
        assertCloseGradients(fused, plain);
      } else {
        assertSameGradients(fused, plain);
      }
    }
  }

  /// What is joined is summed in another order: statistics by other slots, and the gradient of its
  /// input.
  private static void assertCloseGradients(ProgramRun actual, ProgramRun expected) {
    for (Parameters.Entry entry : expected.parameters.entries()) {
      if (entry.parameter().role().trained()) {
        double[] gradient = Fill.widen(expected.gradient(entry.name()));
        Compare.close("gradient of " + entry.name(), actual.gradient(entry.name()), gradient, 2e-5);
      }
    }
  }

  /// Gradients are overwritten, not added to those of the step before, and buffers that share
  /// memory
  /// leave nothing behind.
  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void aSecondStepGivesTheSame(Network network) {
    try (var once = new ProgramRun(network, BATCH, Mode.TRAINING, 1);
        var twice = new ProgramRun(network, BATCH, Mode.TRAINING, 1)) {
      once.step();
      twice.step().step();
      assertThat(twice.program.gradients().mismatch(once.program.gradients())).isEqualTo(-1);
    }
  }

  /// By themselves operations leave nothing to be made by the next one ([Handovers]).
  @ParameterizedTest(name = "{index}")
  @MethodSource("networks")
  void operationsCanBeRunOneByOne(Network network) {
    try (var whole = new ProgramRun(network, BATCH, Mode.TRAINING, 2);
        var single = new ProgramRun(network, BATCH, Mode.TRAINING, 2)) {
      Program program = single.program;
      whole.forward();
      IntStream.range(0, program.operationCount()).forEach(i -> program.forward(i));
      for (int i = 0; i < outputs(network); i++) {
        float[] output = program.outputs().get(i).toArray();
        Compare.bitEqual("output " + i, output, whole.output(i));
      }
      whole.step();
      single.putLossGradients();
      IntStream.range(0, program.operationCount())
          .map(i -> program.operationCount() - 1 - i)
          .forEach(i -> program.backward(i));
      assertThat(program.gradients().mismatch(whole.program.gradients())).isEqualTo(-1);
    }
  }

  @Test
  void programsShareParameters() {
    Network network = TestNetworks.branched();
    try (var training = new ProgramRun(network, BATCH, Mode.TRAINING, 1)) {
      Program inference =
          Program.compile(
              network, 1, Mode.INFERENCE, training.parameters, training.memory, training.parallel);
      assertThat(inference.gradients()).isNull();
      assertThat(inference.network().outputs()).hasSize(1);
      inference.setInput(ProgramRun.input(network, 1), 1);
      inference.forward();
      float[] before = inference.outputs().get(0).toArray();
      // a step moves the running statistics, which inference reads
      training.step();
      inference.forward();
      float[] after = inference.outputs().get(0).toArray();
      assertThat(after).isNotEqualTo(before);
      double[] expected =
          reference(network, 1, Mode.INFERENCE, training.doubles())
              .get(network.outputs().get(0).node());
      Compare.close("output", after, expected, 1e-5);
    }
  }

  @Test
  void dropoutDependsOnTheStep() {
    Network network = Flow.input(40, 1, 1).dropout(0.5).then(new ReLU()).network("d");
    float[] ones = new float[2 * 40];
    Arrays.fill(ones, 1);
    try (var run = new ProgramRun(network, 2, Mode.TRAINING, 2);
        var inference = new ProgramRun(network, 2, Mode.INFERENCE, 1)) {
      run.program.setInput(ones, 2);
      float[] first = dropped(run, 5);
      assertThat(first).contains(0, 2).hasSize(80);
      assertThat(dropped(run, 6)).isNotEqualTo(first);
      assertThat(dropped(run, 5)).isEqualTo(first);
      inference.program.setInput(ones, 2);
      inference.forward();
      assertThat(inference.output(0)).isEqualTo(ones);
    }
  }

  private static float[] dropped(ProgramRun run, long step) {
    run.program.setStep(step);
    run.forward();
    return run.output(0);
  }

  @Test
  void aPartOfABatchKeepsTheOtherSamples() {
    Network network = TestNetworks.chain();
    int size = Math.toIntExact(network.input().elements());
    try (var run = new ProgramRun(network, 2, Mode.INFERENCE, 1)) {
      run.forward();
      float[] before = run.output(0);
      run.program.setInput(new float[size], 1);
      run.forward();
      assertThat(Arrays.copyOfRange(run.output(0), 0, 5)).isNotEqualTo(Arrays.copyOf(before, 5));
      float[] second = Arrays.copyOfRange(run.output(0), 5, 10);
      Compare.bitEqual("second sample", second, Arrays.copyOfRange(before, 5, 10));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> run.program.setInput(new float[3 * size], 3))
          .withMessageContaining("3 samples of 3x12x12")
          .withMessageContaining("batch of 2");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> run.program.setInput(new float[2 * size - 1], 2));
    }
  }

  @Test
  void anOutputMayBeTheInput() {
    List<Network> networks =
        List.of(
            Flow.input(5, 1, 1).flatten().network("vector"),
            Flow.input(5, 1, 1).flatten().dropout(0.5).network("dropped"),
            Flow.input(3, 4, 4).dropout(0.5).network("map"));
    for (Network network : networks) {
      try (var run = new ProgramRun(network, BATCH, Mode.INFERENCE, 2)) {
        assertThat(run.forward().output(0)).isEqualTo(ProgramRun.input(network, BATCH));
      }
    }
    try (var run = new ProgramRun(networks.getFirst(), BATCH, Mode.TRAINING, 2)) {
      assertThat(run.forward().output(0)).isEqualTo(ProgramRun.input(networks.getFirst(), BATCH));
      run.program.backward();
    }
  }

  @Test
  void useAfterItsMemoryIsClosedIsRefused() {
    Network network = TestNetworks.chain();
    for (int threads : new int[] {1, 2}) {
      try (Parallel parallel = new Parallel(threads)) {
        Memory memory = Memory.withBudget(1L << 28);
        Parameters parameters = Parameters.create(network, memory, 1);
        Program program = Program.compile(network, 2, Mode.TRAINING, parameters, memory, parallel);
        program.forward();
        memory.close();
        assertThatIllegalStateException().isThrownBy(program::forward);
        assertThatIllegalStateException().isThrownBy(program::backward);
        assertThatIllegalStateException()
            .isThrownBy(() -> program.setInput(ProgramRun.input(network, 2), 2));
        assertThatIllegalStateException().isThrownBy(() -> parameters.get("conv1.weight"));
      }
    }
  }

  @Test
  void overTheBudgetItSaysWhatAskedForHowMuch() {
    Network network = TestNetworks.chain();
    long needed = Program.plan(network, 64, Mode.TRAINING, 1).bufferBytes();
    try (Memory memory = Memory.withBudget(needed);
        Parallel parallel = new Parallel(1)) {
      Parameters parameters = Parameters.create(network, memory, 1);
      long before = memory.liveBytes();
      assertThatThrownBy(
              () -> Program.compile(network, 64, Mode.TRAINING, parameters, memory, parallel))
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessageContaining("values of a batch of 64 for chain needs " + Memory.text(needed))
          .hasMessageContaining(Memory.text(before) + " of " + Memory.text(needed));
      assertThat(memory.liveBytes()).isEqualTo(before);
    }
  }
}
