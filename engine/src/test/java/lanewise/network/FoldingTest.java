package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.Parallel;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Binding;
import lanewise.layer.Conv2d;
import lanewise.layer.Cost;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.Operation;
import lanewise.layer.Parameter;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Programs for inference, in which a batch normalization goes into the weights of the convolution
/// before it.
class FoldingTest {

  /// A network, and its operations in inference.
  record Case(String what, Network network, List<String> operations) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Case test(String what, Flow end, String... operations) {
    return new Case(what, end.network(what), List.of(operations));
  }

  private static Conv2d conv(int filters) {
    return Conv2d.of(filters, 3).padding(1);
  }

  private static Flow input() {
    return Flow.input(3, 9, 8);
  }

  private static Flow wide() {
    return input().conv(32, 3, 1, 1).batchNorm().relu();
  }

  static Stream<Case> cases() {
    Flow start = input();
    Flow block = input().conv(17, 1, 1, 0);
    Flow sides = input().conv(17, 1, 1, 0);
    Flow twice = input().conv(5, 3, 1, 1);
    Flow both = input().convBias(6, 3, 2, 1);
    Flow sum = both.batchNorm().add(both.conv(6, 1, 1, 0).batchNorm()).relu();
    Flow shortcut = input().conv(16, 3, 1, 1).batchNorm().relu();
    Flow shared = wide();
    Flow joined = shared.conv(17, 1, 1, 0).batchNorm().relu();
    Flow concatenated = shared.conv(16, 1, 1, 0).batchNorm().relu();
    Flow linear = shared.conv(6, 1, 1, 0).batchNorm();
    Flow second = shared.conv(16, 1, 1, 0).batchNorm().relu();
    Flow third = shared.conv(5, 1, 1, 0).batchNorm().relu();
    return Stream.of(
        test("norm", input().conv(16, 3, 1, 1).batchNorm(), "conv1+bn1"),
        test("relu", input().conv(20, 3, 1, 1).batchNorm().relu(), "conv1+bn1+relu1"),
        test("bias", input().then(conv(7)).batchNorm().relu(), "conv1+bn1+relu1"),
        test(
            "winograd",
            wide().conv(48, 3, 1, 1).batchNorm().relu(),
            "conv1+bn1+relu1",
            "conv2+bn2+relu2"),
        test(
            "groups of blocks",
            wide().then(conv(32).groups(2)).batchNorm(),
            "conv1+bn1+relu1",
            "conv2+bn2"),
        test(
            "groups of parts",
            input().then(conv(6).groups(3).withoutBias()).batchNorm(),
            "conv1+bn1"),
        test(
            "dropout between",
            input().conv(4, 1, 1, 0).dropout(0.5).batchNorm().relu(),
            "conv1+bn1+relu1"),
        test(
            "linear",
            input().flatten().linear(30).batchNorm().relu().linear(4),
            "flatten1",
            "fc1+bn1+relu1",
            "fc2"),
        test("vector", Flow.input(3, 1, 1).then(Linear.of(9).withoutBias()).batchNorm(), "fc1+bn1"),
        test(
            "residual",
            block.conv(17, 3, 1, 1).batchNorm().add(block).relu(),
            "conv1",
            "conv2+bn1+add1+relu1"),
        test(
            "projection",
            shortcut
                .conv(24, 3, 2, 1)
                .batchNorm()
                .add(shortcut.conv(24, 1, 2, 0).batchNorm())
                .relu(),
            "conv1+bn1+relu1",
            "conv2+bn2",
            "conv3+bn3+add1+relu2"),
        test(
            "residual without ReLU, concatenated",
            Flow.concat(sides, sides.conv(17, 3, 1, 1).batchNorm().add(sides)),
            "conv1",
            "conv2+bn1+add1",
            "concat1"),
        test(
            "residual with the input",
            start.conv(3, 3, 1, 1).batchNorm().add(start).relu(),
            "conv1+bn1+add1+relu1"),
        test("norm first", input().batchNorm().relu().conv(4, 3, 1, 1), "bn1+relu1", "conv1"),
        test(
            "pooled",
            input().conv(4, 3, 1, 1).maxPool(2, 2, 0).batchNorm(),
            "conv1",
            "pool1",
            "bn1"),
        test("relu first", input().conv(4, 3, 1, 1).relu().batchNorm(), "conv1+relu1", "bn1"),
        test("taken twice", twice.batchNorm().add(twice).relu(), "conv1", "bn1+add1+relu1"),
        test("one of two", sum, "conv1", "bn1", "conv2+bn2+add1+relu1"),
        test(
            "pointwise of one value",
            Flow.concat(
                concatenated,
                joined.conv(8, 3, 1, 1).batchNorm().relu(),
                second.maxPool(3, 1, 1),
                third.add(third),
                linear.maxPool(3, 1, 1)),
            "conv1+bn1+relu1",
            "conv2+bn2+relu2+conv5+bn5+relu4+conv6+bn6+relu5",
            "conv3+bn3+relu3",
            "conv4+bn4",
            "conv7+bn7+relu6",
            "pool1",
            "add1",
            "pool2",
            "concat1"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void foldsWhatItMay(Case test) {
    assertThat(Fusion.of(test.network(), false).operations().stream().map(Fusion.Fused::label))
        .containsExactlyElementsOf(test.operations());
    assertThat(Fusion.of(test.network(), true).operations().stream().map(Fusion.Fused::label))
        .noneMatch(label -> label.matches("(conv|fc)\\d+\\+bn.*"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsTheReferenceAndTheUnfoldedProgram(Case test) {
    Network network = test.network();
    for (int batch : new int[] {1, 3}) {
      try (var run = new ProgramRun(network, batch, Mode.INFERENCE, 1);
          var threads = new ProgramRun(network, batch, Mode.INFERENCE, 2);
          var unfolded = new ProgramRun(unfolded(network), batch, Mode.INFERENCE, 1)) {
        Compare.close("output", run.forward().output(0), reference(run), 1e-5);
        Compare.bitEqual("2 threads", threads.forward().output(0), run.output(0));
        double[] separate = Fill.widen(unfolded.forward().output(0));
        Compare.close("unfolded", run.output(0), separate, 1e-5);
        // More than without folding, or less where convolutions are joined.
        long folded = run.program.plan().preparedBytes() - unfolded.program.plan().preparedBytes();
        assertThat(folded != 0)
            .isEqualTo(String.join(" ", test.operations()).matches(".*(conv|fc)\\d+\\+bn.*"));
      }
    }
  }

  private static double[] reference(ProgramRun run) {
    Network network = run.program.network();
    int batch = run.program.batch();
    double[] input = Fill.widen(ProgramRun.input(network, batch));
    return ReferenceNetwork.values(network, batch, false, run.doubles(), input)
        .get(network.outputs().get(0).node());
  }

  /// The same layers under the same names, but no convolution knows the normalizations.
  private static Network unfolded(Network network) {
    List<Network.Node> nodes =
        network.nodes().stream()
            .map(
                n ->
                    n.layer() instanceof BatchNorm2d norm
                        ? new Network.Node(n.name(), new Stranger(norm), n.inputs())
                        : n)
            .toList();
    return new Network(network.name(), network.input(), nodes, network.outputs());
  }

  /// A normalization that is none to other layers.
  private record Stranger(BatchNorm2d norm) implements Layer {
    @Override
    public String kind() {
      return norm.kind();
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
      return norm.outputShape(inputs);
    }

    @Override
    public List<Parameter> parameters(List<Shape> inputs) {
      return norm.parameters(inputs);
    }

    @Override
    public Cost cost(List<Shape> inputs) {
      return norm.cost(inputs);
    }

    @Override
    public Operation compile(Binding binding) {
      return norm.compile(binding);
    }
  }

  private static Program inference(ProgramRun training) {
    Network network = training.program.network();
    Program program =
        Program.compile(
            network, 2, Mode.INFERENCE, training.parameters, training.memory, training.parallel);
    program.setInput(ProgramRun.input(network, 2), 2);
    return program;
  }

  private static float[] run(Program program) {
    program.forward();
    return program.outputs().get(0).toArray();
  }

  private static double[] expected(ProgramRun training) {
    Network network = training.program.network();
    double[] input = Fill.widen(ProgramRun.input(network, 2));
    return ReferenceNetwork.values(network, 2, false, training.doubles(), input)
        .get(network.outputs().get(0).node());
  }

  @Test
  void followsTheRunningStatisticsOfTraining() {
    try (var training = new ProgramRun(TestNetworks.branched(), 3, Mode.TRAINING, 2)) {
      Program inference = inference(training);
      Compare.close("at first", run(inference), expected(training), 1e-5);
      float[] before = run(inference);
      for (int step = 0; step < 2; step++) {
        training.step();
        Compare.close("after step " + step, run(inference), expected(training), 1e-5);
      }
      assertThat(run(inference)).isNotEqualTo(before);
    }
  }

  @Test
  void followsParametersThatAreSet() {
    try (var training = new ProgramRun(TestNetworks.branched(), 3, Mode.TRAINING, 1)) {
      Program inference = inference(training);
      for (String name : List.of("conv1.weight", "bn1.weight", "bn2.bias", "bn1.running_var")) {
        float[] before = run(inference);
        float[] values = training.parameters.get(name);
        for (int i = 0; i < values.length; i++) {
          values[i] = values[i] * 1.5f + 0.1f;
        }
        training.parameters.set(name, values);
        assertThat(run(inference)).as(name).isNotEqualTo(before);
        Compare.close(name, run(inference), expected(training), 1e-5);
      }
    }
  }

  /// What is folded stays so until somebody says that a parameter has changed.
  @Test
  void foldsOnceUntilValuesAreSaidToHaveChanged() {
    try (var training = new ProgramRun(TestNetworks.branched(), 3, Mode.TRAINING, 1)) {
      Program inference = inference(training);
      float[] before = run(inference);
      training.parameters.entry("bn1.bias").values().fill((byte) 0);
      Compare.bitEqual("not yet", run(inference), before);
      training.parameters.markChanged();
      assertThat(run(inference)).isNotEqualTo(before);
      Compare.close("changed", run(inference), expected(training), 1e-5);
    }
  }

  @Test
  void operationsThatRunOneByOneFoldToo() {
    try (var training = new ProgramRun(TestNetworks.chain(), 3, Mode.TRAINING, 1)) {
      Program inference = inference(training);
      training.step();
      for (int i = 0; i < inference.operationCount(); i++) {
        inference.forward(i);
      }
      Compare.close("output", inference.outputs().get(0).toArray(), expected(training), 1e-5);
    }
  }

  @Test
  void trainingMovesTheVersionWithEveryForward() {
    try (var training = new ProgramRun(TestNetworks.chain(), 3, Mode.TRAINING, 1)) {
      Parameters parameters = training.parameters;
      Program inference = inference(training);
      long before = parameters.version();
      run(inference);
      inference.forward(0);
      assertThat(parameters.version()).isEqualTo(before);
      training.program.forward();
      assertThat(parameters.version()).isEqualTo(before + 1);
      training.program.forward(0);
      assertThat(parameters.version()).isEqualTo(before + 2);
      parameters.set("bn1.bias", parameters.get("bn1.bias"));
      assertThat(parameters.version()).isEqualTo(before + 3);
    }
  }

  @Test
  void theFoldedWeightsAreFreedWithTheRest() {
    Network network = cases().findFirst().orElseThrow().network();
    try (Parallel parallel = new Parallel(1)) {
      Memory memory = Memory.withBudget(1L << 28);
      Parameters parameters = Parameters.create(network, memory, 1);
      long before = memory.liveBytes();
      Program program = Program.compile(network, 2, Mode.INFERENCE, parameters, memory, parallel);
      long folded =
          parameters.entry("conv1.weight").floats() + parameters.entry("bn1.bias").floats();
      long transformed = Program.plan(unfolded(network), 2, Mode.INFERENCE, 1).preparedBytes();
      long room = transformed == 0 ? Tensor.ROOM : 0;
      assertThat(program.plan().preparedBytes())
          .isEqualTo(folded * Float.BYTES + transformed + room);
      assertThat(memory.liveBytes() - before).isEqualTo(program.plan().bytes());
      assertThat(Program.plan(network, 2, Mode.TRAINING, 1).preparedBytes()).isZero();
      memory.close();
      assertThat(memory.liveBytes()).isZero();
      assertThatIllegalStateException().isThrownBy(program::forward);
    }
  }
}
