package lanewise.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program itself, which only knows its commands.
@Command(
    name = "lanewise",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    header = "Convolutional networks, trained at native speed in pure Java.",
    description = {
      "",
      "lanewise COMMAND --help explains a command and all its options.",
    },
    footer = {
      "",
      "Examples:",
      "  lanewise train                             resnet10-thin, on CIFAR-100 if it is at hand",
      "  lanewise train --download                  fetch CIFAR-100 first (161 MB)",
      "  lanewise evaluate runs/FOLDER              the best checkpoint of a run, on the test"
          + " images",
      "  lanewise summary resnet20                  its layers: shapes, parameters, multiply-adds",
      "",
      "Exit codes: 0 success, 2 usage, 3 data, 4 model or checkpoint, 5 reading or writing,",
      "6 numeric, 7 memory, 8 environment, 130 stopped by Ctrl-C with the state saved.",
    })
final class Lanewise implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "a command is missing: " + String.join(", ", spec.subcommands().keySet()));
  }
}
