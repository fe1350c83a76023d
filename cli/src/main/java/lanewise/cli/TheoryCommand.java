package lanewise.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lanewise.bench.Claim;
import lanewise.bench.TheoryReport;
import lanewise.cli.Table.Column;
import lanewise.storage.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Shows what the lecture claims about costs, computed.
@Command(
    name = "theory",
    header = "Compute what the lecture claims about the costs of convolutional networks.",
    description = {
      "",
      "Every figure is counted on the description of a network; lanewise summary shows the same",
      "counts layer by layer.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class TheoryCommand implements Callable<Integer> {

  private final Session session;

  @Mixin private FormatOption format;

  TheoryCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<Claim> claims = TheoryReport.claims();
    String text =
        switch (format.format()) {
          case TEXT -> text(claims);
          case MARKDOWN -> markdown(claims);
          case CSV -> table(claims).csv();
          case JSON ->
              Json.writePretty(Map.of("claims", claims.stream().map(Claim::json).toList()));
        };
    session.out().print(text);
    session.out().flush();
    return ExitCode.OK.number();
  }

  private static Table table(List<Claim> claims) {
    Table table =
        new Table(
            new Column("claim", "Claim", Style.PLAIN),
            new Column("figure", "Figure", Style.PLAIN),
            new Column("value", "Value", Style.PLAIN));
    for (Claim claim : claims) {
      for (Claim.Figure figure : claim.figures()) {
        table.row(claim.key(), figure.key(), figure.number());
      }
    }
    return table;
  }

  private static String text(List<Claim> claims) {
    StringBuilder out = new StringBuilder();
    for (Claim claim : claims) {
      int width = claim.figures().stream().mapToInt(f -> f.label().length()).max().orElse(0);
      int values = claim.figures().stream().mapToInt(f -> f.text().length()).max().orElse(0);
      out.append(out.isEmpty() ? "" : "\n").append(claim.title()).append('\n');
      for (Claim.Figure f : claim.figures()) {
        out.append("  ").append(f.label()).repeat(' ', width + 2 - f.label().length());
        out.repeat(' ', values - f.text().length()).append(f.text()).append('\n');
      }
      out.append("  ").append(claim.conclusion()).append('\n');
    }
    return out.toString();
  }

  private static String markdown(List<Claim> claims) {
    StringBuilder out = new StringBuilder();
    for (Claim claim : claims) {
      out.append(out.isEmpty() ? "" : "\n").append("### ").append(claim.title()).append("\n\n");
      out.append("| Figure | Value |\n|---|--:|\n");
      for (Claim.Figure figure : claim.figures()) {
        out.append("| %s | %s |\n".formatted(figure.label(), figure.text()));
      }
      out.append('\n').append(claim.conclusion()).append('\n');
    }
    return out.toString();
  }
}
