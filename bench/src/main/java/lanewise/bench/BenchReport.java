package lanewise.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.error.StorageException;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// What a run of the benchmarks found.
///
/// @param results ours
/// @param previous those of an earlier report; empty if there is none
/// @param peers comparisons with other frameworks; empty if none were made
public record BenchReport(
    Machine machine,
    MachinePeak peak,
    List<BenchResult> results,
    List<BenchResult> previous,
    List<PeerResult> peers) {

  private static final String FILE = "report.json";

  public BenchReport {
    results = List.copyOf(results);
    previous = List.copyOf(previous);
    peers = List.copyOf(peers);
  }

  /// Reads the results of an earlier report.
  ///
  /// @param report its folder, or its `report.json`
  /// @throws StorageException if it cannot be read, or is no report
  static List<BenchResult> readPrevious(Optional<Path> report) {
    if (report.isEmpty()) {
      return List.of();
    }
    Path file = Files.isDirectory(report.get()) ? report.get().resolve(FILE) : report.get();
    try {
      List<BenchResult> results = new ArrayList<>();
      Map<String, Object> json = Json.parseObject(Files.readString(file));
      for (Object result : Json.get(json, "results", List.class)) {
        if (!(result instanceof Map<?, ?> object)) {
          throw new StorageException(file + " is no report of lanewise bench");
        }
        results.add(BenchResult.of(object));
      }
      return results;
    } catch (JsonException | IllegalArgumentException e) {
      throw new StorageException(
          "%s is no report of lanewise bench: %s".formatted(file, e.getMessage()), e);
    } catch (IOException e) {
      throw new StorageException(
          "cannot read the earlier report %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /// Writes `report.html`, `report.md` and `report.json`.
  void write(Path folder) {
    try {
      Files.writeString(folder.resolve("report.html"), BenchPage.of(this));
      Files.writeString(folder.resolve("report.md"), markdown());
      Files.writeString(folder.resolve(FILE), Json.writePretty(json()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The earlier figure of a result, if there was one.
  Optional<Double> before(BenchResult result) {
    return previous.stream()
        .filter(earlier -> earlier.key().equals(result.key()))
        .map(BenchResult::figure)
        .findFirst();
  }

  /// How much more a result is than the earlier one, relative to that, if there was one.
  public Optional<Double> change(BenchResult result) {
    return before(result).map(before -> result.figure() / before - 1);
  }

  List<BenchResult> of(Suite suite) {
    return results.stream().filter(result -> result.suite() == suite).toList();
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("machine", machine.json());
    object.put("peak", peak.json());
    Map<String, Object> images = new LinkedHashMap<>();
    of(Suite.TRAINING).forEach(result -> images.put(result.subject(), result.figure()));
    object.put("training_images_per_s", images);
    object.put("results", results.stream().map(BenchResult::json).toList());
    object.put("peers", peers.stream().map(PeerResult::json).toList());
    return object;
  }

  /// A Markdown page: the machine, and a table per group.
  public String markdown() {
    StringBuilder out = new StringBuilder();
    out.append("# Benchmarks\n\n- Machine: ").append(machine.text());
    out.append("\n- JVM flags: ").append(String.join(" ", machine.flags()));
    out.append("\n- Measured limits: ").append(peak.text()).append("\n");
    for (Suite suite : Suite.values()) {
      List<List<String>> rows = of(suite).stream().map(this::row).toList();
      if (!rows.isEmpty()) {
        out.append("\n## ").append(title(suite)).append("\n\n");
        table(out, columns(suite), rows);
      }
    }
    if (!peers.isEmpty()) {
      out.append("\n## Beside peers\n\n");
      table(out, peerColumns(), peers.stream().map(BenchReport::row).toList());
    }
    return out.toString();
  }

  private static void table(StringBuilder out, List<String> columns, List<List<String>> rows) {
    List<String> titles =
        columns.stream().map(c -> c.startsWith("<") ? c.substring(1) : c).toList();
    out.append("| ").append(String.join(" | ", titles)).append(" |\n|");
    columns.forEach(column -> out.append(column.startsWith("<") ? "---|" : "--:|"));
    rows.forEach(row -> out.append("\n| ").append(String.join(" | ", row)).append(" |"));
    out.append("\n");
  }

  static String title(Suite suite) {
    return switch (suite) {
      case PEAK -> "The machine's limits";
      case KERNEL -> "Convolutions and linear layers";
      case LAYER -> "Other layers";
      case TRAINING -> "Training steps";
      case INFERENCE -> "Inference";
    };
  }

  static String unit(Suite suite) {
    return switch (suite) {
      case PEAK -> "GFLOP/s or GB/s";
      case KERNEL -> "GFLOP/s";
      case LAYER -> "GB/s";
      case TRAINING, INFERENCE -> "images/s";
    };
  }

  /// Titles of a group's table; those that start with `<` are of text.
  static List<String> columns(Suite suite) {
    return List.of(
        "<What",
        "<Pass",
        "<Algorithm",
        "Batch",
        "Threads",
        unit(suite),
        "ms per run",
        "error",
        "of the limit",
        "since before");
  }

  static List<String> peerColumns() {
    return List.of(
        "<Peer",
        "<What",
        "<Pass",
        "Batch",
        "Threads",
        "<Unit",
        "ours",
        "theirs",
        "ratio",
        "<middle half");
  }

  List<String> row(BenchResult result) {
    return List.of(
        result.subject(),
        result.pass(),
        result.algorithm().orElse(""),
        result.batch() == 0 ? "" : Integer.toString(result.batch()),
        Integer.toString(result.threads()),
        Text.format("%.1f", result.figure()),
        Text.format("%.3f", 1000 / result.perSecond()),
        Text.percent(result.error() / result.perSecond()),
        Text.percent(shareOfLimit(result)),
        change(result).map(change -> Text.format("%+.1f %%", 100 * change)).orElse(""));
  }

  static List<String> row(PeerResult peer) {
    return List.of(
        peer.peer(),
        peer.subject(),
        peer.pass(),
        Integer.toString(peer.batch()),
        Integer.toString(peer.threads()),
        peer.unit(),
        Text.format("%.1f", peer.our()),
        Text.format("%.1f", peer.their()),
        Text.format("%.2f", peer.ratio()),
        Text.format("%.2f to %.2f", peer.lowerRatio(), peer.upperRatio()));
  }

  /// What a result reaches of the FMA peak, or of the bandwidth where memory is what it is about.
  public double shareOfLimit(BenchResult result) {
    double gflops =
        result.threads() == 1 && peak.threads() != 1 ? peak.gflopsOneThread() : peak.gflops();
    return result.rates().containsKey("gflops")
        ? result.rates().get("gflops") / gflops
        : result.rates().getOrDefault("gigabytes", 0.0) / peak.gigabytesPerSecond();
  }
}
