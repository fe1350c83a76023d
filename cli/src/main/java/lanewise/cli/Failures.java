package lanewise.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import lanewise.error.LanewiseException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns whatever ends a command into one line on stderr and an exit code.
final class Failures {

  private static final String PREFIX = "lanewise: error: ";

  private Failures() {}

  /// A wrong command, option or value.
  static int usage(ParameterException failure, PrintWriter err) {
    CommandLine command = failure.getCommandLine();
    String message = uncapitalized(oneLine(failure.getMessage()));
    if (failure instanceof UnmatchedArgumentException unmatched) {
      message = unmatched(unmatched, command);
    }
    err.println(
        "%s%s (see %s --help)"
            .formatted(PREFIX, message, command.getCommandSpec().qualifiedName()));
    return ExitCode.USAGE.number();
  }

  private static String unmatched(UnmatchedArgumentException failure, CommandLine command) {
    String argument = failure.getUnmatched().get(0);
    boolean expectsCommand = !command.getSubcommands().isEmpty();
    String kind =
        failure.isUnknownOption()
            ? "unknown option "
            : expectsCommand ? "unknown command " : "unexpected argument ";
    var spec = command.getCommandSpec();
    var known =
        failure.isUnknownOption()
            ? spec.options().stream()
                .filter(option -> !option.hidden())
                .map(CommandLine.Model.OptionSpec::longestName)
                .toList()
            : command.getSubcommands().keySet().stream().toList();
    String name = argument.contains("=") ? argument.substring(0, argument.indexOf('=')) : argument;
    return kind
        + name
        + Suggestions.nearest(name, known)
            .map(nearest -> ": did you mean %s?".formatted(nearest))
            .orElse("");
  }

  /// Anything that a command threw.
  ///
  /// @param debug whether the stack trace is wanted
  static int execution(Throwable failure, PrintWriter err, boolean debug) {
    if (debug) {
      failure.printStackTrace(err);
    }
    return switch (failure) {
      case LanewiseException e -> report(ExitCode.of(e), e.getMessage(), err);
      case UncheckedIOException e -> report(ExitCode.STORAGE, text(e.getCause()), err);
      case IOException e -> report(ExitCode.STORAGE, text(e), err);
      case OutOfMemoryError e ->
          report(
              ExitCode.MEMORY,
              "the Java heap is full (%s): use a smaller batch, or more heap with"
                      .formatted(e.getMessage())
                  + " LANEWISE_JAVA_OPTS=-Xmx4g",
              err);
      case NoClassDefFoundError e when String.valueOf(e.getMessage()).contains("incubator") ->
          report(
              ExitCode.ENVIRONMENT,
              "the JVM runs without the vector module: start java with --add-modules"
                  + " jdk.incubator.vector",
              err);
      default ->
          report(
              ExitCode.INTERNAL,
              "%s, which is a fault of the program: run it again with --debug and report what it"
                      .formatted(text(failure))
                  + " prints",
              err);
    };
  }

  private static int report(ExitCode code, String message, PrintWriter err) {
    err.println(PREFIX + oneLine(message));
    return code.number();
  }

  /// The kind of the failure and its message; a bare path or null says too little.
  private static String text(Throwable failure) {
    return failure.getMessage() == null
        ? failure.getClass().getSimpleName()
        : failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }

  private static String uncapitalized(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  private static String oneLine(String text) {
    return String.join(" ", text.lines().map(String::strip).toList());
  }
}
