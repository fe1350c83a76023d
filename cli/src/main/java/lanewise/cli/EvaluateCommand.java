package lanewise.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import lanewise.choice.ConvChooser;
import lanewise.data.Dataset;
import lanewise.models.Models;
import lanewise.network.Network;
import lanewise.train.Checkpoint;
import lanewise.train.CheckpointInfo;
import lanewise.train.Evaluation;
import lanewise.train.Evaluator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Measures a checkpoint on a data set.
@Command(
    name = "evaluate",
    header = "Measure a checkpoint on the test images: loss, top-1 and top-5 accuracy.",
    description = {
      "",
      "A checkpoint of drawn images is measured on drawn ones, any other on CIFAR-100.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class EvaluateCommand implements Callable<Integer> {

  private final Session session;

  @CommandLine.Parameters(
      paramLabel = "CHECKPOINT",
      description = "A checkpoint, or the folder of a run: then its best.safetensors.")
  private Path checkpoint;

  @Mixin private DataOptions data;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      converter = Converters.Positive.class,
      description = "Images at a time (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Threads that compute (default: all processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Mixin private MemoryOption memory;

  @Mixin private AlgorithmOptions algorithm;

  @Mixin private FormatOption format;

  EvaluateCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path file = RunFolder.bestIn(checkpoint);
    CheckpointInfo info;
    try (Checkpoint saved = Checkpoint.open(file)) {
      info = saved.info();
    }
    Network network = Models.create(info.model(), info.input(), info.classNames().size());
    ConvChooser chooser = algorithm.chooser(session);
    long budget =
        memory.fitting(
            "evaluating %s in batches of %d".formatted(network.name(), batch),
            Evaluator.memoryBytes(network, batch, threads, chooser));
    try (Evaluator evaluator = Evaluator.load(file, network, batch, threads, budget, chooser)) {
      Dataset images = data.loadFor(info, session).split().validation();
      format.print(report(file, info, images, evaluator.evaluate(images)), session);
    }
    return ExitCode.OK.number();
  }

  private static Report report(
      Path file, CheckpointInfo info, Dataset images, Evaluation evaluation) {
    return new Report("%s on %s".formatted(info.model(), images.name()))
        .fact("checkpoint", "Checkpoint", file.toString(), Style.PLAIN)
        .fact("model", "Model", info.model(), Style.PLAIN)
        .fact("epoch", "Finished epochs", info.position().epoch(), Style.COUNT)
        .fact("data", "Data", images.name(), Style.PLAIN)
        .fact("images", "Images", evaluation.images(), Style.COUNT)
        .fact("loss", "Loss", evaluation.loss(), Style.REAL)
        .fact("top1", "Top-1 accuracy", evaluation.top1(), Style.SHARE)
        .fact("top5", "Top-5 accuracy", evaluation.top5(), Style.SHARE)
        .fact("seconds", "Seconds", evaluation.seconds(), Style.REAL);
  }
}
