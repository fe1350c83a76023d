package lanewise.network;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lanewise.layer.Layer;
import lanewise.tensor.Shape;

/// Turns a network into the list of operations that a program runs: layers that nobody needs are
/// left out, identities give way to their input, and a layer that can do the next one on its way
/// out takes it over ([Layer#fuse]).
final class Fusion {

  /// One operation: a layer, or several in one.
  ///
  /// @param parameters names of the parameters that it uses, in the order in which the layer states
  ///     them: those of all layers that it does
  /// @param label names of all layers that it does, joined by `+`
  /// @param inputs nodes of the network whose values it takes
  /// @param output node of the network whose value it makes
  record Fused(
      List<String> parameters,
      String label,
      Layer layer,
      List<Integer> inputs,
      int output,
      Shape shape) {}

  private final Network network;
  private final boolean training;
  private final List<Shape> shapes;
  private final int[] consumers;
  private final int[] root;
  private final Fused[] made;

  private Fusion(Network network, boolean training) {
    this.network = network;
    this.training = training;
    shapes = network.shapes();
    consumers = new int[network.nodes().size()];
    root = new int[network.nodes().size()];
    made = new Fused[network.nodes().size()];
  }

  /// The operations in the order in which they run.
  static List<Fused> of(Network network, boolean training) {
    return new Fusion(network, training).run();
  }

  /// For each node, the node whose memory its value lies in (itself, unless it is an identity); see
  /// [Layer#isIdentity].
  static int[] roots(Network network, boolean training) {
    Fusion fusion = new Fusion(network, training);
    fusion.findRoots();
    return fusion.root;
  }

  private List<Fused> run() {
    findRoots();
    countConsumers();
    for (int i = 0; i < made.length; i++) {
      if (consumers[i] > 0 && root[i] == i) {
        make(i);
      }
    }
    return Arrays.stream(made).filter(f -> f != null).toList();
  }

  private void findRoots() {
    Set<Integer> outputs = network.outputs().stream().map(Network.Output::node).collect(toSet());
    Set<Integer> taken = new HashSet<>(List.of(Network.INPUT));
    for (int i = 0; i < root.length; i++) {
      Network.Node node = network.nodes().get(i);
      boolean identity = node.layer().isIdentity(network.inputShapes(node, shapes), training);
      root[i] = identity ? root(node.inputs().get(0)) : i;
      // An output has memory of its own: not the input's, and not another output's, since each has
      // its own loss gradient.
      if (outputs.contains(i) && !taken.add(root[i])) {
        root[i] = i;
      }
    }
  }

  private int root(int node) {
    return node == Network.INPUT ? Network.INPUT : root[node];
  }

  private void countConsumers() {
    // An output counts as two consumers, so that it is never fused away.
    network.outputs().forEach(o -> consumers[root[o.node()]] += 2);
    for (int i = root.length - 1; i >= 0; i--) {
      if (consumers[i] > 0 && root[i] == i) {
        for (int from : network.nodes().get(i).inputs()) {
          if (root(from) >= 0) {
            consumers[root(from)]++;
          }
        }
      }
    }
  }

  private void make(int index) {
    Network.Node node = network.nodes().get(index);
    List<Integer> inputs = node.inputs().stream().map(this::root).toList();
    List<String> parameters =
        node.layer().parameters(network.inputShapes(node, shapes)).stream()
            .map(p -> node.name() + "." + p.name())
            .toList();
    Fused result =
        new Fused(parameters, node.name(), node.layer(), inputs, index, shapes.get(index));
    // Fused layers take at most one more input than the first of them.
    int slots = inputs.size() <= 2 ? inputs.size() : 0;
    for (int slot = slots - 1; slot >= 0; slot--) {
      int from = inputs.get(slot);
      if (from < 0 || consumers[from] != 1 || made[from] == null) {
        continue;
      }
      Fused first = made[from];
      Optional<Layer> both = first.layer().fuse(node.layer(), training);
      if (both.isPresent()) {
        List<Integer> all = new ArrayList<>(first.inputs());
        all.addAll(inputs.subList(0, slot));
        all.addAll(inputs.subList(slot + 1, inputs.size()));
        List<String> names = new ArrayList<>(first.parameters());
        names.addAll(parameters);
        String label = first.label() + "+" + node.name();
        made[from] = null;
        result = new Fused(names, label, both.get(), all, index, shapes.get(index));
        break;
      }
    }
    made[index] = result;
  }
}
