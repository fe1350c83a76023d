package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lanewise.kernel.Cpu;
import lanewise.layer.Add;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Conv2d;
import lanewise.layer.ReLU;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;

class FusionTest {

  private static List<String> labels(Network network, boolean training) {
    return Fusion.of(network, training).operations().stream().map(Fusion.Fused::label).toList();
  }

  private static List<String> labels(Flow end) {
    return labels(end.network("n"), true);
  }

  @Test
  void reluJoinsWhatComesBefore() {
    Flow x = Flow.input(3, 8, 8);
    assertThat(labels(x.convBias(4, 3, 1, 1).relu())).containsExactly("conv1+relu1");
    assertThat(labels(Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu()))
        .containsExactly("conv1", "bn1+relu1");
    assertThat(labels(Flow.input(9, 1, 1).linear(4).relu())).containsExactly("fc1+relu1");
    assertThat(labels(Flow.input(3, 8, 8).maxPool(2, 2, 0).relu()))
        .containsExactly("pool1", "relu1");
    assertThat(labels(Flow.input(3, 8, 8).convBias(4, 3, 1, 1).sigmoid()))
        .containsExactly("conv1", "sigmoid1");
  }

  @Test
  void addJoinsTheNormalizationBeforeIt() {
    Flow x = Flow.input(4, 8, 8).conv(4, 3, 1, 1);
    assertThat(labels(x.batchNorm().add(x).relu())).containsExactly("conv1", "bn1+add1+relu1");
    Flow y = Flow.input(4, 8, 8).conv(4, 3, 1, 1);
    assertThat(labels(y.add(y.batchNorm()))).containsExactly("conv1", "bn1+add1");
    // of two, one
    Flow z = Flow.input(4, 8, 8).conv(4, 3, 1, 1);
    assertThat(labels(z.batchNorm().add(z.batchNorm()).relu()))
        .containsExactly("conv1", "bn1", "bn2+add1+relu1");
  }

  @Test
  void theOtherInputComesSecond() {
    Flow x = Flow.input(4, 8, 8).conv(4, 3, 1, 1);
    Network network = x.add(x.conv(4, 3, 1, 1).batchNorm()).relu().network("n");
    List<Fusion.Fused> operations = Fusion.of(network, true).operations();
    Fusion.Fused last = operations.get(2);
    assertThat(last.label()).isEqualTo("bn1+add1+relu1");
    assertThat(last.parameters())
        .containsExactly(
            List.of("bn1.weight"),
            List.of("bn1.bias"),
            List.of("bn1.running_mean"),
            List.of("bn1.running_var"));
    assertThat(last.inputs()).containsExactly(1, 0);
    assertThat(last.output()).isEqualTo(4);
    assertThat(last.layer())
        .isInstanceOfSatisfying(
            BatchNorm2d.class, bn -> assertThat(bn.residual() && bn.relu()).isTrue());
  }

  @Test
  void aValueWithTwoConsumersStays() {
    Flow x = Flow.input(3, 8, 8).convBias(4, 3, 1, 1);
    assertThat(labels(x.relu().add(x))).containsExactly("conv1", "relu1", "add1");
  }

  @Test
  void anOutputStays() {
    Flow x = Flow.input(3, 8, 8).convBias(4, 3, 1, 1);
    x.auxiliaryOutput(0.5);
    Network network = x.relu().network("n");
    assertThat(labels(network, true)).containsExactly("conv1", "relu1");
    assertThat(labels(network.withoutAuxiliaryOutputs(), false)).containsExactly("conv1+relu1");
    assertThat(labels(Flow.input(3, 8, 8).convBias(4, 3, 1, 1))).containsExactly("conv1");
  }

  @Test
  void whatNobodyNeedsIsLeftOut() {
    Flow x = Flow.input(3, 8, 8).convBias(4, 3, 1, 1);
    x.batchNorm().relu();
    assertThat(labels(x.relu())).containsExactly("conv1+relu2");
  }

  @Test
  void identitiesGiveWayToTheirInput() {
    Flow x = Flow.input(3, 8, 8).convBias(4, 3, 1, 1).dropout(0.5).relu().dropout(0);
    Network network = x.globalAvgPool().flatten().linear(2).network("n");
    assertThat(labels(network, true)).containsExactly("conv1", "dropout1", "relu1", "pool1", "fc1");
    assertThat(labels(network, false)).containsExactly("conv1+relu1", "pool1", "fc1");
    assertThat(Fusion.roots(network, true)).containsExactly(0, 1, 2, 2, 4, 4, 6);
    assertThat(Fusion.roots(network, false)).containsExactly(0, 0, 2, 2, 4, 4, 6);
  }

  /// A sum of three has two more inputs than a normalization can take.
  @Test
  void aSumOfThreeIsRight() {
    Shape shape = new Shape(5, 4, 4);
    BatchNorm2d bn = new BatchNorm2d();
    Network network =
        new Network(
            "three",
            shape,
            List.of(
                new Network.Node("conv", Conv2d.of(5, 1), List.of(-1)),
                new Network.Node("bn1", bn, List.of(0)),
                new Network.Node("bn2", bn, List.of(0)),
                new Network.Node("add", new Add(), List.of(0, 1, 2)),
                new Network.Node("relu", new ReLU(), List.of(3))),
            List.of(new Network.Output(4, 1)));
    try (var run = new ProgramRun(network, 2, Mode.INFERENCE, 1)) {
      run.forward();
      double[] input = Fill.widen(ProgramRun.input(network, 2));
      double[] expected = ReferenceNetwork.values(network, 2, false, run.doubles(), input).get(4);
      Compare.close("sum", run.output(0), expected, 1e-5);
    }
  }

  /// The same value twice: both gradients go to one place.
  @Test
  void aSumWithItsOwnInputIsRight() {
    Flow x = Flow.input(3, 4, 4).conv(5, 1, 1, 0);
    Network network = x.batchNorm().add(x).relu().network("own");
    try (var fused = new ProgramRun(network, 2, Mode.TRAINING, 1);
        var plain = new ProgramRun(TestNetworks.unfused(network), 2, Mode.TRAINING, 1)) {
      assertThat(fused.program.operationLabel(1)).isEqualTo("bn1+add1+relu1");
      fused.step();
      plain.step();
      double[] expected = Fill.widen(plain.gradient("conv1.weight"));
      Compare.close("gradient", fused.gradient("conv1.weight"), expected, 1e-6);
    }
  }

  @Test
  void pointwiseConvolutionsOfOneValueAreJoinedInTraining() {
    Network network = TestNetworks.siblings();
    Fusion fusion = Fusion.of(network, true);
    assertThat(fusion.operations().stream().map(Fusion.Fused::label))
        .startsWith("conv1", "bn1+relu1", "conv2+conv3+conv5", "bn2+relu2")
        .contains("conv6", "conv7+conv8+conv9", "conv10");
    Fusion.Fused three = fusion.operations().get(2);
    assertThat(three.parameters())
        .containsExactly(List.of("conv2.weight", "conv3.weight", "conv5.weight"));
    assertThat(three.output()).isEqualTo(network.nodes().size());
    int lanes = Cpu.lanes();
    int third = Math.ceilDiv(17, lanes) * lanes + 16;
    assertThat(three.shape()).isEqualTo(new Shape(third + 5, 8, 8));
    assertThat(fusion.shapes().get(three.output())).isEqualTo(three.shape());
    assertThat(fusion.parts().stream().filter(p -> p.whole() == three.output()))
        .extracting(Fusion.Part::channel)
        .containsExactly(0, third - 16, third);
    assertThat(labels(network, false)).noneMatch(label -> label.contains("conv2+conv3"));
    assertThat(Fusion.of(network, false).parts()).isEmpty();
  }

  @Test
  void otherConvolutionsOfOneValueStayAlone() {
    Flow x = Flow.input(16, 8, 8).conv(16, 3, 1, 1);
    Flow point = x.conv(16, 1, 1, 0);
    Flow end = Flow.concat(point, x.conv(16, 3, 1, 1), x.conv(16, 1, 1, 0).relu());
    assertThat(Fusion.of(end.network("n"), true).parts()).isEmpty();
    // those that lie in a concatenation
    Flow z = Flow.input(16, 8, 8).conv(16, 3, 1, 1);
    end = Flow.concat(z.conv(16, 1, 1, 0), z.conv(16, 1, 1, 0));
    assertThat(Fusion.of(end.network("n"), true).parts()).isEmpty();
    // one whose value comes out, as that of an identity
    Flow y = Flow.input(16, 8, 8).conv(16, 3, 1, 1);
    y.conv(6, 1, 1, 0).dropout(0).auxiliaryOutput(0.1);
    end = y.conv(7, 1, 1, 0).batchNorm().globalAvgPool();
    assertThat(Fusion.of(end.network("n"), true).parts()).isEmpty();
    // of the network's input, which may be a plain image
    Flow image = Flow.input(3, 8, 8);
    end = Flow.concat(image.conv(16, 1, 1, 0).batchNorm(), image.conv(16, 1, 1, 0).batchNorm());
    assertThat(Fusion.of(end.network("n"), true).parts()).isEmpty();
  }
}
