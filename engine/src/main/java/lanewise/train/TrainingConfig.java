package lanewise.train;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import lanewise.data.Augmentation;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// How a run trains. Immutable; `with` methods give changed copies:
///
/// ```java
/// TrainingConfig config = TrainingConfig.of("resnet20").withEpochs(4).withLearningRate(0.1);
/// ```
///
/// @param model name of the model
/// @param epochs passes over the training images, at least 1
/// @param batchSize images per step, at least 1
/// @param learningRate the learning rate, or its peak in a one-cycle schedule
/// @param schedule shape of the learning rate over the run
/// @param warmupFraction share of the steps in which a one-cycle schedule rises, 0 to 1
/// @param momentum see [Sgd]
/// @param nesterov see [Sgd]
/// @param weightDecay see [Sgd]
/// @param labelSmoothing share of the target that is spread over all classes, 0 to 1
/// @param seed what initial values, order, augmentation and dropout come from
/// @param augmentation random changes to training images
/// @param threads threads that compute, at least 1; no result depends on it
/// @param dataWorkers threads that make batches, at least 1; no result depends on it
public record TrainingConfig(
    String model,
    int epochs,
    int batchSize,
    double learningRate,
    ScheduleKind schedule,
    double warmupFraction,
    double momentum,
    boolean nesterov,
    double weightDecay,
    double labelSmoothing,
    long seed,
    Augmentation augmentation,
    int threads,
    int dataWorkers) {

  /// The schedules that a run can choose.
  public enum ScheduleKind {
    /// [Constant].
    CONSTANT,
    /// [OneCycle].
    ONE_CYCLE
  }

  public TrainingConfig {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(augmentation, "augmentation");
    require(epochs >= 1, "epochs", epochs, "at least 1");
    require(batchSize >= 1, "batch size", batchSize, "at least 1");
    require(threads >= 1, "threads", threads, "at least 1");
    require(dataWorkers >= 1, "data workers", dataWorkers, "at least 1");
    require(
        labelSmoothing >= 0 && labelSmoothing <= 1, "label smoothing", labelSmoothing, "0 to 1");
    new OneCycle(learningRate, 1, warmupFraction);
    new Sgd(momentum, nesterov, weightDecay);
  }

  private static void require(boolean good, String what, Number value, String range) {
    if (!good) {
      throw new IllegalArgumentException("%s %s: must be %s".formatted(what, value, range));
    }
  }

  /// A recipe for short runs on small images: 8 epochs of batches of 128, one cycle to 0.2 with a
  /// quarter of warm-up, Nesterov momentum 0.9, weight decay 5e-4, label smoothing 0.1, crops and
  /// flips, seed 0; all processors and one data worker.
  ///
  /// @param model name of the model
  public static TrainingConfig of(String model) {
    return new TrainingConfig(
        model,
        8,
        128,
        0.2,
        ScheduleKind.ONE_CYCLE,
        0.25,
        0.9,
        true,
        5e-4,
        0.1,
        0,
        Augmentation.STANDARD,
        Runtime.getRuntime().availableProcessors(),
        1);
  }

  /// The learning rate over a run of so many steps.
  public Schedule scheduleOver(long totalSteps) {
    return switch (schedule) {
      case CONSTANT -> new Constant(learningRate);
      case ONE_CYCLE -> new OneCycle(learningRate, totalSteps, warmupFraction);
    };
  }

  /// The optimizer.
  public Optimizer optimizer() {
    return new Sgd(momentum, nesterov, weightDecay);
  }

  /// The same with other epochs.
  public TrainingConfig withEpochs(int epochs) {
    return with("epochs", (long) epochs);
  }

  /// The same with another batch size.
  public TrainingConfig withBatchSize(int batchSize) {
    return with("batch_size", (long) batchSize);
  }

  /// The same with another learning rate, or peak of it.
  public TrainingConfig withLearningRate(double learningRate) {
    return with("learning_rate", learningRate);
  }

  /// The same with another schedule.
  public TrainingConfig withSchedule(ScheduleKind schedule) {
    return with("schedule", name(schedule));
  }

  /// The same with another share of rising steps.
  public TrainingConfig withWarmupFraction(double warmupFraction) {
    return with("warmup_fraction", warmupFraction);
  }

  /// The same with another momentum, Nesterov's or plain.
  public TrainingConfig withMomentum(double momentum, boolean nesterov) {
    Map<String, Object> members = toMap();
    members.put("momentum", momentum);
    members.put("nesterov", nesterov);
    return copy(members);
  }

  /// The same with another weight decay.
  public TrainingConfig withWeightDecay(double weightDecay) {
    return with("weight_decay", weightDecay);
  }

  /// The same with another label smoothing.
  public TrainingConfig withLabelSmoothing(double labelSmoothing) {
    return with("label_smoothing", labelSmoothing);
  }

  /// The same with another seed.
  public TrainingConfig withSeed(long seed) {
    return with("seed", seed);
  }

  /// The same with another augmentation.
  public TrainingConfig withAugmentation(Augmentation augmentation) {
    Map<String, Object> members = toMap();
    members.put("crop_padding", (long) augmentation.padding());
    members.put("flip", augmentation.flip());
    return copy(members);
  }

  /// The same with other computing threads.
  public TrainingConfig withThreads(int threads) {
    return with("threads", (long) threads);
  }

  /// The same with other threads that make batches.
  public TrainingConfig withDataWorkers(int dataWorkers) {
    return with("data_workers", (long) dataWorkers);
  }

  private TrainingConfig with(String key, Object value) {
    Map<String, Object> members = toMap();
    members.put(key, value);
    return copy(members);
  }

  private static TrainingConfig copy(Map<String, Object> members) {
    try {
      return fromMap(members);
    } catch (JsonException e) {
      throw new IllegalStateException(e); // the members are the ones just written
    }
  }

  private static String name(ScheduleKind schedule) {
    return schedule.name().toLowerCase(Locale.ROOT);
  }

  /// The settings by name, in the order in which checkpoints have them; values as [Json] writes
  /// them.
  public Map<String, Object> toMap() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("model", model);
    members.put("epochs", (long) epochs);
    members.put("batch_size", (long) batchSize);
    members.put("learning_rate", learningRate);
    members.put("schedule", name(schedule));
    members.put("warmup_fraction", warmupFraction);
    members.put("momentum", momentum);
    members.put("nesterov", nesterov);
    members.put("weight_decay", weightDecay);
    members.put("label_smoothing", labelSmoothing);
    members.put("seed", seed);
    members.put("crop_padding", (long) augmentation.padding());
    members.put("flip", augmentation.flip());
    members.put("threads", (long) threads);
    members.put("data_workers", (long) dataWorkers);
    return members;
  }

  /// The settings from what [#toMap()] gave, or from the JSON text of it.
  ///
  /// @throws JsonException if one is missing or of another type
  /// @throws IllegalArgumentException if one is out of range
  public static TrainingConfig fromMap(Map<String, Object> members) throws JsonException {
    return new TrainingConfig(
        Json.get(members, "model", String.class),
        integer(members, "epochs"),
        integer(members, "batch_size"),
        real(members, "learning_rate"),
        ScheduleKind.valueOf(Json.get(members, "schedule", String.class).toUpperCase(Locale.ROOT)),
        real(members, "warmup_fraction"),
        real(members, "momentum"),
        Json.get(members, "nesterov", Boolean.class),
        real(members, "weight_decay"),
        real(members, "label_smoothing"),
        Json.get(members, "seed", Long.class),
        new Augmentation(
            integer(members, "crop_padding"), Json.get(members, "flip", Boolean.class)),
        integer(members, "threads"),
        integer(members, "data_workers"));
  }

  private static int integer(Map<String, Object> members, String key) throws JsonException {
    return Math.toIntExact(Json.get(members, key, Long.class));
  }

  private static double real(Map<String, Object> members, String key) throws JsonException {
    return Json.get(members, key, Double.class);
  }
}
