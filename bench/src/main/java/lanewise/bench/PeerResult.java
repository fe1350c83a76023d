package lanewise.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Ours and a peer, measured alternately.
///
/// @param peer name and version
/// @param pass `step`, `forward` or `backward`
/// @param subject a model, or `MODEL/LAYER`
/// @param unit of both: `images/s` or `GFLOP/s`
/// @param ours one figure per round
/// @param theirs one figure per round
public record PeerResult(
    String peer, String pass, String subject, String unit, List<Double> ours, List<Double> theirs) {

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

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("peer", peer);
    object.put("pass", pass);
    object.put("subject", subject);
    object.put("unit", unit);
    object.put("ours", ours);
    object.put("theirs", theirs);
    object.put("ratio", ratio());
    return object;
  }
}
