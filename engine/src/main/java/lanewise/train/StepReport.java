package lanewise.train;

/// What a trainer tells after a step. One object that is filled anew for every step: a listener
/// that wants to keep something copies it.
public final class StepReport {

  private int epoch;
  private int epochs;
  private int step;
  private int stepsPerEpoch;
  private long globalStep;
  private double loss;
  private double meanLoss;
  private double accuracy;
  private double learningRate;
  private double imagesPerSecond;
  private double epochSeconds;

  StepReport() {}

  void place(int epoch, int epochs, int step, int stepsPerEpoch, long globalStep) {
    this.epoch = epoch;
    this.epochs = epochs;
    this.step = step;
    this.stepsPerEpoch = stepsPerEpoch;
    this.globalStep = globalStep;
  }

  void result(double loss, double meanLoss, double accuracy, double learningRate) {
    this.loss = loss;
    this.meanLoss = meanLoss;
    this.accuracy = accuracy;
    this.learningRate = learningRate;
  }

  void speed(double imagesPerSecond, double epochSeconds) {
    this.imagesPerSecond = imagesPerSecond;
    this.epochSeconds = epochSeconds;
  }

  /// The epoch, from 1.
  public int epoch() {
    return epoch;
  }

  /// Epochs of the whole run.
  public int epochs() {
    return epochs;
  }

  /// Steps done in this epoch, this one included: 1 to [#stepsPerEpoch()].
  public int step() {
    return step;
  }

  /// Steps of an epoch.
  public int stepsPerEpoch() {
    return stepsPerEpoch;
  }

  /// Steps done in the whole run, this one included.
  public long globalStep() {
    return globalStep;
  }

  /// Steps of the whole run.
  public long totalSteps() {
    return (long) epochs * stepsPerEpoch;
  }

  /// The loss of this step's batch, auxiliary outputs included with their weights.
  public double loss() {
    return loss;
  }

  /// The mean loss of this epoch's steps so far.
  public double meanLoss() {
    return meanLoss;
  }

  /// The share of this epoch's images so far whose most probable class was right, 0 to 1.
  public double accuracy() {
    return accuracy;
  }

  /// The learning rate of this step.
  public double learningRate() {
    return learningRate;
  }

  /// Images per second, over this epoch's steps since training or this epoch began.
  public double imagesPerSecond() {
    return imagesPerSecond;
  }

  /// Seconds since training or this epoch began, whichever was later.
  public double epochSeconds() {
    return epochSeconds;
  }
}
