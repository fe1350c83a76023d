package lanewise.cli;

import java.util.concurrent.Callable;
import lanewise.bench.MemoryNeed;
import lanewise.choice.ConvChooser;
import lanewise.cli.Table.Column;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Theory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows a model layer by layer.
@Command(
    name = "summary",
    header = "Show a model layer by layer: shapes, memory, parameters, multiply-adds.",
    description = {
      "",
      "Layers and their totals are for one image, as the description of the model gives them.",
      "Operations are multiply-adds and, for pooling, K x K per output; backward's are those of"
          + " the",
      "gradients. Moved is what a training step of a whole batch reads and writes, each array once",
      "per pass (docs/theory.md has the formula).",
      "",
      "Auxiliary classifiers are counted, except in the figures of evaluation, where they are"
          + " gone.",
      "",
      "The memory of a training step and of inference is what the compiled program would allocate",
      "for a whole batch: values, gradients and scratch memory that share their place where they",
      "can, parameters, and in training gradients and momentum of the parameters.",
      "",
      "With --algorithms, what each convolution and linear layer of a training step runs with, and",
      "why not with the others; what was never measured is measured now.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class SummaryCommand implements Callable<Integer> {

  private final Session session;

  @Mixin private ModelOptions model;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      converter = Converters.Positive.class,
      description = "Images per step, for the planned memory (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Threads, for the planned memory (default: all processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--count-biases",
      description = "Count adding a bias as one operation per output value.")
  private boolean countBiases;

  @Option(names = "--strict", description = "Count a multiply-add as two operations.")
  private boolean strict;

  @Option(
      names = "--algorithms",
      description = "Show the algorithm of every pass instead, and why not the others.")
  private boolean algorithms;

  @Mixin private AlgorithmOptions algorithm;

  @Mixin private FormatOption format;

  SummaryCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Network network = model.network();
    ConvChooser chooser = algorithm.chooser(session);
    Report report =
        algorithms
            ? AlgorithmReport.of(network, batch, threads, chooser, algorithm.name())
            : report(network, chooser);
    format.print(report, session);
    return ExitCode.OK.number();
  }

  private Report report(Network network, ConvChooser chooser) {
    int outputs = network.output().channels();
    Theory theory = Theory.of(network, new Theory.Counting(countBiases, strict));
    Report report =
        new Report("%s: %s -> %d classes".formatted(network.name(), network.input(), outputs))
            .table("layers", table(theory))
            .fact("model", "Model", network.name(), Style.PLAIN)
            .fact("input", "Input", network.input().toString(), Style.PLAIN)
            .fact("classes", "Classes", outputs, Style.COUNT)
            .fact("parameters", "Parameters", network.trainedParameters(), Style.COUNT)
            .fact("multiply_adds", "Multiply-adds per image", network.multiplyAdds(), Style.COUNT);
    if (network.outputs().size() > 1) {
      Network alone = network.withoutAuxiliaryOutputs();
      report
          .fact(
              "evaluation_parameters",
              "Parameters in evaluation",
              alone.trainedParameters(),
              Style.COUNT)
          .fact(
              "evaluation_multiply_adds",
              "Multiply-adds in evaluation",
              alone.multiplyAdds(),
              Style.COUNT);
    }
    return report
        .fact("operations", "Operations per image", theory.forwardOperations(), Style.COUNT)
        .fact(
            "backward_operations",
            "Operations backward per image",
            theory.backwardOperations(),
            Style.COUNT)
        .fact("counting", "Counted", counting(), Style.PLAIN)
        .fact("output_bytes", "Outputs of all layers per image", theory.outputBytes(), Style.BYTES)
        .fact("batch", "Batch", batch, Style.COUNT)
        .fact("threads", "Threads", threads, Style.COUNT)
        .fact(
            "step_bytes",
            "Moved by a training step",
            theory.traffic(batch, Mode.TRAINING).bytes(),
            Style.BYTES)
        .fact(
            "training_bytes",
            "Memory of a training step",
            bytes(network, Mode.TRAINING, chooser),
            Style.BYTES)
        .fact(
            "inference_bytes",
            "Memory of inference",
            bytes(network, Mode.INFERENCE, chooser),
            Style.BYTES);
  }

  private String counting() {
    return "a multiply-add as %s, biases %s"
        .formatted(strict ? "two operations" : "one operation", countBiases ? "too" : "not");
  }

  private Table table(Theory theory) {
    Table table =
        new Table(
            new Column("name", "Layer", Style.PLAIN),
            new Column("kind", "Kind", Style.PLAIN),
            new Column("output", "Output", Style.PLAIN),
            new Column("output_bytes", "Output memory", Style.BYTES),
            new Column("parameters", "Parameters", Style.COUNT),
            new Column("parameters_share", "Share", Style.SHARE),
            new Column("multiply_adds", "Multiply-adds", Style.COUNT),
            new Column("operations", "Operations", Style.COUNT),
            new Column("operations_share", "Share", Style.SHARE),
            new Column("backward_operations", "Backward", Style.COUNT),
            new Column("step_bytes", "Moved", Style.BYTES));
    for (int i = 0; i < theory.layers().size(); i++) {
      Theory.Layer layer = theory.layers().get(i);
      table.row(
          layer.info().node().name(),
          layer.info().node().layer().kind(),
          layer.info().output().toString(),
          layer.outputBytes(),
          layer.parameters(),
          share(layer.parameters(), theory.parameters()),
          layer.info().cost().multiplyAdds(),
          layer.forwardOperations(),
          share(layer.forwardOperations(), theory.forwardOperations()),
          layer.backwardOperations(),
          theory.traffic(i, batch, Mode.TRAINING).bytes());
    }
    return table.total(
        "total",
        "",
        "",
        theory.outputBytes(),
        theory.parameters(),
        1.0,
        theory.network().multiplyAdds(),
        theory.forwardOperations(),
        1.0,
        theory.backwardOperations(),
        theory.traffic(batch, Mode.TRAINING).bytes());
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private long bytes(Network network, Mode mode, ConvChooser chooser) {
    return MemoryNeed.of(network, batch, mode, threads, chooser).bytes();
  }
}
