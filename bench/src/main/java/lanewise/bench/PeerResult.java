package lanewise.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Ours and a peer, measured alternately.
///
/// @param peer name and version
/// @param suite `TRAINING`, `INFERENCE` or `KERNEL`
/// @param pass `step`, `inference`, `forward` or `backward`
/// @param subject a model, or `MODEL/LAYER`
/// @param batch images at a time
/// @param threads of both
/// @param unit of both: `images/s` or `GFLOP/s`
/// @param ours one figure per round
/// @param theirs one figure per round
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

  /// What it says, in one line.
  String text() {
    return Text.format(
        "%s, %s, batch %d: ours %.1f, %s %.1f %s, ratio %.2f",
        subject, pass, batch, our(), peer, their(), unit, ratio());
  }

  private static double median(List<Double> values) {
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
    return object;
  }
}
