package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.layer.Conv2d;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.ReLU;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;

class NetworkTest {

  private static final Shape INPUT = new Shape(3, 8, 8);

  private static Network.Node node(String name, Layer layer, Integer... inputs) {
    return new Network.Node(name, layer, List.of(inputs));
  }

  private static void refused(List<Network.Node> nodes, int output, String message) {
    assertThatThrownBy(
            () -> new Network("net", INPUT, nodes, List.of(new Network.Output(output, 1))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(message);
  }

  private static List<String> names(Network network) {
    return network.nodes().stream().map(Network.Node::name).toList();
  }

  @Test
  void shapeErrorsNameNetworkLayerAndBothSides() {
    Flow x = Flow.input(INPUT);
    Flow other = x.conv(8, 3, 2, 1);
    assertThatThrownBy(() -> x.conv(8, 3, 1, 1).add(other).network("broken"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "broken, layer add1 (input [8x8x8, 8x4x4]): add: input 1 is 8x8x8, but input 2 is"
                + " 8x4x4; all must have one shape");
    assertThatThrownBy(() -> Flow.input(INPUT).linear(10).network("broken"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("broken, layer fc1 (input [3x8x8]): linear layer: the input is");
    assertThatThrownBy(() -> Flow.input(INPUT).conv(4, 11, 1, 0).network("broken"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("broken, layer conv1")
        .hasMessageContaining("11x11 kernel does not fit into the 8x8 map");
  }

  @Test
  void graphsThatMakeNoSenseAreRefused() {
    Layer relu = new ReLU();
    refused(List.of(node("a", relu, -1), node("a", relu, 0)), 0, "net: two layers are named a");
    refused(
        List.of(node("a", relu, 1), node("b", relu, -1)),
        1,
        "net: layer a takes node 1, which does not come before it");
    refused(
        List.of(node("a", relu, 0)), 0, "net: layer a takes node 0, which does not come before it");
    refused(
        List.of(node("a", relu, -2)),
        0,
        "net: layer a takes node -2, which does not come before it");
    refused(List.of(node("a", relu, -1)), 1, "net: outputs must be layers of the network");
    refused(List.of(node("a", relu, -1)), -1, "net: outputs must be layers of the network");
    refused(List.of(), 0, "net: outputs must be layers of the network");
    Network.Output twice = new Network.Output(0, 1);
    assertThatThrownBy(
            () ->
                new Network(
                    "net", new Shape(1, 1, 1), List.of(node("a", relu, -1)), List.of(twice, twice)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("a layer is an output twice");
    assertThatThrownBy(() -> new Network("net", INPUT, List.of(node("a", relu, -1)), List.of()))
        .isInstanceOf(InvalidModelException.class);
  }

  @Test
  void figuresFollowFromTheDescription() {
    Network network = TestNetworks.chain();
    assertThat(network.output()).isEqualTo(Shape.vector(5));
    long conv1 = 16 * 3 * 9;
    long conv2 = 20 * 16 * 9;
    assertThat(network.multiplyAdds()).isEqualTo(conv1 * 144 + conv2 * 16 + 80 * 12 + 12 * 5);
    assertThat(network.trainedParameters())
        .isEqualTo(conv1 + 32 + conv2 + 20 + 80 * 12 + 12 + 12 * 5 + 5);
    Network.LayerInfo conv = network.layers().get(4);
    assertThat(conv.node().name()).isEqualTo("conv2");
    assertThat(conv.inputs()).containsExactly(new Shape(16, 6, 6));
    assertThat(conv.output()).isEqualTo(new Shape(20, 4, 4));
    assertThat(conv.trainedParameters()).isEqualTo(conv2 + 20);
    assertThat(conv.cost().multiplyAdds()).isEqualTo(conv2 * 16);
    // running statistics are parameters, but not trained
    assertThat(network.layers().get(1).parameters()).hasSize(4);
    assertThat(network.layers().get(1).trainedParameters()).isEqualTo(32);
  }

  @Test
  void auxiliaryBranchesCanBeLeftOut() {
    Network network = TestNetworks.branched();
    assertThat(network.outputs()).extracting(Network.Output::weight).containsExactly(1.0, 0.3);
    Network main = network.withoutAuxiliaryOutputs();
    assertThat(main.outputs()).hasSize(1);
    assertThat(main.output()).isEqualTo(network.output()).isEqualTo(Shape.vector(4));
    // fc1 and what leads to it alone are gone, the others keep names and order
    assertThat(names(network)).contains("fc1", "flatten1");
    List<String> kept =
        names(network).stream()
            .filter(name -> !List.of("pool2", "flatten1", "fc1").contains(name))
            .toList();
    assertThat(names(main)).isEqualTo(kept);
    for (Network.Node node : main.nodes()) {
      Network.Node before = network.nodes().get(names(network).indexOf(node.name()));
      assertThat(inputNames(main, node)).isEqualTo(inputNames(network, before));
    }
    assertThat(main.withoutAuxiliaryOutputs()).isEqualTo(main);
  }

  private static List<String> inputNames(Network network, Network.Node node) {
    return node.inputs().stream()
        .map(i -> i < 0 ? "input" : network.nodes().get(i).name())
        .toList();
  }

  @Test
  void layersAreNumberedPerKindAndBlock() {
    Flow x = Flow.input(INPUT).conv(4, 3, 1, 1).batchNorm().relu().conv(4, 3, 1, 1);
    Flow y = x.in("stage1.block2").conv(4, 3, 1, 1).batchNorm();
    Flow z = x.conv(4, 1, 1, 0);
    Network network =
        y.add(z).in("").relu().globalAvgPool().then(Linear.of(7)).linear(3).network("named");
    assertThat(names(network))
        .containsExactly(
            "conv1",
            "bn1",
            "relu1",
            "conv2",
            "stage1.block2.conv1",
            "stage1.block2.bn1",
            "stage1.block2.conv2",
            "stage1.block2.add1",
            "relu2",
            "pool1",
            "fc1",
            "fc2");
    assertThat(network.name()).isEqualTo("named");
  }

  @Test
  void flowsTellTheirShape() {
    Flow x = Flow.input(3, 9, 8);
    assertThat(x.shape()).isEqualTo(new Shape(3, 9, 8));
    assertThat(x.conv(5, 3, 2, 1).shape()).isEqualTo(new Shape(5, 5, 4));
    Flow both = Flow.concat(x, x.conv(4, 1, 1, 0), x.maxPool(3, 1, 1));
    assertThat(both.shape()).isEqualTo(new Shape(10, 9, 8));
    assertThat(both.avgPool(2, 2).flatten().shape()).isEqualTo(Shape.vector(160));
  }

  @Test
  void biasOnlyWhereAskedFor() {
    Network network = Flow.input(INPUT).conv(4, 3, 1, 1).convBias(4, 3, 1, 1).network("two");
    assertThat(network.nodes())
        .extracting(n -> ((Conv2d) n.layer()).bias())
        .containsExactly(false, true);
  }

  @Test
  void pointsOfTwoNetworksDoNotMix() {
    Flow x = Flow.input(INPUT);
    Flow y = Flow.input(INPUT);
    Stream.<Runnable>of(() -> x.add(y), () -> Flow.concat(x, y))
        .forEach(
            mixing ->
                assertThatIllegalArgumentException()
                    .isThrownBy(mixing::run)
                    .withMessageContaining("different networks"));
  }

  @Test
  void aNetworkDoesNotChange() {
    Flow x = Flow.input(INPUT).conv(4, 3, 1, 1);
    Network before = x.network("one");
    x.relu();
    assertThat(before.nodes()).hasSize(1);
    assertThat(x.relu().network("three").nodes()).hasSize(3);
  }
}
