package lanewise.train;

import java.nio.file.Path;

/// Told by a [Trainer] what happens, on the thread that trains: training goes on when the method
/// returns. A listener may call [Trainer#requestStop()] and, in [#onEpoch], [Trainer#save].
public interface TrainingListener {

  /// A step is done.
  ///
  /// @param report valid until the method returns
  default void onStep(StepReport report) {}

  /// An epoch is done and the validation images are evaluated; the checkpoint is not yet written.
  default void onEpoch(EpochReport report) {}

  /// A checkpoint was written by the trainer itself.
  default void onCheckpoint(Path file) {}
}
