package lanewise.train;

/// The learning rate over a run, as a function of the step alone: a resumed run needs no more than
/// the number of its step. Implementations are immutable.
@FunctionalInterface
public interface Schedule {

  /// The learning rate of a step.
  ///
  /// @param step number of the training step, counted from 0 over the whole run
  double learningRate(long step);
}
