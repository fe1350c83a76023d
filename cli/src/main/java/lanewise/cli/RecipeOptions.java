package lanewise.cli;

import java.util.function.BiFunction;
import lanewise.train.TrainingConfig;
import lanewise.train.TrainingConfig.ScheduleKind;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How to train: the options that a [TrainingConfig] is made of. All are null until given, since
/// the defaults depend on the model and a resumed run brings its own.
final class RecipeOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images (default: 8).")
  private Integer epochs;

  @Option(names = "--batch", paramLabel = "N", description = "Images per step (default: 128).")
  private Integer batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      description =
          "Learning rate, with one-cycle its peak (default: 0.2 for models with batch"
              + " normalization, 1 for lenet5 with its sigmoids, 0.02 for others).")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      converter = Converters.Schedules.class,
      description =
          "one-cycle: up to the peak and down to 0; constant: the same rate throughout (default:"
              + " one-cycle).")
  private ScheduleKind schedule;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "Nesterov momentum of SGD; 0 is plain SGD (default: 0.9).")
  private Double momentum;

  @Option(
      names = "--weight-decay",
      paramLabel = "W",
      description =
          "L2 penalty on weights, not on biases and normalization (default: 0.0005; 0 for lenet5).")
  private Double weightDecay;

  @Option(
      names = "--label-smoothing",
      paramLabel = "S",
      description = "Share of the target spread over all classes (default: 0.1).")
  private Double labelSmoothing;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of everything random; the same seed gives the same bits (default: 0).")
  private Long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; no result depends on it (default: all processors).")
  private Integer threads;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Threads that make batches; no result depends on it (default: 1).")
  private Integer workers;

  /// The given options over the defaults of a model.
  TrainingConfig over(TrainingConfig defaults) {
    TrainingConfig config = machine(defaults);
    config = set(config, epochs, TrainingConfig::withEpochs);
    config = set(config, batch, TrainingConfig::withBatchSize);
    config = set(config, learningRate, TrainingConfig::withLearningRate);
    config = set(config, schedule, TrainingConfig::withSchedule);
    config = set(config, momentum, (c, given) -> c.withMomentum(given, given > 0));
    config = set(config, weightDecay, TrainingConfig::withWeightDecay);
    config = set(config, labelSmoothing, TrainingConfig::withLabelSmoothing);
    return set(config, seed, TrainingConfig::withSeed);
  }

  /// The settings of a run that goes on: its own, but for the threads of this machine.
  ///
  /// @throws ParameterException if an option says otherwise
  TrainingConfig resuming(TrainingConfig saved) {
    TrainingConfig wanted = over(saved);
    if (!wanted.equals(machine(saved))) {
      throw new ParameterException(
          spec.commandLine(),
          "--resume goes on with the settings of the checkpoint, only --threads and --workers may"
              + " differ: leave the others out, or start a new run");
    }
    return wanted;
  }

  private TrainingConfig machine(TrainingConfig config) {
    TrainingConfig result = set(config, threads, TrainingConfig::withThreads);
    return set(result, workers, TrainingConfig::withDataWorkers);
  }

  private <T> TrainingConfig set(
      TrainingConfig config, T given, BiFunction<TrainingConfig, T, TrainingConfig> with) {
    if (given == null) {
      return config;
    }
    try {
      return with.apply(config, given);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
