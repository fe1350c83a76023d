package lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import lanewise.models.LectureTable;
import lanewise.network.Mode;
import lanewise.network.Theory;
import lanewise.tensor.Memory;

/// The HTML page of a profile: facts, roofline plot, a bar per operation, the whole table, and the
/// lecture's table beside ours where there is one.
public final class ProfilePage {

  private final Profile profile;
  private final MachinePeak peak;

  private ProfilePage(Profile profile) {
    this.profile = profile;
    peak = profile.peak();
  }

  /// The page as text.
  public static String of(Profile profile) {
    return new ProfilePage(profile).render();
  }

  private String render() {
    ProfileOptions options = profile.options();
    String mode = options.mode() == Mode.TRAINING ? "training step" : "inference";
    Html page = new Html("Profile of %s, %s".formatted(options.network().name(), mode));
    page.paragraph(
        "soft", "Time measured on this machine beside what theory allows it, layer by layer.");
    for (String finding : profile.findings()) {
      page.paragraph(finding.contains("a gap of") ? "bad" : "", finding);
    }
    facts(page, options);
    page.heading("Roofline")
        .paragraph(
            "soft",
            "Achieved GFLOP/s over operations per byte, areas by time. Operations are those of the"
                + " direct algorithm, so Winograd can pass the roof; so can what is still in the"
                + " cache. Layers that count no operations are in the table alone.")
        .picture(Roofline.of(profile));
    page.heading("Time per operation, and the least that theory allows").picture(bars());
    page.heading("All figures").table(columns(), rows());
    if (!profile.lecture().isEmpty()) {
      lecture(page);
    }
    return page.render();
  }

  private void facts(Html page, ProfileOptions options) {
    page.facts(
        "Input", "%d x %s".formatted(options.batch(), options.network().input()),
        "Threads", Integer.toString(options.threads()),
        "Whole step",
            "%s (10 %% to 90 %%: %s to %s, %d repetitions), %s images/s"
                .formatted(
                    Text.time(profile.step().median()),
                    Text.time(profile.step().low()),
                    Text.time(profile.step().high()),
                    profile.step().count(),
                    Text.format("%.1f", profile.imagesPerSecond())),
        "Operations",
            "%s floating point operations, %s GFLOP/s over the whole step"
                .formatted(
                    Text.count(profile.flops()),
                    Text.format("%.1f", profile.flops() / profile.step().median() / 1e9)),
        "Measured limits", peak.text(),
        "Memory",
            "%s planned (%s), %s allocated"
                .formatted(
                    Memory.text(profile.planned().bytes()),
                    profile.planned().text(),
                    Memory.text(profile.allocatedBytes())),
        "Machine", profile.machine().text(),
        "JVM flags", String.join(" ", profile.machine().flags()));
  }

  private Svg bars() {
    Bars bars = new Bars("Measured and theoretical time per operation", 5);
    bars.legend("a", "forward, measured").legend("a thin", "forward, in theory");
    if (profile.options().mode() == Mode.TRAINING) {
      bars.legend("b", "backward, measured").legend("b thin", "backward, in theory");
    }
    for (OperationProfile operation : profile.operations()) {
      List<Bars.Bar> row = new ArrayList<>();
      add(row, "a", "forward", operation.forward());
      operation.backward().ifPresent(pass -> add(row, "b", "backward", pass));
      bars.row(
          operation.shortLabel(),
          "%s, in theory %s"
              .formatted(Text.time(operation.seconds()), Text.time(operation.theorySeconds(peak))),
          row);
    }
    return bars.draw();
  }

  private void add(List<Bars.Bar> row, String style, String name, PassProfile pass) {
    double theory = pass.theorySeconds(peak);
    row.add(
        new Bars.Bar(
            style,
            pass.time().median(),
            "%s: %s, %s of the limit"
                .formatted(
                    name,
                    Text.time(pass.time().median()),
                    Text.percent(theory / pass.time().median()))));
    row.add(
        new Bars.Bar(
            style + " thin",
            theory,
            "%s in theory: %s, bound by %s".formatted(name, Text.time(theory), pass.bound(peak))));
  }

  private static List<String> columns() {
    return List.of(
        "<Operation",
        "<Pass",
        "Output",
        "<Algorithm",
        "Time",
        "Spread",
        "Share",
        "In theory",
        "GFLOP/s",
        "of FMA peak",
        "of bandwidth",
        "Ops/byte",
        "<Bound by");
  }

  private List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(other("copy of the input", profile.input()));
    for (OperationProfile operation : profile.operations()) {
      rows.add(row(operation, "forward", operation.forward()));
    }
    profile.loss().ifPresent(loss -> rows.add(other("loss", loss)));
    for (OperationProfile operation : profile.operations().reversed()) {
      operation.backward().ifPresent(pass -> rows.add(row(operation, "backward", pass)));
    }
    profile.update().ifPresent(update -> rows.add(other("update", update)));
    return rows;
  }

  private List<String> other(String name, Timing time) {
    return List.of(
        name,
        "",
        "",
        "",
        Text.time(time.median()),
        Text.percent(time.spread()),
        Text.percent(time.median() / profile.sumSeconds()),
        "",
        "",
        "",
        "",
        "",
        "");
  }

  private List<String> row(OperationProfile operation, String name, PassProfile pass) {
    boolean counted = pass.flops() > 0;
    return List.of(
        operation.shortLabel(),
        name,
        operation.output().toString(),
        operation.algorithm().orElse(""),
        Text.time(pass.time().median()),
        Text.percent(pass.time().spread()),
        Text.percent(pass.time().median() / profile.sumSeconds()),
        Text.time(pass.theorySeconds(peak)),
        counted ? Text.format("%.1f", pass.gflops()) : "",
        counted ? Text.percent(pass.shareOfPeak(peak)) : "",
        Text.percent(pass.shareOfBandwidth(peak)),
        counted ? Text.format("%.1f", pass.intensity()) : "",
        pass.bytes() == 0 ? "" : pass.bound(peak).toString());
  }

  private void lecture(Html page) {
    List<List<String>> rows = new ArrayList<>();
    for (LectureTable.Comparison row : profile.lecture()) {
      double seconds = forwardSeconds(row.layer().node().name());
      rows.add(
          List.of(
              row.printed().layer(),
              row.layer().node().name(),
              printed(row.printed().memoryKb()),
              Text.format("%.1f", row.memoryKb()),
              printed(row.printed().parametersK()),
              Text.format("%.1f", row.parametersK()),
              printed(row.printed().flopM()),
              Text.format("%.2f", row.flopM()),
              row.matches() ? "yes" : "no",
              Text.time(seconds / profile.options().batch()),
              row.printed().note()));
    }
    page.heading("The lecture's table beside ours")
        .paragraph(
            "soft",
            "One image, forward; the lecture counts a multiply-add as one operation. Measured times"
                + " are those of the operation that does the layer.")
        .table(
            List.of(
                "<Lecture",
                "<Layer",
                "KB",
                "ours",
                "params K",
                "ours",
                "flop M",
                "ours",
                "<agree",
                "measured per image",
                "<Note"),
            rows);
  }

  private static String printed(OptionalLong figure) {
    return figure.isPresent() ? Long.toString(figure.getAsLong()) : "";
  }

  private double forwardSeconds(String layer) {
    Optional<OperationProfile> operation =
        profile.operations().stream()
            .filter(o -> Theory.layersOf(o.label()).contains(layer))
            .findFirst();
    return operation.map(o -> o.forward().time().median()).orElse(0.0);
  }
}
