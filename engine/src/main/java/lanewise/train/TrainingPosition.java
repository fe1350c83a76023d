package lanewise.train;

/// How far a run has come, always between two steps, and the sums of the epoch so far.
///
/// @param epoch finished epochs, their evaluation included
/// @param step steps done in the epoch after those; all of them if only its evaluation is missing
/// @param stepsPerEpoch steps of an epoch
/// @param lossSum sum of the losses of these steps
/// @param correct images that were classified right in these steps
public record TrainingPosition(
    int epoch, int step, int stepsPerEpoch, double lossSum, long correct) {

  public TrainingPosition {
    if (epoch < 0 || step < 0 || stepsPerEpoch < 1 || step > stepsPerEpoch) {
      throw new IllegalArgumentException(
          "epoch %d, step %d of %d".formatted(epoch, step, stepsPerEpoch));
    }
  }

  /// Steps done in the whole run.
  public long globalStep() {
    return (long) epoch * stepsPerEpoch + step;
  }
}
