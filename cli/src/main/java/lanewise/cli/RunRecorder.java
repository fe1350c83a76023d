package lanewise.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import lanewise.storage.Json;
import lanewise.storage.JsonException;
import lanewise.train.EpochReport;
import lanewise.train.Trainer;
import lanewise.train.TrainingListener;

/// Writes the log of a run, and the checkpoint of its best epoch.
final class RunRecorder implements TrainingListener {

  private final RunFolder folder;
  private final Trainer trainer;
  private double bestTop1 = -1;
  private int bestEpoch;

  /// @param trainer whose state is saved
  RunRecorder(RunFolder folder, Trainer trainer) {
    this.folder = folder;
    this.trainer = trainer;
  }

  /// Learns from the log what the best epoch was before the run was resumed.
  ///
  /// @param epochs finished epochs of the checkpoint; later ones in the log will come again
  void recall(long epochs) {
    if (!Files.exists(folder.best())) {
      return;
    }
    try {
      for (String line : Files.readAllLines(folder.log())) {
        recall(line, epochs);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void recall(String line, long epochs) {
    try {
      Map<String, Object> event = Json.parseObject(line);
      if ("epoch".equals(event.get("event")) && Json.get(event, "epoch", Long.class) <= epochs) {
        consider(
            Json.get(event, "top1", Double.class), Json.get(event, "epoch", Long.class).intValue());
      }
    } catch (JsonException _) {
      return; // a line that a kill has cut short
    }
  }

  private boolean consider(double top1, int epoch) {
    if (top1 <= bestTop1) {
      return false;
    }
    bestTop1 = top1;
    bestEpoch = epoch;
    return true;
  }

  /// Notes what happens besides epochs.
  void note(String event, Map<String, Object> details) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", event);
    line.putAll(details);
    folder.append(line);
  }

  @Override
  public void onEpoch(EpochReport report) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("epoch", report.epoch());
    details.put("step", report.globalStep());
    details.put("train_loss", report.trainLoss());
    details.put("train_top1", report.trainAccuracy());
    details.put("loss", report.validation().loss());
    details.put("top1", report.validation().top1());
    details.put("top5", report.validation().top5());
    details.put("learning_rate", report.learningRate());
    details.put("train_seconds", report.trainSeconds());
    details.put("images_per_second", report.imagesPerSecond());
    details.put("validation_seconds", report.validation().seconds());
    note("epoch", details);
    if (consider(report.validation().top1(), report.epoch())) {
      trainer.save(folder.best());
    }
  }

  /// The best share of validation images that were classified right, 0 to 1.
  double bestTop1() {
    return bestTop1;
  }

  /// The epoch of [#bestTop1()], from 1; 0 before the first.
  int bestEpoch() {
    return bestEpoch;
  }
}
