package lanewise.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.models.LectureTable;
import lanewise.models.Models;
import lanewise.network.Network;

/// What a profile found: measured times beside theory for every operation.
///
/// @param options what was profiled
/// @param operations in the order in which they run
/// @param input copying the images into the network
/// @param loss losses and their gradients; empty in inference
/// @param update the optimizer; empty in inference
/// @param step the whole step, timed as one
/// @param planned memory as planned before the start
/// @param allocatedBytes memory as allocated
public record Profile(
    ProfileOptions options,
    Machine machine,
    MachinePeak peak,
    List<OperationProfile> operations,
    Timing input,
    Optional<Timing> loss,
    Optional<Timing> update,
    Timing step,
    MemoryNeed planned,
    long allocatedBytes) {

  /// A difference between the sum of the parts and the whole that is worth a word.
  public static final double GAP = 0.05;

  public Profile {
    operations = List.copyOf(operations);
  }

  /// Sum of the medians of all parts.
  public double sumSeconds() {
    return operations.stream().mapToDouble(OperationProfile::seconds).sum()
        + input.median()
        + loss.map(Timing::median).orElse(0.0)
        + update.map(Timing::median).orElse(0.0);
  }

  /// How much more (or less) the parts take than the whole, relative to the whole.
  public double gap() {
    return sumSeconds() / step.median() - 1;
  }

  /// Whether the parts and the whole differ by more than 5 %.
  public boolean hasGap() {
    return Math.abs(gap()) > GAP;
  }

  /// Images a second, of the whole step.
  public double imagesPerSecond() {
    return options.batch() / step.median();
  }

  /// Floating point operations of the whole step in theory, two per multiply-add.
  public long flops() {
    return operations.stream()
        .mapToLong(o -> o.forward().flops() + o.backward().map(PassProfile::flops).orElse(0L))
        .sum();
  }

  /// Least time of all operations in theory.
  public double theorySeconds() {
    return operations.stream().mapToDouble(operation -> operation.theorySeconds(peak)).sum();
  }

  /// The operations that lose the most time against theory, the most first.
  public List<OperationProfile> furthestFromTheLimit(int count) {
    return operations.stream()
        .sorted(
            Comparator.comparingDouble(
                operation -> operation.theorySeconds(peak) - operation.seconds()))
        .limit(count)
        .toList();
  }

  /// What a reader has to know: gaps, memory, and how far theory and time disagree.
  public List<String> findings() {
    List<String> lines = new ArrayList<>();
    String sum =
        "The parts take %s together, the whole step %s (%s)"
            .formatted(
                Text.time(sumSeconds()),
                Text.time(step.median()),
                Text.format("%+.1f %%", 100 * gap()));
    lines.add(hasGap() ? sum + ": a gap of more than 5 %." : sum + ".");
    lines.add(
        "In theory the operations take %s, %s of what was measured."
            .formatted(Text.time(theorySeconds()), Text.percent(theorySeconds() / sumSeconds())));
    List<String> furthest =
        furthestFromTheLimit(3).stream()
            .map(
                o ->
                    "%s (%s, in theory %s)"
                        .formatted(
                            o.shortLabel(),
                            Text.time(o.seconds()),
                            Text.time(o.theorySeconds(peak))))
            .toList();
    lines.add("Furthest from the limit: " + String.join(", ", furthest) + ".");
    return lines;
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", options.network().name());
    object.put("mode", options.mode().name().toLowerCase(java.util.Locale.ROOT));
    object.put("input_shape", options.network().input().toString());
    object.put("batch", options.batch());
    object.put("threads", options.threads());
    object.put("images_per_s", imagesPerSecond());
    object.put("step", step.json());
    object.put("sum_of_parts_s", sumSeconds());
    object.put("gap", gap());
    object.put("theory_s", theorySeconds());
    object.put("flops", flops());
    object.put("planned_bytes", planned.json());
    object.put("allocated_bytes", allocatedBytes);
    object.put("input", input.json());
    object.put("loss", loss.map(Timing::json).orElse(null));
    object.put("update", update.map(Timing::json).orElse(null));
    object.put("operations", operations.stream().map(o -> o.json(peak)).toList());
    object.put("peak", peak.json());
    object.put("machine", machine.json());
    List<LectureTable.Comparison> lecture = lecture();
    if (!lecture.isEmpty()) {
      object.put("lecture", json(lecture));
    }
    return object;
  }

  /// The lecture's table beside ours; empty where the lecture prints none of this model, or the
  /// input or the classes are not the model's own.
  public List<LectureTable.Comparison> lecture() {
    Network network = options.network();
    Optional<LectureTable> table = LectureTable.of(network.name());
    if (table.isEmpty()) {
      return List.of();
    }
    Network own = Models.create(network.name());
    boolean same = own.input().equals(network.input()) && own.output().equals(network.output());
    return same ? table.get().compare(network) : List.of();
  }

  private static List<Object> json(List<LectureTable.Comparison> lecture) {
    List<Object> rows = new ArrayList<>();
    for (LectureTable.Comparison row : lecture) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("layer", row.layer().node().name());
      object.put("memory_kb", row.memoryKb());
      object.put("params_k", row.parametersK());
      object.put("flop_m", row.flopM());
      row.printed().memoryKb().ifPresent(value -> object.put("lecture_memory_kb", value));
      row.printed().parametersK().ifPresent(value -> object.put("lecture_params_k", value));
      row.printed().flopM().ifPresent(value -> object.put("lecture_flop_m", value));
      object.put("matches", row.matches());
      rows.add(object);
    }
    return rows;
  }
}
