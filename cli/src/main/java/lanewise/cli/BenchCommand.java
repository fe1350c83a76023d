package lanewise.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import lanewise.bench.BenchOptions;
import lanewise.bench.BenchReport;
import lanewise.bench.BenchResult;
import lanewise.bench.BenchRunner;
import lanewise.bench.PeerKind;
import lanewise.bench.PeerResult;
import lanewise.bench.Suite;
import lanewise.cli.Table.Column;
import lanewise.storage.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Runs the benchmarks.
@Command(
    name = "bench",
    header = "Run the benchmarks: kernels, layers, training steps, inference; beside peers too.",
    description = {
      "",
      "Each benchmark runs in a JVM of its own. The folder gets report.html, report.md,"
          + " report.json,",
      "JMH's own results in jmh.json and its log in jmh.log; progress goes to stderr. All of them",
      "take about half an hour.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {

  private static final BenchOptions.Effort QUICK =
      new BenchOptions.Effort(1, 1, Duration.ofSeconds(1));

  private final Session session;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description =
          "What to run: peak, kernel, layer, training, inference (default: all; with --peers:"
              + " training, inference and kernel).")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      split = ",",
      description =
          "Measure these models and all their layers (default: the CIFAR-100 forms of the five"
              + " architectures, and a choice of layers).")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Images at a time (default: 128, 64 or 8, by the size of the model).")
  private Integer batch;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Threads that compute (default: all processors).")
  private Integer threads;

  @Option(
      names = "--all-algorithms",
      description = "Run kernels with every algorithm that takes them.")
  private boolean allAlgorithms;

  @Option(
      names = "--quick",
      description = "One short iteration each: to see that it works, not how fast.")
  private boolean quick;

  @Option(
      names = "--peers",
      description =
          "Measure PyTorch, ONNX Runtime and DJL's PyTorch by turns with ours, those of them that"
              + " are installed, and print the ratios.")
  private boolean peers;

  @Option(
      names = "--peer",
      paramLabel = "NAME",
      split = ",",
      description = "The same with these alone: pytorch, onnxruntime, djl.")
  private List<String> peerNames = new ArrayList<>();

  @Option(
      names = "--compare",
      paramLabel = "PATH",
      description = "An earlier report (its folder or report.json) to compare with.")
  private Path compare;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "Folder of the report (default: runs/bench-DATE-TIME).")
  private Path output;

  @Mixin private AlgorithmOptions algorithm;

  @Mixin private FormatOption format;

  BenchCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Set<PeerKind> kinds = peers();
    if (quick && !kinds.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "--quick measures code that is not yet warm: leave it out with --peers");
    }
    Path folder = output != null ? output : RunFolder.named("bench", LocalDateTime.now()).path();
    BenchOptions options =
        new BenchOptions(
            suites(!kinds.isEmpty()),
            models,
            batch == null ? 0 : batch,
            threads == null ? 0 : threads,
            allAlgorithms,
            algorithm.name(),
            AlgorithmOptions.file(session),
            quick ? Optional.of(QUICK) : Optional.empty(),
            kinds,
            folder,
            Optional.ofNullable(compare));
    BenchReport report = BenchRunner.run(options, this::progress);
    if (format.format() == Format.JSON) {
      session.out().print(Json.writePretty(report.json()));
    } else {
      session.out().print(tables(report, folder));
    }
    session.out().flush();
    return ExitCode.OK.number();
  }

  /// What ran alone, and what ran beside peers; as CSV the second only where there is no first.
  private String tables(BenchReport report, Path folder) {
    List<String> tables = new ArrayList<>();
    if (!report.results().isEmpty() || report.peers().isEmpty()) {
      tables.add(facts(own(report), report, folder).render(format.format()));
    }
    if (!report.peers().isEmpty() && (tables.isEmpty() || format.format() != Format.CSV)) {
      Report peers = peers(report);
      tables.add((tables.isEmpty() ? facts(peers, report, folder) : peers).render(format.format()));
    }
    return String.join("\n", tables);
  }

  private Set<PeerKind> peers() {
    if (peerNames.isEmpty()) {
      return peers ? EnumSet.allOf(PeerKind.class) : EnumSet.noneOf(PeerKind.class);
    }
    Set<PeerKind> kinds = EnumSet.noneOf(PeerKind.class);
    for (String name : peerNames) {
      try {
        kinds.add(PeerKind.of(name));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            "no peer is named '%s': write pytorch, onnxruntime or djl".formatted(name),
            e);
      }
    }
    return kinds;
  }

  private Set<Suite> suites(boolean beside) {
    if (names.isEmpty()) {
      return beside
          ? EnumSet.of(Suite.TRAINING, Suite.INFERENCE, Suite.KERNEL)
          : EnumSet.allOf(Suite.class);
    }
    Set<Suite> suites = EnumSet.noneOf(Suite.class);
    for (String name : names) {
      try {
        suites.add(Suite.valueOf(name.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            "'%s' is no group of benchmarks: write peak, kernel, layer, training or inference;"
                    .formatted(name)
                + " models go after --model",
            e);
      }
    }
    return suites;
  }

  private void progress(String line) {
    session.err().println("lanewise: " + line);
    session.err().flush();
  }

  private static Report own(BenchReport report) {
    Table table =
        new Table(
            new Column("suite", "Group", Style.PLAIN),
            new Column("subject", "What", Style.PLAIN),
            new Column("pass", "Pass", Style.PLAIN),
            new Column("algorithm", "Algorithm", Style.PLAIN),
            new Column("batch", "Batch", Style.COUNT),
            new Column("threads", "Threads", Style.COUNT),
            new Column("figure", "Figure", Style.REAL),
            new Column("unit", "Unit", Style.PLAIN),
            new Column("of_limit", "Of the limit", Style.SHARE),
            new Column("change", "Since before", Style.SHARE));
    for (BenchResult result : report.results()) {
      table.row(
          result.suite().toString(),
          result.subject(),
          result.pass(),
          result.algorithm().orElse(null),
          result.batch() == 0 ? null : (Object) result.batch(),
          result.threads(),
          result.figure(),
          result.unit(),
          report.shareOfLimit(result),
          report.change(result).orElse(null));
    }
    return new Report("%d results".formatted(report.results().size())).table("results", table);
  }

  private static Report facts(Report table, BenchReport report, Path folder) {
    return table
        .fact("limits", "Measured limits", report.peak().text(), Style.PLAIN)
        .fact("machine", "Machine", report.machine().text(), Style.PLAIN)
        .fact("flags", "JVM flags", String.join(" ", report.machine().flags()), Style.PLAIN)
        .fact("report", "Report", folder.resolve("report.html").toString(), Style.PLAIN);
  }

  private static Report peers(BenchReport report) {
    Table table =
        new Table(
            new Column("peer", "Peer", Style.PLAIN),
            new Column("subject", "What", Style.PLAIN),
            new Column("pass", "Pass", Style.PLAIN),
            new Column("batch", "Batch", Style.COUNT),
            new Column("threads", "Threads", Style.COUNT),
            new Column("unit", "Unit", Style.PLAIN),
            new Column("ours", "Ours", Style.REAL),
            new Column("theirs", "Theirs", Style.REAL),
            new Column("ratio", "Ratio", Style.REAL),
            new Column("lower_quartile", "Lower quartile", Style.REAL),
            new Column("upper_quartile", "Upper quartile", Style.REAL));
    for (PeerResult peer : report.peers()) {
      table.row(
          peer.peer(),
          peer.subject(),
          peer.pass(),
          peer.batch(),
          peer.threads(),
          peer.unit(),
          peer.our(),
          peer.their(),
          peer.ratio(),
          peer.lowerRatio(),
          peer.upperRatio());
    }
    return new Report("Beside peers").table("peers", table);
  }
}
