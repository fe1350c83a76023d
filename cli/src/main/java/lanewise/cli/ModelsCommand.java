package lanewise.cli;

import java.util.List;
import java.util.concurrent.Callable;
import lanewise.cli.Table.Column;
import lanewise.models.ModelInfo;
import lanewise.models.Models;
import lanewise.network.Network;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Lists the models.
@Command(
    name = "models",
    header = "List the models with their sizes and origins.",
    description = {
      "",
      "A bare name is the form for CIFAR-100; a name that ends in a data set is the architecture"
          + " at",
      "its original input. Parameters and multiply-adds (of one image, forward) are without"
          + " auxiliary",
      "classifiers, which only training has.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class ModelsCommand implements Callable<Integer> {

  private final Session session;

  @Mixin private FormatOption format;

  ModelsCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Table table =
        new Table(
            new Column("name", "Model", Style.PLAIN),
            new Column("family", "Family", Style.PLAIN),
            new Column("input", "Input", Style.PLAIN),
            new Column("classes", "Classes", Style.COUNT),
            new Column("parameters", "Parameters", Style.COUNT),
            new Column("multiply_adds", "Multiply-adds", Style.COUNT),
            new Column("origin", "Origin", Style.PLAIN));
    List<ModelInfo> models = Models.all();
    for (ModelInfo model : models) {
      Network network = model.create().withoutAuxiliaryOutputs();
      table.row(
          model.name(),
          model.family(),
          model.input().toString(),
          model.classes(),
          network.trainedParameters(),
          network.multiplyAdds(),
          model.origin());
    }
    format.print(new Report(models.size() + " models").table("models", table), session);
    return ExitCode.OK.number();
  }
}
