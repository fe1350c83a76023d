package lanewise.train;

/// How far a run has come and what this epoch has given so far: a [TrainingPosition] that moves,
/// and the reports that follow from it. Moving and reporting a step allocate nothing.
final class Progress {

  private final int epochs;
  private final int stepsPerEpoch;
  private final int batchSize;
  private final StepReport report = new StepReport();

  private int epoch;
  private int step;
  private double lossSum;
  private long correct;

  private long timeOfStart;
  private int stepAtStart;

  Progress(int epochs, int stepsPerEpoch, int batchSize) {
    this.epochs = epochs;
    this.stepsPerEpoch = stepsPerEpoch;
    this.batchSize = batchSize;
  }

  /// Goes to where another run was.
  void moveTo(TrainingPosition position) {
    epoch = position.epoch();
    step = position.step();
    lossSum = position.lossSum();
    correct = position.correct();
  }

  TrainingPosition position() {
    return new TrainingPosition(epoch, step, stepsPerEpoch, lossSum, correct);
  }

  int epoch() {
    return epoch;
  }

  int step() {
    return step;
  }

  long globalStep() {
    return (long) epoch * stepsPerEpoch + step;
  }

  boolean epochHasSteps() {
    return step < stepsPerEpoch;
  }

  boolean finished() {
    return epoch >= epochs;
  }

  /// Starts the clock.
  void startEpoch() {
    stepAtStart = step;
    timeOfStart = System.nanoTime();
  }

  double seconds() {
    return (System.nanoTime() - timeOfStart) * 1e-9;
  }

  /// Counts a step.
  void stepDone(double loss, int correctImages) {
    lossSum += loss;
    correct += correctImages;
    step++;
  }

  /// What there is to tell of the step that was counted last; the same object every time.
  StepReport stepReport(double loss, double learningRate) {
    double seconds = seconds();
    report.place(epoch + 1, epochs, step, stepsPerEpoch, globalStep());
    report.result(loss, lossSum / step, accuracy(), learningRate);
    report.speed(imagesPerSecond(seconds), seconds);
    return report;
  }

  /// Counts an epoch and tells of it.
  ///
  /// @param seconds what its training took
  EpochReport epochDone(Evaluation validation, double learningRate, double seconds) {
    EpochReport done =
        new EpochReport(
            epoch + 1,
            epochs,
            globalStep(),
            lossSum / step,
            accuracy(),
            validation,
            learningRate,
            seconds,
            imagesPerSecond(seconds));
    epoch++;
    step = 0;
    lossSum = 0;
    correct = 0;
    return done;
  }

  private double accuracy() {
    return correct / ((double) step * batchSize);
  }

  private double imagesPerSecond(double seconds) {
    int steps = step - stepAtStart;
    return steps == 0 ? 0 : (double) steps * batchSize / seconds;
  }
}
