package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import lanewise.choice.ConvChooser;
import lanewise.error.MemoryBudgetException;
import lanewise.layer.Parameter;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Program;
import lanewise.tensor.Memory;

/// Off-heap memory that running a network takes, known before anything is allocated.
///
/// @param buffers values and gradients of the layers, and scratch memory, as planned
/// @param parameters parameters and running statistics
/// @param training gradients of the parameters and momentum; 0 in inference
public record MemoryNeed(long buffers, long parameters, long training) {

  /// The need of a batch.
  ///
  /// @param chooser the one that it will run with
  public static MemoryNeed of(
      Network network, int batch, Mode mode, int threads, ConvChooser chooser) {
    long trained = bytes(network, parameter -> parameter.role().trained());
    return new MemoryNeed(
        Program.plan(network, batch, mode, threads, chooser).bytes(),
        bytes(network, parameter -> true),
        mode == Mode.TRAINING ? 2 * trained : 0);
  }

  private static long bytes(Network network, Predicate<Parameter> which) {
    return network.layers().stream()
        .flatMap(layer -> layer.parameters().stream())
        .filter(which)
        .mapToLong(parameter -> parameter.packing().floats() * Float.BYTES)
        .sum();
  }

  /// All of it.
  public long bytes() {
    return buffers + parameters + training;
  }

  /// @throws MemoryBudgetException if it is more than the budget; says both
  void requireWithin(long budget, String what) {
    if (bytes() > budget) {
      throw new MemoryBudgetException(
          ("memory budget: %s needs %s (%s), the budget is %s; use a smaller batch or raise the"
                  + " budget")
              .formatted(what, Memory.text(bytes()), text(), Memory.text(budget)));
    }
  }

  /// The parts, for people.
  public String text() {
    String text =
        "%s values and scratch, %s parameters"
            .formatted(Memory.text(buffers), Memory.text(parameters));
    return training == 0
        ? text
        : text + ", %s gradients and momentum".formatted(Memory.text(training));
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("buffers", buffers);
    object.put("parameters", parameters);
    object.put("gradients_and_momentum", training);
    object.put("total", bytes());
    return object;
  }
}
