package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Everything that a layer is bound to when it is compiled.
///
/// @param training whether backward will run, and dropout and batch statistics apply
/// @param inputs values of the inputs
/// @param output values of the output, to be computed
/// @param inputGradients gradients of the inputs, to be computed; null entries where none is wanted
/// @param adds per input: add to the gradient instead of overwriting it
/// @param outputGradient gradient of the output; null unless training
/// @param values the parameters' packed values by name, each with [Tensor#ROOM] bytes behind it
/// @param gradients the trained parameters' packed gradients by name; empty unless training
/// @param inputHandover what is exchanged with the layer that made the first input
/// @param outputHandover what is exchanged with the layer that reads the output
/// @param zeros as many zeros as the most channels of any layer, padded
/// @param workspace scratch memory, at least what the layer asked for
/// @param prepared memory of its own for what [Operation#prepare()] computes, as much as the layer
///     asked for and [Tensor#ROOM] bytes behind it, where others may have theirs; zeros at first
/// @param parallel the threads
/// @param chooser chooses the algorithms of convolutions
/// @param clock the training step that runs, for random numbers
/// @param key random key of this layer
public record Binding(
    boolean training,
    List<Tensor> inputs,
    Tensor output,
    List<Tensor> inputGradients,
    List<Boolean> adds,
    Tensor outputGradient,
    Map<String, MemorySegment> values,
    Map<String, MemorySegment> gradients,
    Handover inputHandover,
    Handover outputHandover,
    MemorySegment zeros,
    MemorySegment workspace,
    MemorySegment prepared,
    Parallel parallel,
    ConvChooser chooser,
    StepClock clock,
    long key) {

  /// The number of the training step that runs; random masks depend on it.
  public static final class StepClock {
    private long step;

    /// A clock at step 0.
    public StepClock() {}

    /// The current step.
    public long step() {
      return step;
    }

    /// Sets the current step.
    public void set(long value) {
      step = value;
    }
  }

  /// The same with other parameters and other memory for what is prepared of them.
  Binding with(Map<String, MemorySegment> newValues, MemorySegment newPrepared) {
    return new Binding(
        training,
        inputs,
        output,
        inputGradients,
        adds,
        outputGradient,
        newValues,
        gradients,
        inputHandover,
        outputHandover,
        zeros,
        workspace,
        newPrepared,
        parallel,
        chooser,
        clock,
        key);
  }

  /// The first input.
  public Tensor input() {
    return inputs.get(0);
  }

  /// The first input's gradient, or null where none is wanted.
  public Tensor inputGradient() {
    return inputGradients.get(0);
  }

  /// Whether to add to the first input's gradient.
  public boolean addsToInputGradient() {
    return adds.get(0);
  }

  /// Samples per batch.
  public int batch() {
    return output.batch();
  }
}
