package lanewise.network;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lanewise.kernel.Cpu;
import lanewise.layer.Layer;
import lanewise.tensor.Shape;

/// Turns a network into the list of operations that a program runs: layers that nobody needs are
/// left out, identities give way to their input, a layer that can do the next one on its way out
/// takes it over ([Layer#fuse]), and layers of one input may become one operation
/// ([Layer#beside]), whose value is then a node more than the network has.
final class Fusion {

  /// One operation: a layer, or several in one.
  ///
  /// @param parameters names of the parameters that it uses, in the order in which the layer states
  ///     them: those of all layers that it does. Several names are one parameter of the layer,
  ///     which lie one behind the other in memory
  /// @param label names of all layers that it does, joined by `+`
  /// @param inputs nodes whose values it takes
  /// @param output node whose value it makes
  record Fused(
      List<List<String>> parameters,
      String label,
      Layer layer,
      List<Integer> inputs,
      int output,
      Shape shape) {}

  /// A node whose value is some channels of another's, and whose gradient of that one's.
  ///
  /// @param channel the first of them, a whole number of blocks
  record Part(int node, int whole, int channel) {}

  private final Network network;
  private final boolean training;
  private final List<Shape> shapes;
  private final int[] consumers;
  private final int[] root;
  private final Fused[] made;
  private final List<Part> parts = new ArrayList<>();

  private Fusion(Network network, boolean training) {
    this.network = network;
    this.training = training;
    shapes = new ArrayList<>(network.shapes());
    consumers = new int[network.nodes().size()];
    root = new int[network.nodes().size()];
    made = new Fused[network.nodes().size()];
  }

  /// What a program of a network runs.
  static Fusion of(Network network, boolean training) {
    Fusion fusion = new Fusion(network, training);
    fusion.run();
    return fusion;
  }

  /// The operations in the order in which they run.
  List<Fused> operations() {
    return Arrays.stream(made).filter(f -> f != null).toList();
  }

  /// Shapes of all nodes: the network's, then those of what was joined.
  List<Shape> shapes() {
    return shapes;
  }

  /// Nodes that no operation makes by themselves.
  List<Part> parts() {
    return parts;
  }

  /// What a node is some channels of, if it is.
  Optional<Part> part(int node) {
    return parts.stream().filter(part -> part.node() == node).findFirst();
  }

  /// For each node, the node whose memory its value lies in (itself, unless it is an identity); see
  /// [Layer#isIdentity].
  static int[] roots(Network network, boolean training) {
    Fusion fusion = new Fusion(network, training);
    fusion.findRoots();
    return fusion.root;
  }

  private void run() {
    findRoots();
    countConsumers();
    for (int i = 0; i < made.length; i++) {
      if (consumers[i] > 0 && root[i] == i) {
        make(i);
      }
    }
    for (int i = 0; i < made.length; i++) {
      joinBeside(i);
    }
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
    List<List<String>> parameters =
        node.layer().parameters(network.inputShapes(node, shapes)).stream()
            .map(p -> List.of(node.name() + "." + p.name()))
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
        List<List<String>> names = new ArrayList<>(first.parameters());
        names.addAll(parameters);
        String label = first.label() + "+" + node.name();
        made[from] = null;
        result = new Fused(names, label, both.get(), all, index, shapes.get(index));
        break;
      }
    }
    made[index] = result;
  }

  /// Joins to an operation those behind it that take the same value and can be one with it.
  private void joinBeside(int index) {
    Fused first = made[index];
    if (first == null || !mayJoin(first)) {
      return;
    }
    List<Shape> input = List.of(shapes.get(first.inputs().get(0)));
    Fused joined = first;
    List<Part> joinedParts = new ArrayList<>();
    for (int i = index + 1; i < made.length; i++) {
      Fused other = made[i];
      if (other == null || !mayJoin(other) || !other.inputs().equals(first.inputs())) {
        continue;
      }
      Optional<Layer> both = joined.layer().beside(other.layer(), training);
      if (both.isPresent()) {
        int whole = shapes.size();
        int channel = Math.ceilDiv(joined.shape().channels(), Cpu.lanes()) * Cpu.lanes();
        joinedParts.add(new Part(i, whole, channel));
        String label = joined.label() + "+" + other.label();
        Shape shape = both.get().outputShape(input);
        List<List<String>> names =
            training
                ? together(joined.parameters(), other.parameters())
                : Stream.concat(joined.parameters().stream(), other.parameters().stream()).toList();
        joined = new Fused(names, label, both.get(), first.inputs(), whole, shape);
        made[i] = null;
      }
    }
    if (joined != first) {
      parts.add(new Part(first.output(), joined.output(), 0));
      parts.addAll(joinedParts);
      shapes.add(joined.shape());
      made[index] = joined;
    }
  }

  /// Whether an operation may become one with others. The network's outputs have memory of their
  /// own; what is only there to be concatenated lies in the concatenation from the start, and would
  /// have to be copied.
  private boolean mayJoin(Fused f) {
    boolean comesOut = network.outputs().stream().anyMatch(o -> root[o.node()] == f.output());
    boolean concatenated =
        consumers[f.output()] == 1
            && operations().stream()
                .anyMatch(g -> g.layer().concatenates() && g.inputs().contains(f.output()));
    return f.inputs().size() == 1
        && f.inputs().get(0) != Network.INPUT
        && !comesOut
        && !concatenated;
  }

  private static List<List<String>> together(List<List<String>> first, List<List<String>> other) {
    List<List<String>> result = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      List<String> names = new ArrayList<>(first.get(i));
      names.addAll(other.get(i));
      result.add(names);
    }
    return result;
  }
}
