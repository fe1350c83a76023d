package lanewise.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The network that a request describes, of DJL's blocks; input -1 is the images.
final class DescribedBlock extends AbstractBlock {

  private final List<Request> nodes = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private final long[] outputs;
  private final int classes;

  DescribedBlock(Request network) {
    outputs = network.integers("outputs");
    classes = network.integer("classes");
    for (Object entry : network.list("nodes")) {
      Request node = new Request((Map<?, ?>) entry);
      Block block = block(node);
      nodes.add(node);
      blocks.add(block == null ? null : addChildBlock("node" + nodes.size(), block));
    }
  }

  /// The block of a node, or null where a function does.
  private static Block block(Request node) {
    return switch (node.text("kind")) {
      case "conv" ->
          Conv2d.builder()
              .setFilters(node.integer("filters"))
              .setKernelShape(square(node, "kernel"))
              .optStride(square(node, "stride"))
              .optPadding(square(node, "padding"))
              .optGroups(node.integer("groups"))
              .optBias(node.flag("bias"))
              .build();
      case "linear" ->
          Linear.builder().setUnits(node.integer("outputs")).optBias(node.flag("bias")).build();
      case "batch_norm" ->
          BatchNorm.builder()
              .optEpsilon((float) node.real("epsilon"))
              .optMomentum((float) (1 - node.real("momentum")))
              .build();
      case "dropout" -> Dropout.builder().optRate((float) node.real("probability")).build();
      default -> null;
    };
  }

  private static Shape square(Request node, String key) {
    return new Shape(node.integer(key), node.integer(key));
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList images,
      boolean training,
      PairList<String, Object> arguments) {
    List<NDArray> values = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      List<NDArray> inputs = new ArrayList<>();
      for (long from : nodes.get(i).integers("inputs")) {
        inputs.add(from < 0 ? images.get(0) : values.get((int) from));
      }
      Block block = blocks.get(i);
      values.add(
          block == null
              ? value(nodes.get(i), inputs)
              : block.forward(parameters, new NDList(inputs.get(0)), training).get(0));
    }
    NDList results = new NDList();
    for (long output : outputs) {
      results.add(values.get((int) output));
    }
    return results;
  }

  private static NDArray value(Request node, List<NDArray> inputs) {
    NDArray x = inputs.get(0);
    return switch (node.text("kind")) {
      case "relu" -> Activation.relu(x);
      case "sigmoid" -> Activation.sigmoid(x);
      case "tanh" -> Activation.tanh(x);
      case "add" -> inputs.stream().skip(1).reduce(x, NDArray::add);
      case "concat" -> NDArrays.concat(new NDList(inputs), 1);
      case "flatten" -> x.reshape(x.getShape().get(0), -1);
      case "global_avg_pool" -> Pool.globalAvgPool2d(x);
      case "max_pool" ->
          Pool.maxPool2d(
              x,
              square(node, "kernel"),
              square(node, "stride"),
              square(node, "padding"),
              node.flag("ceil"));
      case "avg_pool" ->
          Pool.avgPool2d(
              x,
              square(node, "kernel"),
              square(node, "stride"),
              square(node, "padding"),
              node.flag("ceil"),
              true);
      case "subsample" -> subsample(node, x);
      default -> throw new IllegalArgumentException("DJL has no " + node.text("kind"));
    };
  }

  private static NDArray subsample(Request node, NDArray x) {
    int stride = node.integer("stride");
    NDArray some = x.get(new NDIndex(":, :, ::" + stride + ", ::" + stride));
    long added = node.integer("channels") - x.getShape().get(1);
    if (added == 0) {
      return some;
    }
    Shape shape = some.getShape();
    Shape zeros = new Shape(shape.get(0), added, shape.get(2), shape.get(3));
    return some.concat(x.getManager().zeros(zeros), 1);
  }

  /// Blocks take no more from the shape of an input than its channels.
  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    for (int i = 0; i < blocks.size(); i++) {
      Request node = nodes.get(i);
      switch (node.text("kind")) {
        case "conv", "batch_norm" ->
            blocks.get(i).initialize(manager, type, new Shape(1, node.integer("channels"), 1, 1));
        case "linear" ->
            blocks.get(i).initialize(manager, type, new Shape(1, node.integer("inputs_n")));
        default -> {
          // nothing to initialize
        }
      }
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    Shape[] shapes = new Shape[outputs.length];
    Arrays.fill(shapes, new Shape(inputs[0].get(0), classes));
    return shapes;
  }
}
