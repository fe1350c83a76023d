package lanewise.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Repeated measurements of one duration, in seconds.
///
/// @param median half were shorter
/// @param low one in ten was shorter
/// @param high one in ten was longer
/// @param count repetitions
public record Timing(double median, double low, double high, int count) {

  /// @param seconds at least one measurement
  static Timing of(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    return new Timing(
        quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9), sorted.length);
  }

  /// Between two measurements, in proportion.
  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /// How far low and high lie apart, relative to the median.
  public double spread() {
    return median == 0 ? 0 : (high - low) / median;
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("median_s", median);
    object.put("p10_s", low);
    object.put("p90_s", high);
    object.put("repetitions", count);
    return object;
  }
}
