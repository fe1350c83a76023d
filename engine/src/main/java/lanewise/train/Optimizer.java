package lanewise.train;

import java.util.List;
import lanewise.kernel.Parallel;

/// A rule that changes the parameters by their gradients, described: immutable, without memory or
/// threads. To add an optimizer, write one record that implements this and its test; memory for its
/// state, checkpoints and the trainer follow from the description.
///
/// Only rules that treat every value alone fit here: state is kept in arrays of the parameters'
/// layout.
public interface Optimizer {

  /// Short name in checkpoints, such as `sgd`.
  String kind();

  /// The names of the arrays that it keeps from step to step, each with one value per trained
  /// parameter value and zero at first, such as `momentum`.
  List<String> stateNames();

  /// Binds the rule to parameters, gradients and state.
  Step compile(OptimizerState state, Parallel parallel);

  /// The rule bound to its memory: the hot path, which allocates nothing.
  interface Step {

    /// Changes the parameters once, and says so ([lanewise.network.Parameters#markChanged()]).
    void apply(double learningRate);
  }
}
