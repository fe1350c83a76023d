package lanewise.train;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import lanewise.error.InvalidModelException;
import lanewise.network.Parameters;
import lanewise.tensor.Memory;

/// What an optimizer works on: the parameters, their gradients and the arrays that it keeps from
/// step to step, each a flat off-heap array of the layout of the parameters' trained part.
///
/// Owns no memory of its own. Not safe for concurrent writing.
public final class OptimizerState {

  private final Parameters parameters;
  private final MemorySegment gradients;
  private final String kind;
  private final List<String> names;
  private final MemorySegment values;
  private final long bytesPerArray;

  private OptimizerState(
      Optimizer optimizer, Parameters parameters, MemorySegment gradients, Memory memory) {
    this.parameters = parameters;
    this.gradients = Objects.requireNonNull(gradients, "gradients");
    kind = optimizer.kind();
    names = List.copyOf(optimizer.stateNames());
    bytesPerArray = parameters.trainedFloats() * Float.BYTES;
    if (gradients.byteSize() < bytesPerArray) {
      throw new IllegalArgumentException(
          "%d bytes of gradients for %d of parameters"
              .formatted(gradients.byteSize(), bytesPerArray));
    }
    values =
        memory.allocate(
            "optimizer state of " + parameters.network().name(), names.size() * bytesPerArray);
  }

  /// Allocates the state of an optimizer, all zeros.
  ///
  /// @param gradients flat gradients, of the layout of the parameters' trained part
  public static OptimizerState create(
      Optimizer optimizer, Parameters parameters, MemorySegment gradients, Memory memory) {
    return new OptimizerState(optimizer, parameters, gradients, memory);
  }

  /// The parameters that the optimizer changes.
  public Parameters parameters() {
    return parameters;
  }

  /// The gradients, of the layout of the parameters' trained part.
  public MemorySegment gradients() {
    return gradients;
  }

  /// The kind of the optimizer, such as `sgd`.
  public String kind() {
    return kind;
  }

  /// The names of the arrays.
  public List<String> names() {
    return names;
  }

  /// One array, of the layout of the parameters' trained part.
  public MemorySegment array(String name) {
    int index = names.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("optimizer state has no array " + name);
    }
    return values.asSlice(index * bytesPerArray, bytesPerArray);
  }

  /// What array `name` holds for one trained parameter, in plain order.
  ///
  /// @throws InvalidModelException if the network has no such parameter
  public float[] get(String name, String parameter) {
    Parameters.Entry entry = trained(parameter);
    float[] plain = new float[Math.toIntExact(entry.parameter().elements())];
    entry.parameter().packing().unpack(slice(name, entry), plain);
    return plain;
  }

  /// Sets what array `name` holds for one trained parameter, from plain order.
  ///
  /// @throws InvalidModelException if the network has no such parameter, or one of another size
  public void set(String name, String parameter, float[] plain) {
    Parameters.Entry entry = trained(parameter);
    if (plain.length != entry.parameter().elements()) {
      throw new InvalidModelException(
          "%s of %s: %d values of shape %s, got %d"
              .formatted(
                  name,
                  parameter,
                  entry.parameter().elements(),
                  entry.parameter().shape(),
                  plain.length));
    }
    entry.parameter().packing().pack(plain, slice(name, entry));
  }

  private Parameters.Entry trained(String parameter) {
    Parameters.Entry entry = parameters.entry(parameter);
    if (!entry.parameter().role().trained()) {
      throw new InvalidModelException(
          parameter + " is not trained: no optimizer state belongs to it");
    }
    return entry;
  }

  private MemorySegment slice(String name, Parameters.Entry entry) {
    return array(name).asSlice(entry.offset() * Float.BYTES, entry.floats() * Float.BYTES);
  }
}
