package lanewise.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lanewise.error.InvalidModelException;
import lanewise.layer.Parameter;
import lanewise.network.Network.LayerInfo;
import lanewise.network.Network.Node;
import lanewise.tensor.Shape;

/// What follows from the description of a network alone, per layer: memory, parameters, operations
/// forward and backward, and the bytes that a step must move.
///
/// ```java
/// Theory theory = Theory.of(Models.create("vgg16"), Theory.Counting.LECTURE);
/// theory.layers().get(0).forwardOperations();   // of one sample
/// theory.traffic(0, 64, Mode.TRAINING).bytes(); // of a step with a batch of 64
/// ```
///
/// Operations are counted per sample; [Counting] says how. Backward costs a layer with weights the
/// same again for their gradient and, unless nothing before it is trained (as in the first layer),
/// for the gradient of its input; any other layer once its forward cost, under the same condition.
///
/// Bytes are counted per step, in 4-byte floats, as if every layer (or fused group of layers) read
/// and wrote each of its arrays exactly once and nothing stayed in a cache in between:
///
/// | pass | read | written |
/// |---|---|---|
/// | forward | inputs, parameters | output |
/// | backward | gradient of the output; weights if the input's gradient is wanted; inputs and
/// output where the layer's backward reads them | gradients of trained parameters and of the inputs
/// that want one |
/// | update | parameters, gradients, momentum | parameters, momentum |
///
/// Update is that of gradient descent with momentum. A layer whose output is its input (dropout in
/// inference) moves nothing. A kernel that goes over its arrays twice moves more; one whose arrays
/// come from the cache, less.
public final class Theory {

  /// Arrays of the parameters' size that an update with momentum reads or writes.
  private static final int UPDATE_PASSES = 5;

  /// How operations are counted.
  ///
  /// @param biases whether adding a bias counts as one operation per output value
  /// @param strict whether a multiply-add counts as two operations instead of one
  public record Counting(boolean biases, boolean strict) {

    /// As the lecture and the papers do: a multiply-add is one operation, biases are not counted.
    public static final Counting LECTURE = new Counting(false, false);

    /// As hardware is measured: two operations per multiply-add.
    public static final Counting FLOPS = new Counting(false, true);
  }

  /// One layer.
  ///
  /// @param info shapes, parameters and cost as the layer states them
  /// @param outputBytes bytes of one sample's output
  /// @param parameters trained parameters, biases included
  /// @param biases those of them that are biases of a convolution or linear layer
  /// @param forwardOperations operations of one sample's forward pass
  /// @param backwardOperations operations of one sample's backward pass
  public record Layer(
      LayerInfo info,
      long outputBytes,
      long parameters,
      long biases,
      long forwardOperations,
      long backwardOperations) {

    /// Memory of one sample's output as the lecture prints it: in units of 1,024 bytes.
    public double outputKilobytes() {
      return outputBytes / 1024.0;
    }
  }

  /// Bytes that one step must move.
  public record Traffic(long forward, long backward, long update) {

    /// All of them.
    public long bytes() {
      return forward + backward + update;
    }

    Traffic plus(Traffic other) {
      return new Traffic(forward + other.forward, backward + other.backward, update + other.update);
    }
  }

  private final Network network;
  private final List<Layer> layers = new ArrayList<>();
  private final Map<String, Integer> index = new HashMap<>();
  private final boolean[] wantsGradient;

  private Theory(Network network, Counting counting) {
    this.network = network;
    List<LayerInfo> infos = network.layers();
    wantsGradient = new boolean[infos.size()];
    for (int i = 0; i < infos.size(); i++) {
      LayerInfo info = infos.get(i);
      Node node = info.node();
      index.put(node.name(), i);
      boolean inputWantsGradient = node.inputs().stream().anyMatch(this::wantsGradient);
      wantsGradient[i] = inputWantsGradient || info.trainedParameters() > 0;
      layers.add(layer(info, inputWantsGradient, counting));
    }
  }

  /// The theory of a network, auxiliary outputs included.
  public static Theory of(Network network, Counting counting) {
    return new Theory(network, counting);
  }

  private boolean wantsGradient(int node) {
    return node != Network.INPUT && wantsGradient[node];
  }

  private static Layer layer(LayerInfo info, boolean inputWantsGradient, Counting counting) {
    boolean weights = info.cost().multiplyAdds() > 0;
    long products = info.cost().multiplyAdds() * (counting.strict ? 2 : 1);
    long others = info.cost().otherOperations();
    long biases =
        weights
            ? info.parameters().stream()
                .filter(p -> p.name().equals("bias"))
                .mapToLong(Parameter::elements)
                .sum()
            : 0;
    long additions = counting.biases && biases > 0 ? info.output().elements() : 0;
    long perGradient = products + others;
    int gradients = (weights ? 1 : 0) + (inputWantsGradient ? 1 : 0);
    return new Layer(
        info,
        info.output().elements() * Float.BYTES,
        info.trainedParameters(),
        biases,
        perGradient + additions,
        perGradient * gradients + additions);
  }

  /// The network.
  public Network network() {
    return network;
  }

  /// All layers in order.
  public List<Layer> layers() {
    return List.copyOf(layers);
  }

  /// The layer of this name.
  ///
  /// @throws InvalidModelException if the network has none
  public Layer layer(String name) {
    return layers.get(indexOf(name));
  }

  private int indexOf(String name) {
    Integer found = index.get(name);
    if (found == null) {
      throw new InvalidModelException("%s has no layer %s".formatted(network.name(), name));
    }
    return found;
  }

  /// Bytes that one layer must move in a step.
  public Traffic traffic(int layer, int batch, Mode mode) {
    return traffic(new TreeSet<>(Set.of(layer)), batch, mode);
  }

  /// Bytes that layers fused into one operation must move in a step: what passes between them is
  /// not moved.
  ///
  /// @param names the layers' names
  public Traffic traffic(List<String> names, int batch, Mode mode) {
    TreeSet<Integer> group = new TreeSet<>();
    names.forEach(name -> group.add(indexOf(name)));
    return traffic(group, batch, mode);
  }

  /// Bytes that all layers together must move in a step, each by itself.
  public Traffic traffic(int batch, Mode mode) {
    Traffic sum = new Traffic(0, 0, 0);
    for (int i = 0; i < layers.size(); i++) {
      sum = sum.plus(traffic(i, batch, mode));
    }
    return sum;
  }

  private Traffic traffic(TreeSet<Integer> group, int batch, Mode mode) {
    boolean training = mode == Mode.TRAINING;
    if (group.stream().allMatch(i -> isIdentity(i, training))) {
      return new Traffic(0, 0, 0);
    }
    Set<Integer> from = new HashSet<>();
    long parameters = 0;
    long trained = 0;
    boolean readsInputs = false;
    boolean readsOutput = false;
    for (int i : group) {
      LayerInfo info = layers.get(i).info();
      info.node().inputs().stream().filter(in -> !group.contains(in)).forEach(from::add);
      parameters += info.parameters().stream().mapToLong(Parameter::elements).sum();
      trained += info.trainedParameters();
      readsInputs |= info.node().layer().backwardReadsInputs();
      readsOutput |= info.node().layer().backwardReadsOutput();
    }
    long inputs = batch * from.stream().mapToLong(this::elements).sum();
    long wanted = batch * from.stream().filter(this::wantsGradient).mapToLong(this::elements).sum();
    long output = batch * elements(group.last());
    long forward = inputs + parameters + output;
    if (!training) {
      return new Traffic(forward * Float.BYTES, 0, 0);
    }
    long backward = 0;
    if (wantsGradient(group.last())) {
      backward = output + (wanted > 0 ? trained : 0) + trained + wanted;
      backward += (readsInputs ? inputs : 0) + (readsOutput ? output : 0);
    }
    return new Traffic(
        forward * Float.BYTES, backward * Float.BYTES, UPDATE_PASSES * trained * Float.BYTES);
  }

  private boolean isIdentity(int layer, boolean training) {
    LayerInfo info = layers.get(layer).info();
    return info.node().layer().isIdentity(info.inputs(), training);
  }

  private long elements(int node) {
    Shape shape = node == Network.INPUT ? network.input() : layers.get(node).info().output();
    return shape.elements();
  }

  /// Bytes of one sample's outputs of all layers.
  public long outputBytes() {
    return layers.stream().mapToLong(Layer::outputBytes).sum();
  }

  /// Trained parameters.
  public long parameters() {
    return layers.stream().mapToLong(Layer::parameters).sum();
  }

  /// Operations of one sample's forward pass.
  public long forwardOperations() {
    return layers.stream().mapToLong(Layer::forwardOperations).sum();
  }

  /// Operations of one sample's backward pass.
  public long backwardOperations() {
    return layers.stream().mapToLong(Layer::backwardOperations).sum();
  }

  /// Names of the layers that a fused operation does; see [Program#operationLabel].
  public static List<String> layersOf(String operationLabel) {
    return Arrays.asList(operationLabel.split("\\+"));
  }
}
