package lanewise.bench.onnx;

import java.util.List;
import lanewise.network.Parameters;

/// The graph of an ONNX model while it is built: nodes, and the constants that they take.
final class OnnxGraph {

  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int ATTRIBUTE_FLOAT = 1;
  private static final int ATTRIBUTE_INT = 2;
  private static final int ATTRIBUTE_INTS = 7;

  private final Parameters parameters;
  private final ProtoMessage nodes = new ProtoMessage();
  private final ProtoMessage constants = new ProtoMessage();

  OnnxGraph(Parameters parameters) {
    this.parameters = parameters;
  }

  /// Adds a node with one output.
  ///
  /// @param name of the node and of its output
  /// @return the same
  String node(String operator, String name, List<String> inputs, ProtoMessage... attributes) {
    ProtoMessage node = new ProtoMessage();
    inputs.forEach(input -> node.text(1, input));
    node.text(2, name).text(3, name).text(4, operator);
    for (ProtoMessage attribute : attributes) {
      node.message(5, attribute);
    }
    nodes.message(GRAPH_NODE, node);
    return name;
  }

  /// Adds a parameter of the network.
  ///
  /// @return its name
  String parameter(String name) {
    Parameters.Entry entry = parameters.entry(name);
    ProtoMessage tensor = new ProtoMessage();
    entry.parameter().shape().forEach(size -> tensor.integer(1, size));
    tensor
        .integer(2, FLOAT)
        .text(8, name)
        .rawFloats(9, entry.parameter().elements(), () -> parameters.get(name));
    constants.message(GRAPH_INITIALIZER, tensor);
    return name;
  }

  /// Adds a constant vector.
  ///
  /// @return its name
  String longs(String name, long... values) {
    constants.message(
        GRAPH_INITIALIZER,
        new ProtoMessage()
            .integer(1, values.length)
            .integer(2, INT64)
            .text(8, name)
            .rawLongs(9, values));
    return name;
  }

  /// The whole graph.
  ProtoMessage message(String name, ProtoMessage input, ProtoMessage output) {
    return new ProtoMessage()
        .embed(nodes)
        .text(2, name)
        .embed(constants)
        .message(11, input)
        .message(12, output);
  }

  /// A float tensor `N x sizes` that goes in or comes out.
  static ProtoMessage value(String name, int... sizes) {
    ProtoMessage shape = new ProtoMessage().message(1, new ProtoMessage().text(2, "N"));
    for (int size : sizes) {
      shape.message(1, new ProtoMessage().integer(1, size));
    }
    ProtoMessage tensor = new ProtoMessage().integer(1, FLOAT).message(2, shape);
    return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
  }

  /// An attribute with one integer.
  static ProtoMessage integer(String name, long value) {
    return new ProtoMessage().text(1, name).integer(3, value).integer(20, ATTRIBUTE_INT);
  }

  /// An attribute with integers.
  static ProtoMessage integers(String name, long... values) {
    return new ProtoMessage().text(1, name).integers(8, values).integer(20, ATTRIBUTE_INTS);
  }

  /// An attribute with a float.
  static ProtoMessage real(String name, double value) {
    return new ProtoMessage().text(1, name).real(2, (float) value).integer(20, ATTRIBUTE_FLOAT);
  }
}
