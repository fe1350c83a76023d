package lanewise.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import lanewise.choice.ConvChooser;
import lanewise.data.Normalization;
import lanewise.data.Split;
import lanewise.error.InvalidModelException;
import lanewise.models.Models;
import lanewise.network.Network;
import lanewise.train.Checkpoint;
import lanewise.train.CheckpointInfo;
import lanewise.train.Trainer;
import lanewise.train.TrainingConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Trains a model.
@Command(
    name = "train",
    header = "Train a model, or go on with a run.",
    description = {
      "",
      "The output folder gets last.safetensors after every epoch, best.safetensors after the best",
      "one, and log.jsonl. Ctrl-C ends the step, saves last.safetensors and says how to go on.",
      "With no CIFAR-100 at hand the built-in drawn images are used, and it says so.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {

  private static final String DEFAULT_MODEL = "resnet10-thin";

  private final Session session;

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "Name of the model; lanewise models lists them (default: resnet10-thin).")
  private String model;

  @Mixin private DataOptions data;

  @Option(
      names = "--validation-split",
      paramLabel = "SHARE",
      description =
          "Measure on this share of the training images, cut from them, instead of on the test"
              + " images.")
  private Double validationSplit;

  @Mixin private RecipeOptions recipe;

  @Mixin private MemoryOption memory;

  @Mixin private AlgorithmOptions algorithm;

  @Mixin private RunOptions run;

  TrainCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path checkpoint = run.checkpoint().orElse(null);
    return checkpoint == null ? begin() : resume(checkpoint);
  }

  private int begin() {
    Network network = Models.create(model == null ? DEFAULT_MODEL : model);
    TrainingConfig config = recipe.over(Recipes.of(network));
    RunFolder folder = run.folder(network.name());
    ConvChooser chooser = algorithm.chooser(session);
    long budget = budget(network, config, chooser);
    DataOptions.Source source = data.loadOrDraw(session);
    Split split = split(source, validationSplit, config.seed());
    folder.prepare();
    Normalization normalization = Normalization.of(split.train());
    try (Trainer trainer = Trainer.create(network, config, split, normalization, budget, chooser)) {
      return run(trainer, network, source, split, folder).start();
    }
  }

  private int resume(Path checkpoint) {
    CheckpointInfo saved;
    try (Checkpoint file = Checkpoint.open(checkpoint)) {
      saved = file.info();
    }
    if (model != null && !model.equals(saved.model())) {
      throw new InvalidModelException(
          "%s is a checkpoint of %s, not of %s: leave --model out"
              .formatted(checkpoint, saved.model(), model));
    }
    Network network = Models.create(saved.model(), saved.input(), saved.classNames().size());
    TrainingConfig config = recipe.resuming(saved.config());
    RunFolder folder = run.folder(network.name(), checkpoint);
    ConvChooser chooser = algorithm.chooser(session);
    long budget = budget(network, config, chooser);
    DataOptions.Source source = data.loadFor(saved, session);
    Split split = split(source, share(saved, source), config.seed());
    folder.prepare();
    try (Trainer trainer =
        Trainer.create(network, config, split, saved.normalization(), budget, chooser)) {
      trainer.resume(checkpoint);
      return run(trainer, network, source, split, folder).resume(checkpoint);
    }
  }

  private TrainRun run(
      Trainer trainer, Network network, DataOptions.Source source, Split split, RunFolder folder) {
    return new TrainRun(session, trainer, network, source, split, folder, algorithm.name());
  }

  /// The budget of memory, once it is clear that the run fits in.
  private long budget(Network network, TrainingConfig config, ConvChooser chooser) {
    return memory.fitting(
        "training %s in batches of %d".formatted(network.name(), config.batchSize()),
        Trainer.memoryBytes(network, config, chooser));
  }

  /// The share is not in a checkpoint, but follows from how many images it left for training.
  private Double share(CheckpointInfo saved, DataOptions.Source source) {
    double left = (double) saved.dataSize() / source.split().train().size();
    return validationSplit == null && left < 1 ? Double.valueOf(1 - left) : validationSplit;
  }

  private Split split(DataOptions.Source source, Double share, long seed) {
    require(
        share == null || (share > 0 && share < 1),
        "--validation-split %s: must be above 0 and below 1".formatted(share));
    return share == null ? source.split() : Split.cut(source.split().train(), share, seed);
  }

  private void require(boolean good, String message) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
