package lanewise.cli;

import java.util.Optional;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.choice.PassChoice;
import lanewise.cli.Table.Column;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;

/// What every convolution and linear layer of a training step runs with, and why: a row per layer,
/// pass and algorithm.
final class AlgorithmReport {

  private AlgorithmReport() {}

  /// Compiles a training step, which measures what the chooser does not know yet.
  static Report of(Network network, int batch, int threads, ConvChooser chooser, String name) {
    Table table =
        new Table(
            new Column("layer", "Layer", Style.PLAIN),
            new Column("pass", "Pass", Style.PLAIN),
            new Column("algorithm", "Algorithm", Style.PLAIN),
            new Column("verdict", "Verdict", Style.PLAIN),
            new Column("ms", "ms", Style.REAL),
            new Column("reason", "Reason", Style.PLAIN));
    try (Memory memory = Memory.withDefaultBudget();
        Parallel parallel = new Parallel(threads)) {
      Parameters parameters = Parameters.create(network, memory, 1);
      Program program =
          Program.compile(network, batch, Mode.TRAINING, parameters, memory, parallel, chooser);
      for (int i = 0; i < program.operationCount(); i++) {
        Optional<ConvChoice> choice = program.convChoice(i);
        if (choice.isPresent()) {
          String label = program.operationLabel(i);
          choice.get().passes().forEach(pass -> rows(table, label, pass));
        }
      }
    }
    return new Report("%s, algorithms of a training step".formatted(network.name()))
        .table("algorithms", table)
        .fact("model", "Model", network.name(), Style.PLAIN)
        .fact("choice", "Chosen", name, Style.PLAIN)
        .fact("batch", "Batch", batch, Style.COUNT)
        .fact("threads", "Threads", threads, Style.COUNT);
  }

  private static void rows(Table table, String label, PassChoice pass) {
    for (PassChoice.Verdict verdict : pass.verdicts()) {
      table.row(
          label,
          pass.pass().toString(),
          verdict.algorithm().toString(),
          verdict.outcome().toString(),
          verdict.seconds().isPresent() ? (Object) (1e3 * verdict.seconds().getAsDouble()) : null,
          verdict.reason());
    }
  }
}
