package lanewise.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.PoolSpec;
import lanewise.kernel.reference.ReferenceActivation;
import lanewise.kernel.reference.ReferenceAdd;
import lanewise.kernel.reference.ReferenceBatchNorm;
import lanewise.kernel.reference.ReferenceConcat;
import lanewise.kernel.reference.ReferenceConv;
import lanewise.kernel.reference.ReferenceLinear;
import lanewise.kernel.reference.ReferencePool;
import lanewise.layer.Add;
import lanewise.layer.AvgPool2d;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Concat;
import lanewise.layer.Conv2d;
import lanewise.layer.Dropout;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Linear;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.layer.Sigmoid;
import lanewise.tensor.Shape;

/// A network's forward pass in double precision: the reference twins, layer by layer, nothing fused
/// and no memory shared.
final class ReferenceNetwork {

  private final int batch;
  private final boolean training;
  private final Map<String, double[]> parameters;
  private final List<double[]> values = new ArrayList<>();

  private ReferenceNetwork(int batch, boolean training, Map<String, double[]> parameters) {
    this.batch = batch;
    this.training = training;
    this.parameters = parameters;
  }

  /// The values of all nodes. Leaves the parameters as they are, running statistics included.
  ///
  /// @param parameters plain order, by the names of [Parameters]
  /// @param input plain N x C x H x W
  static List<double[]> values(
      Network network,
      int batch,
      boolean training,
      Map<String, double[]> parameters,
      double[] input) {
    ReferenceNetwork reference = new ReferenceNetwork(batch, training, parameters);
    List<Shape> shapes = network.shapes();
    for (Network.Node node : network.nodes()) {
      List<Shape> in = network.inputShapes(node, shapes);
      double[][] srcs =
          node.inputs().stream()
              .map(i -> i == Network.INPUT ? input : reference.values.get(i))
              .toArray(double[][]::new);
      reference.values.add(reference.layer(node, in, srcs));
    }
    return reference.values;
  }

  private double[] layer(Network.Node node, List<Shape> in, double[][] srcs) {
    Shape shape = in.get(0);
    double[] src = srcs[0];
    return switch (node.layer()) {
      case Conv2d layer -> {
        ConvSpec spec = layer.spec(shape);
        yield ReferenceConv.forward(spec, batch, src, get(node, "weight"), get(node, "bias"));
      }
      case Linear layer ->
          ReferenceLinear.forward(
              batch,
              shape.channels(),
              layer.outputs(),
              src,
              get(node, "weight"),
              get(node, "bias"));
      case BatchNorm2d layer -> batchNorm(node, layer, shape, src);
      case Add _ -> ReferenceAdd.forward(srcs);
      case Concat _ -> {
        int[] channels = in.stream().mapToInt(Shape::channels).toArray();
        yield ReferenceConcat.forward(batch, shape.pixels(), channels, srcs);
      }
      case ReLU _ -> ReferenceActivation.reluForward(src);
      case Sigmoid _ -> ReferenceActivation.sigmoidForward(src);
      case MaxPool2d layer -> ReferencePool.maxForward(layer.spec(shape), batch, src);
      case AvgPool2d layer -> {
        PoolSpec spec = layer.spec(shape);
        yield ReferencePool.averageForward(spec, batch, src);
      }
      case GlobalAvgPool2d _ ->
          ReferencePool.globalAverageForward(batch, shape.channels(), shape.pixels(), src);
      case Flatten _ -> src;
      case Dropout _ when !training -> src;
      default -> throw new IllegalArgumentException("no reference for " + node.layer());
    };
  }

  private double[] batchNorm(Network.Node node, BatchNorm2d layer, Shape shape, double[] src) {
    int channels = shape.channels();
    int pixels = shape.pixels();
    double[] mean = get(node, "running_mean");
    double[] variance = get(node, "running_var");
    if (training) {
      mean = ReferenceBatchNorm.mean(batch, channels, pixels, src);
      variance = ReferenceBatchNorm.variance(batch, channels, pixels, src);
    }
    return ReferenceBatchNorm.forwardInference(
        batch,
        channels,
        pixels,
        src,
        get(node, "weight"),
        get(node, "bias"),
        layer.epsilon(),
        mean,
        variance);
  }

  /// Null where the layer has no such parameter.
  private double[] get(Network.Node node, String name) {
    return parameters.get(node.name() + "." + name);
  }
}
