package lanewise.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import lanewise.error.EnvironmentException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.Cpu;
import lanewise.models.Models;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// Runs JMH benchmarks, each in a JVM of its own, and writes the report into a folder:
/// `report.html`,
/// `report.md`, `report.json`, JMH's own results in `jmh.json` and its log in `jmh.log`.
public final class BenchRunner {

  private static final Duration PEAK_TIME = Duration.ofSeconds(1);

  private final BenchOptions options;
  private final Consumer<String> progress;
  private final PrintStream log;
  private final List<RunResult> results = new ArrayList<>();

  private BenchRunner(BenchOptions options, Consumer<String> progress, PrintStream log) {
    this.options = options;
    this.progress = progress;
    this.log = log;
  }

  /// Measures and writes the report.
  ///
  /// @param progress is told what is measured
  /// @throws EnvironmentException if a benchmark fails; names the log
  public static BenchReport run(BenchOptions options, Consumer<String> progress) {
    List<BenchResult> previous = BenchReport.readPrevious(options.previous());
    options.models().forEach(Models::find);
    try {
      Files.createDirectories(options.output());
      Path log = options.output().resolve("jmh.log");
      try (PrintStream out =
          new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8)) {
        BenchReport report = new BenchRunner(options, progress, out).run(previous);
        report.write(options.output());
        return report;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BenchReport run(List<BenchResult> previous) {
    Machine machine = Machine.current();
    progress.accept(machine.text());
    progress.accept("JVM flags: " + String.join(" ", machine.flags()));
    int threads = options.threads() == 0 ? Cpu.processors() : options.threads();
    MachinePeak peak =
        MachinePeak.measure(threads, options.effort().map(e -> e.time()).orElse(PEAK_TIME));
    progress.accept(peak.text());
    List<PeerResult> peers;
    try (PeerRun comparison =
        PeerRun.of(
            options,
            JavaPeer.defaultFolder(),
            progress,
            (suite, subject, batch, count) ->
                ContestantProgram.start(suite, subject, batch, count, options))) {
      peers = comparison.run();
      for (Suite suite : Suite.values()) {
        if (options.suites().contains(suite) && !comparison.covers(suite)) {
          run(suite);
        }
      }
    }
    writeJmh();
    List<BenchResult> own =
        results.stream()
            .map(run -> BenchResult.of(run, machine.processors(), options.times()))
            .toList();
    return new BenchReport(machine, peak, own, previous, peers);
  }

  private void run(Suite suite) {
    if (suite == Suite.KERNEL && options.everyAlgorithm()) {
      for (ConvAlgorithm algorithm : ConvAlgorithm.values()) {
        String[] layers =
            subjects(suite).stream()
                .filter(l -> algorithm.refuses(LayerCase.of(l).spec().orElseThrow()).isEmpty())
                .toArray(String[]::new);
        if (layers.length > 0) {
          ChainedOptionsBuilder jmh = builder(suite.pattern()).param("layer", layers);
          start(jmh.param("algorithm", algorithm.toString()));
        }
      }
      return;
    }
    ChainedOptionsBuilder jmh = builder(suite.pattern());
    if (suite.subject() != null) {
      jmh.param(suite.subject(), subjects(suite).toArray(String[]::new));
    }
    start(jmh);
  }

  /// What the suite measures: the layers or steps of the models asked for, or what it is set to.
  private List<String> subjects(Suite suite) {
    if (options.models().isEmpty()) {
      return LayerCase.defaults(suite);
    }
    return switch (suite) {
      case KERNEL -> layers(true);
      case LAYER -> layers(false);
      default -> options.models();
    };
  }

  private List<String> layers(boolean products) {
    return options.models().stream()
        .map(Models::create)
        .flatMap(n -> (products ? LayerCase.products(n) : LayerCase.others(n)).stream())
        .map(LayerCase::path)
        .toList();
  }

  private ChainedOptionsBuilder builder(String pattern) {
    ChainedOptionsBuilder jmh = new OptionsBuilder().include(pattern).shouldFailOnError(true);
    jmh.jvmArgsPrepend("-D%s=%s".formatted(BenchChoosers.FILE, options.times().toAbsolutePath()));
    options
        .effort()
        .ifPresent(
            effort -> {
              TimeValue time = TimeValue.milliseconds(effort.time().toMillis());
              jmh.warmupIterations(effort.warmUps()).warmupTime(time);
              jmh.measurementIterations(effort.iterations()).measurementTime(time);
            });
    if (!pattern.equals(Suite.PEAK.pattern())) {
      jmh.param("threads", Integer.toString(options.threads()));
      if (options.batch() > 0) {
        jmh.param("batch", Integer.toString(options.batch()));
      }
      if (!pattern.startsWith(Suite.LAYER.pattern())) {
        jmh.param("algorithm", options.algorithm());
      }
    }
    return jmh;
  }

  private Collection<RunResult> start(ChainedOptionsBuilder jmh) {
    try {
      Collection<RunResult> found = new Runner(jmh.build(), new BenchLog(log, progress)).run();
      results.addAll(found);
      return found;
    } catch (RunnerException e) {
      throw new EnvironmentException(
          "a benchmark failed: %s; its output is in %s"
              .formatted(e.getMessage(), options.output().resolve("jmh.log")));
    }
  }

  private void writeJmh() {
    Path file = options.output().resolve("jmh.json");
    try (PrintStream out =
        new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
