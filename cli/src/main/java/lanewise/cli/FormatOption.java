package lanewise.cli;

import picocli.CommandLine.Option;

/// The option of commands whose answer is a [Report].
final class FormatOption {

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      converter = Converters.Formats.class,
      description =
          "How to write the result: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format;

  Format format() {
    return format;
  }

  void print(Report report, Session session) {
    session.out().print(report.render(format));
    session.out().flush();
  }
}
