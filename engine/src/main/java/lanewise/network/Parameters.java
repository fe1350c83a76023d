package lanewise.network;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.error.InvalidModelException;
import lanewise.layer.Parameter;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;

/// All parameters of a network in one flat off-heap array: the trained ones first, in the order of
/// the layers, then the running statistics. Where training runs several layers as one, their
/// weights lie together, where the first of them does. Programs of any batch size and mode share
/// one instance. Gradients have the same layout as the trained part, so an optimizer step is one
/// pass over two arrays.
///
/// Programs for inference keep values that follow from parameters, such as weights with a folded
/// batch normalization. So every change moves [#version()]: those through this class and by
/// training programs and optimizers do; who writes into the memory itself calls [#markChanged()].
///
/// Owns no memory of its own: it lives as long as the [Memory] that it was made in. Not safe for
/// concurrent writing.
public final class Parameters {

  /// One parameter in the flat array.
  ///
  /// @param name layer and parameter: `stage1.conv1.weight`
  /// @param offset first float in the array
  public record Entry(String name, Parameter parameter, long offset, MemorySegment values) {

    /// Floats in the array, padding included.
    public long floats() {
      return parameter.packing().floats();
    }
  }

  private final Network network;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final MemorySegment values;
  private final MemorySegment withRoom;
  private final long trainedFloats;
  private final long seed;
  private long version;

  private Parameters(Network network, Memory memory, long seed) {
    this.network = network;
    this.seed = seed;
    List<Parameter> parameters = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (boolean trained : new boolean[] {true, false}) {
      for (Network.LayerInfo layer : network.layers()) {
        for (Parameter parameter : layer.parameters()) {
          if (parameter.role().trained() == trained) {
            parameters.add(parameter);
            names.add(layer.node().name() + "." + parameter.name());
          }
        }
      }
    }
    long bytes = floats(parameters, false) * Float.BYTES;
    withRoom = memory.allocate("parameters of " + network.name(), bytes + Tensor.ROOM);
    values = withRoom.asSlice(0, bytes);
    trainedFloats = floats(parameters, true);
    Map<String, Long> offsets = place(names, parameters);
    for (int i = 0; i < names.size(); i++) {
      Parameter p = parameters.get(i);
      long offset = offsets.get(names.get(i));
      MemorySegment slice = slice(offset, p.packing().floats());
      entries.put(names.get(i), new Entry(names.get(i), p, offset, slice));
    }
  }

  /// The first float of each.
  private Map<String, Long> place(List<String> names, List<Parameter> parameters) {
    Map<String, List<String>> together = new HashMap<>();
    for (Fusion.Fused f : Fusion.of(network, true).operations()) {
      f.parameters().forEach(p -> together.put(p.get(0), p));
    }
    Map<String, Long> floats = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      floats.put(names.get(i), parameters.get(i).packing().floats());
    }
    Map<String, Long> offsets = new HashMap<>();
    long offset = 0;
    for (String first : names) {
      for (String name : together.getOrDefault(first, List.of(first))) {
        if (offsets.putIfAbsent(name, offset) == null) {
          offset += floats.get(name);
        }
      }
    }
    return offsets;
  }

  private MemorySegment slice(long offset, long floats) {
    return values.asSlice(offset * Float.BYTES, floats * Float.BYTES);
  }

  private static long floats(List<Parameter> parameters, boolean trainedOnly) {
    return parameters.stream()
        .filter(p -> p.role().trained() || !trainedOnly)
        .mapToLong(p -> p.packing().floats())
        .sum();
  }

  /// Allocates the parameters of a network and initializes them from a seed, each as its layer
  /// says.
  public static Parameters create(Network network, Memory memory, long seed) {
    Parameters result = new Parameters(network, memory, seed);
    int index = 0;
    for (Entry entry : result.entries.values()) {
      Parameter p = entry.parameter();
      float[] plain = new float[Math.toIntExact(p.elements())];
      p.initialization().fill(plain, CounterRandom.key(seed, Purpose.INITIALIZATION, index++));
      p.packing().pack(plain, entry.values());
    }
    return result;
  }

  /// The seed that they were initialized from; random masks of the layers depend on it too.
  public long seed() {
    return seed;
  }

  /// The network that these are the parameters of.
  public Network network() {
    return network;
  }

  /// All parameters: the trained ones in the order of the layers, then the others.
  public List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  /// One parameter.
  ///
  /// @throws InvalidModelException if the network has none of this name
  public Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new InvalidModelException("%s has no parameter %s".formatted(network.name(), name));
    }
    return entry;
  }

  /// Several parameters that lie one behind the other: the first, with as many floats as all have.
  ///
  /// @throws InvalidModelException if they do not lie so, because these are the parameters of
  ///     another network
  Entry together(List<String> names) {
    Entry first = entry(names.get(0));
    long end = first.offset();
    for (String name : names) {
      Entry next = entry(name);
      if (next.offset() != end) {
        throw new InvalidModelException(
            ("%s: parameter %s does not lie behind %s;"
                    + " make the parameters from the network that runs")
                .formatted(network.name(), name, names.get(0)));
      }
      end += next.floats();
    }
    return new Entry(
        first.name(),
        first.parameter(),
        first.offset(),
        slice(first.offset(), end - first.offset()));
  }

  /// The values of an entry as kernels want them: [Tensor#ROOM] bytes behind the last one are in
  /// reach, where others may lie.
  MemorySegment withRoom(Entry entry) {
    return withRoom.asSlice(entry.offset() * Float.BYTES, entry.values().byteSize() + Tensor.ROOM);
  }

  /// Bytes of off-heap memory that the parameters of a network take.
  public static long bytes(Network network) {
    return floats(parameters(network), false) * Float.BYTES + Tensor.ROOM;
  }

  /// Bytes of the trained ones, which their gradients and each array of an optimizer take too.
  public static long trainedBytes(Network network) {
    return floats(parameters(network), true) * Float.BYTES;
  }

  private static List<Parameter> parameters(Network network) {
    return network.layers().stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  /// The values of one parameter in plain order.
  public float[] get(String name) {
    Entry entry = entry(name);
    float[] plain = new float[Math.toIntExact(entry.parameter().elements())];
    entry.parameter().packing().unpack(entry.values(), plain);
    return plain;
  }

  /// Sets the values of one parameter from plain order.
  ///
  /// @throws InvalidModelException if the number of values is not that of the parameter
  public void set(String name, float[] plain) {
    Entry entry = entry(name);
    if (plain.length != entry.parameter().elements()) {
      throw new InvalidModelException(
          "%s: %s has %d values of shape %s, got %d"
              .formatted(
                  network.name(),
                  name,
                  entry.parameter().elements(),
                  entry.parameter().shape(),
                  plain.length));
    }
    entry.parameter().packing().pack(plain, entry.values());
    markChanged();
  }

  /// Moves with every change of a value, and never goes back.
  public long version() {
    return version;
  }

  /// Says that values were changed in their memory ([#values()], [Entry#values()]), so that
  /// programs
  /// for inference do not go on with what they made of the old ones.
  public void markChanged() {
    version++;
  }

  /// The whole array: trained parameters, then statistics. After writing into it call
  /// [#markChanged()].
  public MemorySegment values() {
    return values;
  }

  /// Floats of the trained part, which comes first.
  public long trainedFloats() {
    return trainedFloats;
  }
}
