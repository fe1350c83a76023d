package lanewise.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lanewise.error.InvalidModelException;
import lanewise.layer.Cost;
import lanewise.layer.Layer;
import lanewise.layer.Parameter;
import lanewise.tensor.Shape;

/// A network described: an immutable graph of named layers in an order in which they can be
/// computed. Holds no numbers. Built with [Flow], or from data with the constructor.
///
/// @param name name of the model
/// @param input shape of one input sample
/// @param nodes layers; each takes earlier nodes, or the network's input
/// @param outputs where results come out; the first is the network's output, the others are
///     auxiliary ones that only training uses
public record Network(String name, Shape input, List<Node> nodes, List<Output> outputs) {

  /// Index that stands for the network's input.
  public static final int INPUT = -1;

  /// A layer with a name and the indices of the nodes that it takes.
  public record Node(String name, Layer layer, List<Integer> inputs) {
    public Node {
      inputs = List.copyOf(inputs);
    }
  }

  /// @param node index of the node whose value comes out
  /// @param weight weight of its loss in training
  public record Output(int node, double weight) {}

  public Network {
    nodes = List.copyOf(nodes);
    outputs = List.copyOf(outputs);
    Set<String> names = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (!names.add(node.name())) {
        throw new InvalidModelException("%s: two layers are named %s".formatted(name, node.name()));
      }
      for (int from : node.inputs()) {
        if (from < INPUT || from >= i) {
          throw new InvalidModelException(
              "%s: layer %s takes node %d, which does not come before it"
                  .formatted(name, node.name(), from));
        }
      }
    }
    if (outputs.isEmpty()
        || outputs.stream().anyMatch(o -> o.node() < 0 || o.node() >= names.size())) {
      throw new InvalidModelException(name + ": outputs must be layers of the network");
    }
    if (outputs.stream().map(Output::node).distinct().count() < outputs.size()) {
      throw new InvalidModelException(name + ": a layer is an output twice; give it one weight");
    }
    shapes(name, input, nodes);
  }

  /// Output shape of each node.
  public List<Shape> shapes() {
    return shapes(name, input, nodes);
  }

  private static List<Shape> shapes(String network, Shape input, List<Node> nodes) {
    List<Shape> shapes = new ArrayList<>();
    for (Node node : nodes) {
      List<Shape> inputs =
          node.inputs().stream().map(i -> i == INPUT ? input : shapes.get(i)).toList();
      try {
        shapes.add(node.layer().outputShape(inputs));
      } catch (InvalidModelException e) {
        throw new InvalidModelException(
            "%s, layer %s (input %s): %s".formatted(network, node.name(), inputs, e.getMessage()),
            e);
      }
    }
    return shapes;
  }

  /// Shapes of the inputs of a node, given those of all nodes.
  public List<Shape> inputShapes(Node node, List<Shape> shapes) {
    return node.inputs().stream().map(i -> i == INPUT ? input : shapes.get(i)).toList();
  }

  /// Shape of the (first) output.
  public Shape output() {
    return shapes().get(outputs.get(0).node());
  }

  /// One layer's row of the tables: everything that follows from the description.
  ///
  /// @param inputs shapes of its inputs
  /// @param output shape of its output
  /// @param parameters its parameters
  /// @param cost its forward cost for one sample
  public record LayerInfo(
      Node node, List<Shape> inputs, Shape output, List<Parameter> parameters, Cost cost) {

    /// Number of trained parameters.
    public long trainedParameters() {
      return parameters.stream()
          .filter(p -> p.role().trained())
          .mapToLong(Parameter::elements)
          .sum();
    }
  }

  /// All layers in order with their shapes, parameters and costs.
  public List<LayerInfo> layers() {
    List<Shape> shapes = shapes();
    List<LayerInfo> result = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      List<Shape> inputs = inputShapes(node, shapes);
      result.add(
          new LayerInfo(
              node,
              inputs,
              shapes.get(i),
              node.layer().parameters(inputs),
              node.layer().cost(inputs)));
    }
    return result;
  }

  /// Number of trained parameters.
  public long trainedParameters() {
    return layers().stream().mapToLong(LayerInfo::trainedParameters).sum();
  }

  /// Multiply-adds of one sample's forward pass, auxiliary outputs included.
  public long multiplyAdds() {
    return layers().stream().mapToLong(l -> l.cost().multiplyAdds()).sum();
  }

  /// The network that computes the first output alone: auxiliary branches are gone.
  public Network withoutAuxiliaryOutputs() {
    boolean[] needed = new boolean[nodes.size()];
    needed[outputs.get(0).node()] = true;
    for (int i = nodes.size() - 1; i >= 0; i--) {
      for (int from : nodes.get(i).inputs()) {
        if (needed[i] && from >= 0) {
          needed[from] = true;
        }
      }
    }
    int[] index = new int[nodes.size()];
    List<Node> kept = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (needed[i]) {
        index[i] = kept.size();
        Node node = nodes.get(i);
        List<Integer> inputs =
            node.inputs().stream().map(from -> from == INPUT ? INPUT : index[from]).toList();
        kept.add(new Node(node.name(), node.layer(), inputs));
      }
    }
    return new Network(name, input, kept, List.of(new Output(index[outputs.get(0).node()], 1)));
  }
}
