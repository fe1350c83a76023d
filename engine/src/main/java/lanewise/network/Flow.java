package lanewise.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lanewise.layer.Add;
import lanewise.layer.AvgPool2d;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Concat;
import lanewise.layer.Conv2d;
import lanewise.layer.Dropout;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Initialization;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.layer.Sigmoid;
import lanewise.tensor.Shape;

/// A point in a network that is being described: each method adds a layer after this point and
/// returns the point after it, so a topology reads top to bottom and branches are just variables:
///
/// ```java
/// Flow x = Flow.input(3, 32, 32).conv(16, 3, 1, 1).batchNorm().relu();
/// Flow branch = x.conv(16, 3, 1, 1).batchNorm();
/// Network net = branch.add(x).relu().globalAvgPool().linear(100).network("tiny");
/// ```
///
/// Layers are numbered per kind (`conv1`, `bn1`, `conv2`), within the block that [#in(String)]
/// names (`stage2.conv1`). A flow is a value: it can be continued several times.
public final class Flow {

  private final Graph graph;
  private final int node;

  private Flow(Graph graph, int node) {
    this.graph = graph;
    this.node = node;
  }

  private static final class Graph {
    final Shape input;
    final List<Network.Node> nodes = new ArrayList<>();
    final List<Network.Output> auxiliary = new ArrayList<>();
    final Map<String, Integer> counts = new HashMap<>();
    String block = "";

    Graph(Shape input) {
      this.input = input;
    }
  }

  /// The input of a new network.
  public static Flow input(int channels, int height, int width) {
    return input(new Shape(channels, height, width));
  }

  /// The input of a new network.
  public static Flow input(Shape shape) {
    return new Flow(new Graph(shape), Network.INPUT);
  }

  /// Puts the layers that follow (on every branch) into a block of this name; `""` ends it.
  public Flow in(String block) {
    graph.block = block;
    return this;
  }

  /// Adds any layer that takes this point alone.
  public Flow then(Layer layer) {
    return append(layer, List.of(node));
  }

  private Flow append(Layer layer, List<Integer> inputs) {
    String prefix = graph.block.isEmpty() ? "" : graph.block + ".";
    int number = graph.counts.merge(prefix + layer.kind(), 1, Integer::sum);
    graph.nodes.add(new Network.Node(prefix + layer.kind() + number, layer, inputs));
    return new Flow(graph, graph.nodes.size() - 1);
  }

  /// Convolution without bias, as before batch normalization.
  public Flow conv(int filters, int kernel, int stride, int padding) {
    return then(Conv2d.of(filters, kernel).stride(stride).padding(padding).withoutBias());
  }

  /// Convolution with bias.
  public Flow convBias(int filters, int kernel, int stride, int padding) {
    return then(Conv2d.of(filters, kernel).stride(stride).padding(padding));
  }

  /// Batch normalization.
  public Flow batchNorm() {
    return then(new BatchNorm2d());
  }

  /// ReLU.
  public Flow relu() {
    return then(new ReLU());
  }

  /// Sigmoid.
  public Flow sigmoid() {
    return then(new Sigmoid());
  }

  /// Max pooling.
  public Flow maxPool(int kernel, int stride, int padding) {
    return then(new MaxPool2d(kernel, stride, padding, false));
  }

  /// Average pooling without padding.
  public Flow avgPool(int kernel, int stride) {
    return then(new AvgPool2d(kernel, stride, 0, false));
  }

  /// Average over each whole map: C x H x W -> C.
  public Flow globalAvgPool() {
    return then(new GlobalAvgPool2d());
  }

  /// Dropout with the probability of dropping a value.
  public Flow dropout(double probability) {
    return then(new Dropout(probability));
  }

  /// C x H x W -> vector.
  public Flow flatten() {
    return then(new Flatten());
  }

  /// Fully connected layer with bias.
  public Flow linear(int outputs) {
    return then(Linear.of(outputs));
  }

  /// Fully connected layer with bias whose weights start small: all classes begin about equally
  /// likely.
  public Flow classScores(int classes) {
    return then(Linear.of(classes).scheme(Initialization.Scheme.SMALL_NORMAL));
  }

  /// The sum of this and another point.
  public Flow add(Flow other) {
    return append(new Add(), List.of(node, same(other)));
  }

  /// Concatenation along channels.
  public static Flow concat(Flow first, Flow... others) {
    List<Integer> inputs = new ArrayList<>(List.of(first.node));
    for (Flow other : others) {
      inputs.add(first.same(other));
    }
    return first.append(new Concat(), inputs);
  }

  private int same(Flow other) {
    if (Objects.requireNonNull(other).graph != graph) {
      throw new IllegalArgumentException("the two points belong to different networks");
    }
    return other.node;
  }

  /// Shape at this point.
  public Shape shape() {
    return node == Network.INPUT
        ? graph.input
        : new Network("unfinished", graph.input, graph.nodes, List.of(new Network.Output(node, 1)))
            .output();
  }

  /// Marks this point as an auxiliary output, used in training only.
  ///
  /// @param weight weight of its loss beside the main output's 1
  public void auxiliaryOutput(double weight) {
    graph.auxiliary.add(new Network.Output(node, weight));
  }

  /// The network that ends here.
  public Network network(String name) {
    List<Network.Output> outputs = new ArrayList<>(List.of(new Network.Output(node, 1)));
    outputs.addAll(graph.auxiliary);
    return new Network(name, graph.input, graph.nodes, outputs);
  }
}
