package lanewise.cli;

import lanewise.error.InvalidModelException;
import lanewise.models.ModelInfo;
import lanewise.models.Models;
import lanewise.network.Network;
import lanewise.tensor.Shape;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which network a command looks at: a model of the list, as it is or with other classes or input.
final class ModelOptions {

  @Parameters(paramLabel = "MODEL", description = "Name of the model; lanewise models lists them.")
  private String name;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Number of classes (default: the model's own).")
  private Integer classes;

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      converter = Converters.Shapes.class,
      description = "Channels, height and width of an image (default: the model's own).")
  private Shape input;

  String name() {
    return name;
  }

  /// @throws InvalidModelException if there is no such model, or it cannot take the input
  Network network() {
    ModelInfo info = Models.find(name);
    return info.create(
        input == null ? info.input() : input, classes == null ? info.classes() : classes);
  }
}
