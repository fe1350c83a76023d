package lanewise.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import lanewise.data.Split;
import lanewise.network.Network;
import lanewise.tensor.Memory;
import lanewise.train.Trainer;
import lanewise.train.TrainingConfig;
import lanewise.train.TrainingPosition;

/// A run from its first line to its last: says what is trained on what, trains, and says where the
/// result is and how to use it.
final class TrainRun {

  private final Session session;
  private final Trainer trainer;
  private final Network network;
  private final DataOptions.Source source;
  private final Split split;
  private final RunFolder folder;
  private final String algorithm;
  private final RunRecorder recorder;
  private final StatusLine status;

  /// @param split the images of the source, or what was cut from them
  /// @param algorithm how the algorithms of convolutions are chosen
  TrainRun(
      Session session,
      Trainer trainer,
      Network network,
      DataOptions.Source source,
      Split split,
      RunFolder folder,
      String algorithm) {
    this.session = session;
    this.trainer = trainer;
    this.network = network;
    this.source = source;
    this.split = split;
    this.folder = folder;
    this.algorithm = algorithm;
    recorder = new RunRecorder(folder, trainer);
    status = new StatusLine(session.out(), session.terminal());
  }

  /// Trains from the beginning.
  ///
  /// @return the exit code
  int start() {
    introduce();
    recorder.note("start", settings());
    return train();
  }

  /// Goes on from where a checkpoint left the trainer.
  ///
  /// @return the exit code
  int resume(Path checkpoint) {
    TrainingPosition position = trainer.position();
    introduce();
    if (position.epoch() >= trainer.config().epochs()) {
      print("%s has done all its epochs: there is nothing to go on with", checkpoint);
      return ExitCode.OK.number();
    }
    print("resumes   after %s of %s", place(position), checkpoint);
    recorder.recall(position.epoch());
    recorder.note("resume", settings());
    return train();
  }

  private int train() {
    trainer.addListener(new TrainProgress(session, status, trainer.config().batchSize()));
    trainer.addListener(recorder);
    trainer.checkpointTo(folder.last());
    session.interruption().defer(this::stop);
    long start = System.nanoTime();
    boolean finished;
    try {
      finished = trainer.train();
    } finally {
      status.clear(); // an error must not continue the line
    }
    double seconds = (System.nanoTime() - start) * 1e-9;
    return finished ? finished(seconds) : stopped();
  }

  /// Comes from the thread of the JVM's shutdown, while training goes on.
  private void stop() {
    session.err().println((session.terminal() ? "\n" : "") + "lanewise: stopping after this step");
    session.err().flush();
    trainer.requestStop();
  }

  private int finished(double seconds) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("seconds", seconds);
    details.put("best_epoch", recorder.bestEpoch());
    details.put("best_top1", recorder.bestTop1());
    recorder.note("end", details);
    print(
        "done in %s: best top-1 %.2f %% after epoch %d",
        Durations.text(seconds), 100 * recorder.bestTop1(), recorder.bestEpoch());
    print("saved     %s and %s", folder.last(), folder.best().getFileName());
    print("try       lanewise evaluate %s%s", folder.path(), source.option());
    return ExitCode.OK.number();
  }

  private int stopped() {
    TrainingPosition position = trainer.position();
    recorder.note("stop", Map.of("step", position.globalStep()));
    print("stopped   after %s", place(position));
    print("saved     %s", folder.last());
    print("go on by  lanewise train --resume %s%s", folder.path(), source.option());
    return ExitCode.INTERRUPTED.number();
  }

  private String place(TrainingPosition position) {
    return position.step() == 0
        ? "epoch %d of %d".formatted(position.epoch(), trainer.config().epochs())
        : "step %d of %d in epoch %d of %d"
            .formatted(
                position.step(),
                position.stepsPerEpoch(),
                position.epoch() + 1,
                trainer.config().epochs());
  }

  private void introduce() {
    TrainingConfig config = trainer.config();
    source.warning().ifPresent(this::print);
    print(
        "model     %s: %,d parameters, %,d multiply-adds per image",
        network.name(), network.trainedParameters(), network.multiplyAdds());
    print(
        "data      %s (%,d images), measured on %s (%,d), %s",
        split.train().name(),
        split.train().size(),
        split.validation().name(),
        split.validation().size(),
        source.origin());
    print(
        "recipe    %d epochs of %d steps of %d images, learning rate %s %s, momentum %s,",
        config.epochs(),
        trainer.position().stepsPerEpoch(),
        config.batchSize(),
        schedule(config),
        Style.NUMBER.text(config.learningRate()),
        Style.NUMBER.text(config.momentum()));
    print(
        "          weight decay %s, label smoothing %s, seed %d",
        Style.NUMBER.text(config.weightDecay()),
        Style.NUMBER.text(config.labelSmoothing()),
        config.seed());
    print(
        "machine   threads %d, data workers %d, memory besides the images %s",
        config.threads(), config.dataWorkers(), Memory.text(trainer.liveBytes()));
    print("output    %s", folder.path());
  }

  private static String schedule(TrainingConfig config) {
    return switch (config.schedule()) {
      case ONE_CYCLE -> "one cycle up to";
      case CONSTANT -> "constant";
    };
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>(trainer.config().toMap());
    settings.put("algorithm", algorithm);
    settings.put("step", trainer.position().globalStep());
    settings.put("train_data", split.train().name());
    settings.put("train_images", split.train().size());
    settings.put("validation_data", split.validation().name());
    settings.put("validation_images", split.validation().size());
    settings.put("version", Version.text());
    settings.put("java", Runtime.version().toString());
    return settings;
  }

  private void print(String format, Object... values) {
    status.print(String.format(Locale.ROOT, format, values));
  }
}
