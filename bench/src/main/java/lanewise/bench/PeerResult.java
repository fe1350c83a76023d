package lanewise.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Ours and a peer, measured by turns.
///
/// @param peer name and version
/// @param suite `TRAINING`, `INFERENCE` or `KERNEL`
/// @param pass `step`, `inference`, `forward` or `backward`
/// @param subject a model, or `MODEL/LAYER`
/// @param batch images at a time
/// @param threads of both
/// @param unit of both: `images/s` or `GFLOP/s`
/// @param ours one figure per turn
/// @param theirs one figure per turn, each right after that of ours
public record PeerResult(
    String peer,
    Suite suite,
    String pass,
    String subject,
    int batch,
    int threads,
    String unit,
    List<Double> ours,
    List<Double> theirs) {

  public PeerResult {
    ours = List.copyOf(ours);
    theirs = List.copyOf(theirs);
  }

  /// Median of ours.
  public double our() {
    return median(ours);
  }

  /// Median of theirs.
  public double their() {
    return median(theirs);
  }

  /// How many times as fast ours is, of the medians.
  public double ratio() {
    return our() / their();
  }

  /// The lower quartile of the ratios of neighbouring turns: how sure [#ratio()] is.
  public double lowerRatio() {
    return turnRatio(0.25);
  }

  /// The upper quartile of them.
  public double upperRatio() {
    return turnRatio(0.75);
  }

  private double turnRatio(double quantile) {
    int turns = Math.min(ours.size(), theirs.size());
    double[] ratios =
        IntStream.range(0, turns).mapToDouble(i -> ours.get(i) / theirs.get(i)).sorted().toArray();
    return ratios[(int) Math.round(quantile * (turns - 1))];
  }

  /// What it says, in one line.
  String text() {
    return Text.format(
        "%s, %s, batch %d: ours %.1f, %s %.1f %s, ratio %.2f (%.2f to %.2f)",
        subject, pass, batch, our(), peer, their(), unit, ratio(), lowerRatio(), upperRatio());
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("peer", peer);
    object.put("suite", suite.toString());
    object.put("pass", pass);
    object.put("subject", subject);
    object.put("batch", batch);
    object.put("threads", threads);
    object.put("unit", unit);
    object.put("ours", ours);
    object.put("theirs", theirs);
    object.put("our_median", our());
    object.put("their_median", their());
    object.put("ratio", ratio());
    object.put("ratio_lower_quartile", lowerRatio());
    object.put("ratio_upper_quartile", upperRatio());
    return object;
  }
}
