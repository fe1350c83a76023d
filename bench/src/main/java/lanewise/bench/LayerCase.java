package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.choice.ConvProblem;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvSpec;
import lanewise.layer.Conv2d;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.models.Models;
import lanewise.network.Network;
import lanewise.network.Network.LayerInfo;
import lanewise.tensor.Shape;
import org.openjdk.jmh.annotations.Param;

/// A layer of a model as the subject of a benchmark, named `MODEL/LAYER`: `vgg16/stage3.conv1`.
///
/// @param inputs shapes of its inputs
/// @param first whether nothing before it is trained, so that nobody wants its input's gradient
record LayerCase(String model, String name, Layer layer, List<Shape> inputs, boolean first) {

  /// Finds a layer by `MODEL/LAYER`.
  ///
  /// @throws InvalidModelException if there is none; says what it looked for
  static LayerCase of(String path) {
    int slash = path.indexOf('/');
    if (slash < 0) {
      throw new InvalidModelException(
          "\"%s\" names no layer: write MODEL/LAYER, as in vgg16/stage3.conv1".formatted(path));
    }
    Network network = Models.create(path.substring(0, slash));
    String name = path.substring(slash + 1);
    return all(network).stream()
        .filter(layer -> layer.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidModelException(
                    "%s has no layer %s; lanewise summary %s lists them"
                        .formatted(network.name(), name, network.name())));
  }

  /// All layers of a network.
  static List<LayerCase> all(Network network) {
    return network.layers().stream().map(info -> of(network, info)).toList();
  }

  private static LayerCase of(Network network, LayerInfo info) {
    boolean first = info.node().inputs().stream().allMatch(input -> input == Network.INPUT);
    return new LayerCase(
        network.name(), info.node().name(), info.node().layer(), info.inputs(), first);
  }

  /// The convolutions and linear layers of a network, one of each shape.
  static List<LayerCase> products(Network network) {
    Map<ConvSpec, LayerCase> distinct = new LinkedHashMap<>();
    for (LayerCase layer : all(network)) {
      layer.spec().ifPresent(spec -> distinct.putIfAbsent(spec, layer));
    }
    return List.copyOf(distinct.values());
  }

  /// The layers of a network that are neither convolutions nor linear, one of each shape.
  static List<LayerCase> others(Network network) {
    Map<List<Object>, LayerCase> distinct = new LinkedHashMap<>();
    for (LayerCase layer : all(network)) {
      boolean moves = !layer.layer.isIdentity(layer.inputs, true);
      if (layer.spec().isEmpty() && moves) {
        distinct.putIfAbsent(List.of(layer.layer, layer.inputs), layer);
      }
    }
    return List.copyOf(distinct.values());
  }

  /// Sizes of a convolution, or of a linear layer as the 1x1 convolution of a 1x1 map; empty for
  /// any other layer.
  Optional<ConvSpec> spec() {
    return switch (layer) {
      case Conv2d conv -> Optional.of(conv.spec(inputs.get(0)));
      case Linear linear -> Optional.of(ConvSpec.of(inputs.get(0), linear.outputs(), 1, 1, 0));
      default -> Optional.empty();
    };
  }

  /// The layers or models that a suite measures unless asked otherwise.
  static List<String> defaults(Suite suite) {
    try {
      return List.of(
          suite.benchmarks().getField(suite.subject()).getAnnotation(Param.class).value());
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The convolution that a benchmark of this layer runs.
  ///
  /// @param chooser the name of a chooser; see [BenchChoosers]
  /// @throws InvalidModelException if the layer is no convolution, or the one algorithm that is
  ///     ordered refuses it
  ConvProblem problem(String chooser, int batch, int threads) {
    ConvSpec sizes =
        spec().orElseThrow(() -> new InvalidModelException(path() + " is no convolution"));
    Optional<ConvAlgorithm> ordered = BenchChoosers.ordered(chooser);
    ordered
        .flatMap(algorithm -> algorithm.refuses(sizes))
        .ifPresent(
            reason -> {
              throw new InvalidModelException(
                  "%s refuses %s: %s".formatted(chooser, sizes, reason));
            });
    // A shape that can read a plain image is a first layer in every model that we have.
    boolean image = ConvAlgorithm.takesPlainImage(sizes);
    boolean reads = ordered.isEmpty() || ordered.get().sourceLanes(sizes) == sizes.channels();
    return new ConvProblem(sizes, image && reads, false, batch, threads);
  }

  /// `vgg16/stage3.conv1`.
  String path() {
    return model + "/" + name;
  }
}
