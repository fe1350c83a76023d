package lanewise.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The HTML page of a run of the benchmarks: charts per layer and per model, and all figures.
final class BenchPage {

  /// Where bars of ratios end, so that one very large does not make all others small.
  private static final double LONGEST = 4;

  private final BenchReport report;

  private BenchPage(BenchReport report) {
    this.report = report;
  }

  static String of(BenchReport report) {
    return new BenchPage(report).render();
  }

  private String render() {
    Html page = new Html("Benchmarks");
    page.facts(
        "Machine", report.machine().text(),
        "JVM flags", String.join(" ", report.machine().flags()),
        "Measured limits", report.peak().text());
    for (Suite suite : Suite.values()) {
      List<BenchResult> results = report.of(suite);
      if (!results.isEmpty()) {
        page.heading(BenchReport.title(suite));
        if (suite != Suite.PEAK) {
          page.picture(chart(suite, results));
        }
        page.table(BenchReport.columns(suite), results.stream().map(report::row).toList());
      }
    }
    if (!report.peers().isEmpty()) {
      page.heading("Beside peers")
          .paragraph(
              "soft",
              Text.format(
                  "Measured by turns; the bars are ours / theirs, of the medians, and end at %.0f.",
                  LONGEST))
          .picture(ratios())
          .table(BenchReport.peerColumns(), report.peers().stream().map(BenchReport::row).toList());
    }
    return page.render();
  }

  /// A row per subject and algorithm, a bar per pass, and behind it that of the earlier report.
  private Svg chart(Suite suite, List<BenchResult> results) {
    Bars bars = new Bars(BenchReport.title(suite), 9);
    List<String> passes = results.stream().map(BenchResult::pass).distinct().sorted().toList();
    String[] styles = {"a", "b", "c"};
    for (int i = 0; i < passes.size(); i++) {
      bars.legend(styles[i % styles.length], passes.get(i));
    }
    if (results.stream().anyMatch(result -> report.before(result).isPresent())) {
      bars.legend("limit", "before");
    }
    if (suite == Suite.KERNEL) {
      bars.limit("FMA peak", report.peak().gflops());
    } else if (suite == Suite.LAYER) {
      bars.limit("bandwidth", report.peak().gigabytesPerSecond());
    }
    Function<BenchResult, String> name =
        r -> "%s %s".formatted(r.subject(), r.algorithm().orElse("batch " + r.batch()));
    Map<String, List<BenchResult>> rows =
        results.stream()
            .collect(Collectors.groupingBy(name, LinkedHashMap::new, Collectors.toList()));
    rows.forEach(
        (label, group) -> {
          List<Bars.Bar> row = new ArrayList<>();
          for (BenchResult result : group) {
            String style = styles[passes.indexOf(result.pass()) % styles.length];
            row.add(bar(style, result, result.pass(), result.figure(), suite));
            report
                .before(result)
                .ifPresent(b -> row.add(bar("limit", result, result.pass() + " before", b, suite)));
          }
          String values =
              group.stream()
                  .map(result -> Text.format("%.0f", result.figure()))
                  .collect(Collectors.joining(" / "));
          bars.row(label, values + " " + BenchReport.unit(suite), row);
        });
    return bars.draw();
  }

  private static Bars.Bar bar(
      String style, BenchResult result, String what, double figure, Suite suite) {
    return new Bars.Bar(
        style,
        figure,
        Text.format("%s, %s: %.1f %s", result.subject(), what, figure, BenchReport.unit(suite)));
  }

  /// A row per subject, a bar per peer.
  private Svg ratios() {
    Bars bars = new Bars("Ours over theirs", 9);
    List<String> peers = report.peers().stream().map(PeerResult::peer).distinct().toList();
    String[] styles = {"a", "b", "c"};
    for (int i = 0; i < peers.size(); i++) {
      bars.legend(styles[i % styles.length], peers.get(i));
    }
    bars.limit("equal", 1);
    Function<PeerResult, String> name =
        r -> "%s %s, batch %d".formatted(r.subject(), r.pass(), r.batch());
    report.peers().stream()
        .collect(Collectors.groupingBy(name, LinkedHashMap::new, Collectors.toList()))
        .forEach(
            (label, group) -> {
              List<Bars.Bar> row = new ArrayList<>();
              List<String> values = new ArrayList<>();
              for (PeerResult result : group) {
                values.add(Text.format("%.2f", result.ratio()));
                String style = styles[peers.indexOf(result.peer()) % styles.length];
                row.add(new Bars.Bar(style, Math.min(result.ratio(), LONGEST), result.text()));
              }
              bars.row(label, String.join(" / ", values), row);
            });
    return bars.draw();
  }
}
