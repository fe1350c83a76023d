package lanewise.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.error.InvalidModelException;
import lanewise.layer.Add;
import lanewise.layer.AvgPool2d;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Concat;
import lanewise.layer.Conv2d;
import lanewise.layer.Dropout;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.LocalResponseNorm;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.layer.Sigmoid;
import lanewise.layer.Subsample;
import lanewise.layer.Tanh;
import lanewise.network.Network;
import lanewise.network.Network.LayerInfo;
import lanewise.tensor.Shape;

/// A network as JSON, so that another framework can build the same one: both do the same work.
final class NetworkJson {

  private NetworkJson() {}

  static Map<String, Object> of(Network network) {
    List<Object> nodes = new ArrayList<>();
    for (LayerInfo info : network.layers()) {
      Map<String, Object> node = layer(info.node().layer(), info.inputs().get(0));
      node.put("inputs", info.node().inputs());
      nodes.add(node);
    }
    Map<String, Object> object = new LinkedHashMap<>();
    Shape input = network.input();
    object.put("input", List.of(input.channels(), input.height(), input.width()));
    object.put("classes", network.output().channels());
    object.put("parameters", network.trainedParameters());
    object.put("nodes", nodes);
    object.put("outputs", network.outputs().stream().map(Network.Output::node).toList());
    object.put("weights", network.outputs().stream().map(Network.Output::weight).toList());
    return object;
  }

  private static Map<String, Object> layer(Layer layer, Shape in) {
    return switch (layer) {
      case Conv2d l ->
          object(
              "conv",
              "channels",
              in.channels(),
              "filters",
              l.filters(),
              "kernel",
              l.kernel(),
              "stride",
              l.stride(),
              "padding",
              l.padding(),
              "groups",
              l.groups(),
              "bias",
              l.bias());
      case Linear l ->
          object("linear", "inputs_n", in.channels(), "outputs", l.outputs(), "bias", l.bias());
      case BatchNorm2d l ->
          object(
              "batch_norm",
              "channels",
              in.channels(),
              "epsilon",
              l.epsilon(),
              "momentum",
              l.momentum());
      case MaxPool2d l ->
          object(
              "max_pool",
              "kernel",
              l.kernel(),
              "stride",
              l.stride(),
              "padding",
              l.padding(),
              "ceil",
              l.ceilMode());
      case AvgPool2d l ->
          object(
              "avg_pool",
              "kernel",
              l.kernel(),
              "stride",
              l.stride(),
              "padding",
              l.padding(),
              "ceil",
              l.ceilMode());
      case LocalResponseNorm l ->
          object("lrn", "size", l.size(), "alpha", l.alpha(), "beta", l.beta(), "k", l.k());
      case Subsample l -> object("subsample", "stride", l.stride(), "channels", l.channels());
      case Dropout l -> object("dropout", "probability", l.probability());
      case GlobalAvgPool2d _ -> object("global_avg_pool");
      case ReLU _ -> object("relu");
      case Sigmoid _ -> object("sigmoid");
      case Tanh _ -> object("tanh");
      case Flatten _ -> object("flatten");
      case Add _ -> object("add");
      case Concat _ -> object("concat");
      default ->
          throw new InvalidModelException(
              "the peers do not know the layer %s: compare a model without it"
                  .formatted(layer.kind()));
    };
  }

  private static Map<String, Object> object(String kind, Object... namesAndValues) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("kind", kind);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return object;
  }
}
