package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.choice.ConvChooser;
import lanewise.error.MemoryBudgetException;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
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
    return new MemoryNeed(
        Program.plan(network, batch, mode, threads, chooser).bytes(),
        Parameters.bytes(network),
        mode == Mode.TRAINING ? 2 * Parameters.trainedBytes(network) : 0);
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
