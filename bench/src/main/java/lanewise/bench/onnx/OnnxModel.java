package lanewise.bench.onnx;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.kernel.PoolSpec;
import lanewise.layer.Add;
import lanewise.layer.AvgPool2d;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Concat;
import lanewise.layer.Conv2d;
import lanewise.layer.Dropout;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Linear;
import lanewise.layer.LocalResponseNorm;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.layer.Sigmoid;
import lanewise.layer.Subsample;
import lanewise.layer.Tanh;
import lanewise.network.Network;
import lanewise.network.Network.LayerInfo;
import lanewise.network.Parameters;
import lanewise.tensor.Shape;

/// A network in evaluation as an ONNX model with the weights of ours: batch normalization as nodes
/// of its own (folding is the reader's business), dropout left out, auxiliary outputs gone. The
/// batch is the free dimension `N`.
///
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields,
/// https://onnx.ai/onnx/operators the operators.
public final class OnnxModel {

  /// Name of the input, of shape `N x C x H x W`.
  public static final String INPUT = "images";

  private static final long IR_VERSION = 8;
  private static final long OPERATOR_SET = 17;

  private final OnnxGraph graph;
  private final List<String> values = new ArrayList<>();

  private OnnxModel(Parameters parameters) {
    graph = new OnnxGraph(parameters);
  }

  /// Writes a model to a file.
  ///
  /// @param parameters values of this network's parameters
  /// @throws InvalidModelException if ONNX has no operator for a layer
  public static void write(Network network, Parameters parameters, Path file) throws IOException {
    ProtoMessage model = of(network, parameters);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      model.writeTo(out);
    }
  }

  static ProtoMessage of(Network network, Parameters parameters) {
    Network single = network.withoutAuxiliaryOutputs();
    return new OnnxModel(parameters).model(single);
  }

  private ProtoMessage model(Network network) {
    for (LayerInfo layer : network.layers()) {
      List<String> inputs =
          layer.node().inputs().stream().map(i -> i < 0 ? INPUT : values.get(i)).toList();
      values.add(value(layer, inputs));
    }
    Shape in = network.input();
    String output = values.get(network.outputs().get(0).node());
    ProtoMessage message =
        graph.message(
            network.name(),
            OnnxGraph.value(INPUT, in.channels(), in.height(), in.width()),
            OnnxGraph.value(output, network.output().channels()));
    return new ProtoMessage()
        .integer(1, IR_VERSION)
        .text(2, "lanewise")
        .message(7, message)
        .message(8, new ProtoMessage().text(1, "").integer(2, OPERATOR_SET));
  }

  /// Adds the nodes of a layer.
  ///
  /// @return name of what comes out
  private String value(LayerInfo info, List<String> inputs) {
    String name = info.node().name();
    Shape in = info.inputs().get(0);
    return switch (info.node().layer()) {
      case Conv2d l when !l.relu() -> conv(name, l, inputs.get(0));
      case Linear l when !l.relu() ->
          graph.node(
              "Gemm",
              name,
              withParameters(name, inputs.get(0), l.bias(), "weight"),
              OnnxGraph.integer("transB", 1));
      case BatchNorm2d l when !l.relu() && !l.residual() ->
          graph.node(
              "BatchNormalization",
              name,
              withParameters(
                  name, inputs.get(0), false, "weight", "bias", "running_mean", "running_var"),
              OnnxGraph.real("epsilon", l.epsilon()));
      case MaxPool2d l -> pool("MaxPool", name, l.spec(in), inputs);
      case AvgPool2d l -> averagePool(name, l, in, inputs);
      case GlobalAvgPool2d _ ->
          flatten(name, graph.node("GlobalAveragePool", name + ".map", inputs));
      case Flatten _ -> flatten(name, inputs.get(0));
      case LocalResponseNorm l -> localResponseNorm(name, l, inputs);
      case Subsample l -> subsample(name, l, in, inputs.get(0));
      case Dropout _ -> inputs.get(0);
      case ReLU _ -> graph.node("Relu", name, inputs);
      case Sigmoid _ -> graph.node("Sigmoid", name, inputs);
      case Tanh _ -> graph.node("Tanh", name, inputs);
      case Add _ -> graph.node(inputs.size() == 2 ? "Add" : "Sum", name, inputs);
      case Concat _ -> graph.node("Concat", name, inputs, OnnxGraph.integer("axis", 1));
      default -> throw refused(info, "ONNX has no operator for it");
    };
  }

  private String conv(String name, Conv2d l, String input) {
    return graph.node(
        "Conv",
        name,
        withParameters(name, input, l.bias(), "weight"),
        OnnxGraph.integers("kernel_shape", l.kernel(), l.kernel()),
        OnnxGraph.integers("strides", l.stride(), l.stride()),
        OnnxGraph.integers("pads", l.padding(), l.padding(), l.padding(), l.padding()),
        OnnxGraph.integer("group", l.groups()));
  }

  /// Ceil mode becomes padding behind the last row and column, about whose rounding readers differ.
  private String pool(
      String operator, String name, PoolSpec spec, List<String> inputs, ProtoMessage... more) {
    List<ProtoMessage> attributes = new ArrayList<>(List.of(more));
    int before = spec.padding();
    int below = Math.max(before, overhang(spec.outHeight(), spec.height(), spec));
    int right = Math.max(before, overhang(spec.outWidth(), spec.width(), spec));
    attributes.add(OnnxGraph.integers("kernel_shape", spec.kernel(), spec.kernel()));
    attributes.add(OnnxGraph.integers("strides", spec.stride(), spec.stride()));
    attributes.add(OnnxGraph.integers("pads", before, before, below, right));
    return graph.node(operator, name, inputs, attributes.toArray(ProtoMessage[]::new));
  }

  /// Rows or columns by which the last window reaches beyond the map.
  private static int overhang(int outputs, int size, PoolSpec spec) {
    return (outputs - 1) * spec.stride() + spec.kernel() - size - spec.padding();
  }

  private String averagePool(String name, AvgPool2d l, Shape in, List<String> inputs) {
    PoolSpec spec = l.spec(in);
    if (Math.max(
            overhang(spec.outHeight(), spec.height(), spec),
            overhang(spec.outWidth(), spec.width(), spec))
        > spec.padding()) {
      throw refused(name, "its last window reaches beyond the padding, where readers differ");
    }
    return pool("AveragePool", name, spec, inputs, OnnxGraph.integer("count_include_pad", 1));
  }

  private String localResponseNorm(String name, LocalResponseNorm l, List<String> inputs) {
    if (l.size() % 2 == 0) {
      throw refused(name, "ONNX centres windows of an even size elsewhere");
    }
    return graph.node(
        "LRN",
        name,
        inputs,
        OnnxGraph.integer("size", l.size()),
        OnnxGraph.real("alpha", l.alpha()),
        OnnxGraph.real("beta", l.beta()),
        OnnxGraph.real("bias", l.k()));
  }

  private String subsample(String name, Subsample l, Shape in, String input) {
    List<String> slice =
        List.of(
            input,
            graph.longs(name + ".starts", 0, 0),
            graph.longs(name + ".ends", in.height(), in.width()),
            graph.longs(name + ".axes", 2, 3),
            graph.longs(name + ".steps", l.stride(), l.stride()));
    String sliced = graph.node("Slice", name + ".rows", slice);
    int added = l.channels() - in.channels();
    return graph.node(
        "Pad", name, List.of(sliced, graph.longs(name + ".pads", 0, 0, 0, 0, 0, added, 0, 0)));
  }

  private String flatten(String name, String input) {
    return graph.node("Flatten", name, List.of(input), OnnxGraph.integer("axis", 1));
  }

  private List<String> withParameters(String layer, String input, boolean bias, String... names) {
    List<String> inputs = new ArrayList<>(List.of(input));
    for (String name : names) {
      inputs.add(graph.parameter(layer + "." + name));
    }
    if (bias) {
      inputs.add(graph.parameter(layer + ".bias"));
    }
    return inputs;
  }

  private static InvalidModelException refused(LayerInfo info, String why) {
    return refused("%s (%s)".formatted(info.node().name(), info.node().layer().kind()), why);
  }

  private static InvalidModelException refused(String layer, String why) {
    return new InvalidModelException(
        "layer %s cannot be written to ONNX: %s; compare a model without it".formatted(layer, why));
  }
}
