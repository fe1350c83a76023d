package lanewise.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.concurrent.Callable;
import lanewise.bench.OperationProfile;
import lanewise.bench.PassProfile;
import lanewise.bench.Profile;
import lanewise.bench.ProfileOptions;
import lanewise.bench.ProfilePage;
import lanewise.bench.Profiler;
import lanewise.bench.Timing;
import lanewise.cli.Table.Column;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.storage.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Measures a model layer by layer.
@Command(
    name = "profile",
    header = "Measure a model layer by layer, and hold each layer beside theory.",
    description = {
      "",
      "Runs training steps (or inference) on noise, times every operation forward and backward,"
          + " and",
      "compares with the least time that the machine's measured limits allow. Fused layers are one",
      "operation. The folder gets profile.html and profile.json; progress goes to stderr.",
      ""
    },
    abbreviateSynopsis = true,
    sortOptions = false)
final class ProfileCommand implements Callable<Integer> {

  private final Session session;

  @Mixin private ModelOptions model;

  @Option(names = "--inference", description = "Profile inference instead of a training step.")
  private boolean inference;

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Images at a time (default: 64; 8 for images of more than 64 pixels).")
  private Integer batch;

  @Option(
      names = "--threads",
      paramLabel = "N",
      converter = Converters.Positive.class,
      description = "Threads that compute (default: all processors).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      description =
          "How long to run before measuring (default: until the JVM has compiled what runs).")
  private Double warmUp;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      converter = Converters.Seconds.class,
      defaultValue = "10",
      description = "How long to measure (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Mixin private MemoryOption memory;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "Folder of the report (default: runs/profile-MODEL-DATE-TIME).")
  private Path output;

  @Mixin private AlgorithmOptions algorithm;

  @Mixin private FormatOption format;

  ProfileCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Profile profile = Profiler.profile(options(), this::progress);
    Path folder =
        output != null
            ? output
            : RunFolder.named("profile-" + model.name(), LocalDateTime.now()).path();
    Files.createDirectories(folder);
    Path page = folder.resolve("profile.html");
    String json = Json.writePretty(profile.json());
    Files.writeString(page, ProfilePage.of(profile));
    Files.writeString(folder.resolve("profile.json"), json);
    if (format.format() == Format.JSON) {
      session.out().print(json);
      session.out().flush();
    } else {
      format.print(report(profile, page), session);
    }
    return ExitCode.OK.number();
  }

  private ProfileOptions options() {
    Network network = model.network();
    boolean large = Math.max(network.input().height(), network.input().width()) > 64;
    return new ProfileOptions(
        network,
        inference ? Mode.INFERENCE : Mode.TRAINING,
        batch == null ? (large ? 8 : 64) : batch,
        threads,
        Optional.ofNullable(warmUp).map(ProfileCommand::duration),
        duration(seconds),
        Duration.ofSeconds(1),
        memory.bytes(),
        algorithm.chooser(session));
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis(Math.round(1000 * seconds));
  }

  private void progress(String line) {
    session.err().println("lanewise: " + line);
    session.err().flush();
  }

  private static Report report(Profile profile, Path page) {
    Report report =
        new Report("%s, %d images".formatted(title(profile), profile.options().batch()))
            .table("operations", table(profile))
            .fact("images_per_s", "Images per second", profile.imagesPerSecond(), Style.REAL)
            .fact("step_ms", "Whole step, ms", 1e3 * profile.step().median(), Style.REAL)
            .fact("step_spread", "Spread of it", profile.step().spread(), Style.SHARE)
            .fact("sum_ms", "Sum of the parts, ms", 1e3 * profile.sumSeconds(), Style.REAL)
            .fact("gap", "Parts against the whole", profile.gap(), Style.SHARE)
            .fact("theory_ms", "Least in theory, ms", 1e3 * profile.theorySeconds(), Style.REAL)
            .fact("planned_bytes", "Memory planned", profile.planned().bytes(), Style.BYTES)
            .fact("allocated_bytes", "Memory allocated", profile.allocatedBytes(), Style.BYTES)
            .fact("limits", "Measured limits", profile.peak().text(), Style.PLAIN)
            .fact("machine", "Machine", profile.machine().text(), Style.PLAIN);
    int number = 1;
    for (String finding : profile.findings()) {
      report.fact("finding_" + number, "Finding " + number++, finding, Style.PLAIN);
    }
    return report.fact("page", "Page", page.toString(), Style.PLAIN);
  }

  private static String title(Profile profile) {
    boolean training = profile.options().mode() == Mode.TRAINING;
    return profile.options().network().name() + (training ? ", training step" : ", inference");
  }

  private static Table table(Profile profile) {
    Table table =
        new Table(
            new Column("operation", "Operation", Style.PLAIN),
            new Column("pass", "Pass", Style.PLAIN),
            new Column("output", "Output", Style.PLAIN),
            new Column("algorithm", "Algorithm", Style.PLAIN),
            new Column("ms", "ms", Style.REAL),
            new Column("spread", "Spread", Style.SHARE),
            new Column("share", "Share", Style.SHARE),
            new Column("theory_ms", "Theory ms", Style.REAL),
            new Column("gflops", "GFLOP/s", Style.REAL),
            new Column("of_fma_peak", "FMA peak", Style.SHARE),
            new Column("of_bandwidth", "Bandwidth", Style.SHARE),
            new Column("flops_per_byte", "Ops/byte", Style.REAL),
            new Column("bound", "Bound by", Style.PLAIN));
    other(table, profile, "(input)", profile.input());
    for (OperationProfile operation : profile.operations()) {
      row(table, profile, operation, "forward", operation.forward());
    }
    profile.loss().ifPresent(loss -> other(table, profile, "(loss)", loss));
    for (OperationProfile operation : profile.operations().reversed()) {
      operation.backward().ifPresent(pass -> row(table, profile, operation, "backward", pass));
    }
    profile.update().ifPresent(update -> other(table, profile, "(update)", update));
    double sum = profile.sumSeconds();
    return table.total(
        "total",
        "",
        "",
        "",
        1e3 * sum,
        null,
        1.0,
        1e3 * profile.theorySeconds(),
        profile.flops() / sum / 1e9,
        profile.flops() / sum / 1e9 / profile.peak().gflops(),
        null,
        null,
        null);
  }

  private static void row(
      Table table, Profile profile, OperationProfile operation, String name, PassProfile pass) {
    table.row(
        operation.shortLabel(),
        name,
        operation.output().toString(),
        operation.algorithm().orElse(null),
        1e3 * pass.time().median(),
        pass.time().spread(),
        pass.time().median() / profile.sumSeconds(),
        1e3 * pass.theorySeconds(profile.peak()),
        pass.flops() == 0 ? null : (Object) pass.gflops(),
        pass.flops() == 0 ? null : (Object) pass.shareOfPeak(profile.peak()),
        pass.bytes() == 0 ? null : (Object) pass.shareOfBandwidth(profile.peak()),
        pass.flops() == 0 ? null : (Object) pass.intensity(),
        pass.bytes() == 0 ? null : pass.bound(profile.peak()).toString());
  }

  private static void other(Table table, Profile profile, String name, Timing time) {
    double share = time.median() / profile.sumSeconds();
    table.row(
        name,
        null,
        null,
        null,
        1e3 * time.median(),
        time.spread(),
        share,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
