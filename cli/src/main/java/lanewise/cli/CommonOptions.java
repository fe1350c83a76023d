package lanewise.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// What every command understands.
final class CommonOptions {

  private static final String DEBUG = "--debug";
  private static final int LAST = 1000;

  private CommonOptions() {}

  /// Adds the options to a command, after its own.
  static void addTo(CommandSpec command) {
    command.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .order(LAST)
            .description("Show this help and exit.")
            .build());
    command.addOption(
        OptionSpec.builder(DEBUG)
            .type(boolean.class)
            .order(LAST)
            .description("Print the stack trace of an error as well.")
            .build());
  }

  /// Whether the stack trace of an error is wanted.
  static boolean isDebug(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    return command.hasMatchedOption(DEBUG);
  }
}
