package lanewise.network;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.error.InvalidModelException;
import lanewise.layer.Parameter;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Memory;

/// All parameters of a network in one flat off-heap array: the trained ones first, in the order of
/// the layers, then the running statistics. Programs of any batch size and mode share one instance.
/// Gradients have the same layout as the trained part, so an optimizer step is one pass over two
/// arrays.
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
    values =
        memory.allocate("parameters of " + network.name(), floats(parameters, false) * Float.BYTES);
    trainedFloats = floats(parameters, true);
    long offset = 0;
    for (int i = 0; i < names.size(); i++) {
      Parameter p = parameters.get(i);
      long floats = p.packing().floats();
      MemorySegment slice = values.asSlice(offset * Float.BYTES, floats * Float.BYTES);
      entries.put(names.get(i), new Entry(names.get(i), p, offset, slice));
      offset += floats;
    }
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

  /// All parameters in the order of the array.
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
