package lanewise.cli;

import java.util.Locale;
import lanewise.train.EpochReport;
import lanewise.train.StepReport;
import lanewise.train.TrainingListener;

/// Shows how training gets on: a line that is rewritten in place while a person watches, a plain
/// line now and then otherwise, and one line per epoch that stays.
final class TrainProgress implements TrainingListener {

  private static final long NANOS = 1_000_000_000L;
  private static final long REWRITE_NANOS = NANOS / 5;
  private static final long LINE_NANOS = 30 * NANOS;

  private final StatusLine status;
  private final int batch;
  private final long interval;
  private long nextShown;
  private double evaluationSeconds;

  /// @param batch images per step
  TrainProgress(Session session, StatusLine status, int batch) {
    this.status = status;
    this.batch = batch;
    interval = session.terminal() ? REWRITE_NANOS : LINE_NANOS;
    nextShown = System.nanoTime() + interval;
  }

  @Override
  public void onStep(StepReport report) {
    long now = System.nanoTime();
    if (now - nextShown < 0) {
      return;
    }
    nextShown = now + interval;
    status.show(
        String.format(
            Locale.ROOT,
            "epoch %d/%d  %d/%d  loss %.3f  top-1 %.1f %%  %,.0f images/s  %s left",
            report.epoch(),
            report.epochs(),
            report.step(),
            report.stepsPerEpoch(),
            report.meanLoss(),
            100 * report.accuracy(),
            report.imagesPerSecond(),
            Durations.text(secondsLeft(report))),
        true);
  }

  /// Steps at the present speed, and evaluations as long as the last one took.
  private double secondsLeft(StepReport report) {
    long steps = report.totalSteps() - report.globalStep();
    int evaluations = report.epochs() - report.epoch() + 1;
    return steps * batch / report.imagesPerSecond() + evaluations * evaluationSeconds;
  }

  @Override
  public void onEpoch(EpochReport report) {
    evaluationSeconds = report.validation().seconds();
    status.print(
        String.format(
            Locale.ROOT,
            "epoch %d/%d  train loss %.4f top-1 %.2f %%  validation loss %.4f top-1 %.2f %% top-5"
                + " %.2f %%  %s  %,.0f images/s",
            report.epoch(),
            report.epochs(),
            report.trainLoss(),
            100 * report.trainAccuracy(),
            report.validation().loss(),
            100 * report.validation().top1(),
            100 * report.validation().top5(),
            Durations.text(report.trainSeconds()),
            report.imagesPerSecond()));
  }
}
