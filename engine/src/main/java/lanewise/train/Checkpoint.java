package lanewise.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.layer.Parameter;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.storage.SafeTensorsReader;
import lanewise.storage.SafeTensorsWriter;

/// The state of a run in one safetensors file: parameters and running statistics under their own
/// names and plain shapes, the optimizer's state, and a [CheckpointInfo] in the metadata. The
/// format is in `docs/checkpoints.md`.
///
/// Written whole or not at all. An open one may be shared between threads.
public final class Checkpoint implements AutoCloseable {

  private static final String OPTIMIZER = "optimizer.";

  private final SafeTensorsReader reader;
  private final CheckpointInfo info;

  private Checkpoint(SafeTensorsReader reader) {
    this.reader = reader;
    info = CheckpointMetadata.read(reader);
  }

  /// Opens a checkpoint and reads all but its tensors.
  ///
  /// @throws InvalidModelException if the file is damaged, no checkpoint or from a later version
  /// @throws lanewise.error.StorageException if it cannot be read
  public static Checkpoint open(Path file) {
    SafeTensorsReader reader = SafeTensorsReader.open(file);
    try {
      return new Checkpoint(reader);
    } catch (RuntimeException | Error e) {
      reader.close();
      throw e;
    }
  }

  /// Writes a checkpoint, replacing the file as a whole or not at all.
  ///
  /// @param state of the optimizer; null leaves it out, for a file that nobody resumes from
  /// @throws NumericException if a value is not finite; the former file is kept
  /// @throws lanewise.error.StorageException if writing fails; the former file is kept
  public static void save(
      Path file, CheckpointInfo info, Parameters parameters, OptimizerState state) {
    SafeTensorsWriter writer = new SafeTensorsWriter();
    CheckpointMetadata.write(writer, info, state);
    for (Parameters.Entry entry : parameters.entries()) {
      add(writer, file, info, entry.name(), parameters.get(entry.name()), entry.parameter());
      if (state != null && entry.parameter().role().trained()) {
        for (String name : state.names()) {
          float[] plain = state.get(name, entry.name());
          add(writer, file, info, stateName(name, entry), plain, entry.parameter());
        }
      }
    }
    writer.write(file);
  }

  private static String stateName(String array, Parameters.Entry entry) {
    return OPTIMIZER + array + "." + entry.name();
  }

  private static void add(
      SafeTensorsWriter writer,
      Path file,
      CheckpointInfo info,
      String name,
      float[] plain,
      Parameter parameter) {
    for (float value : plain) {
      if (!Float.isFinite(value)) {
        throw new NumericException(
            "after step %,d %s holds the value %s; %s is not written, lower the learning rate"
                .formatted(info.position().globalStep(), name, value, file));
      }
    }
    writer.addFloats(
        name, plain, parameter.shape().stream().mapToLong(Integer::longValue).toArray());
  }

  /// The file, as it was given to [#open].
  public Path file() {
    return reader.file();
  }

  /// What it says besides its tensors.
  public CheckpointInfo info() {
    return info;
  }

  /// Reads all parameters and running statistics.
  ///
  /// @throws InvalidModelException if it is of another model: the name, the input, a missing or
  ///     surplus tensor or a shape; names both sides and leaves the parameters as they were
  public void load(Parameters parameters) {
    Network network = parameters.network();
    if (!info.model().equals(network.name())) {
      throw new InvalidModelException(
          "%s is a checkpoint of %s, not of %s".formatted(file(), info.model(), network.name()));
    }
    if (!info.input().equals(network.input())) {
      throw new InvalidModelException(
          "%s takes images of %s, this %s takes %s"
              .formatted(file(), info.input(), network.name(), network.input()));
    }
    Set<String> surplus = new TreeSet<>();
    reader.tensors().forEach(tensor -> surplus.add(tensor.name()));
    surplus.removeIf(name -> name.startsWith(OPTIMIZER));
    Set<String> missing = new TreeSet<>();
    for (Parameters.Entry entry : parameters.entries()) {
      if (!surplus.remove(entry.name())) {
        missing.add(entry.name());
      } else {
        checkShape(entry.name(), entry.parameter(), network);
      }
    }
    if (!missing.isEmpty()) {
      throw new InvalidModelException(
          "%s lacks %s, which %s has".formatted(file(), names(missing), network.name()));
    }
    if (!surplus.isEmpty()) {
      throw new InvalidModelException(
          "%s has %s, which %s has not".formatted(file(), names(surplus), network.name()));
    }
    for (Parameters.Entry entry : parameters.entries()) {
      parameters.set(entry.name(), reader.readFloats(entry.name()));
    }
  }

  /// Reads the optimizer's state.
  ///
  /// @throws InvalidModelException if there is none, or it is of another optimizer or model
  public void load(OptimizerState state) {
    CheckpointMetadata.requireOptimizer(reader, state);
    Network network = state.parameters().network();
    for (Parameters.Entry entry : state.parameters().entries()) {
      if (entry.parameter().role().trained()) {
        for (String array : state.names()) {
          String name = stateName(array, entry);
          checkShape(name, entry.parameter(), network);
          state.set(array, entry.name(), reader.readFloats(name));
        }
      }
    }
  }

  private void checkShape(String name, Parameter parameter, Network network) {
    List<Long> wanted = parameter.shape().stream().map(Integer::longValue).toList();
    List<Long> found = reader.tensor(name).shape();
    if (!found.equals(wanted)) {
      throw new InvalidModelException(
          "%s: %s has shape %s, in %s it has %s"
              .formatted(file(), name, found, network.name(), wanted));
    }
  }

  private static String names(Set<String> names) {
    String first = names.iterator().next();
    return names.size() == 1 ? first : "%s and %d more".formatted(first, names.size() - 1);
  }

  /// Closes the file.
  @Override
  public void close() {
    reader.close();
  }
}
