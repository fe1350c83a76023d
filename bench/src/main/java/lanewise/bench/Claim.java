package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One thing that the lecture says about costs, with the figures that show it.
///
/// @param key name for programs
/// @param title what is said
/// @param figures computed, in the order in which they are told
/// @param conclusion what the figures show, in one sentence
public record Claim(String key, String title, List<Figure> figures, String conclusion) {

  /// How a figure is read.
  public enum Unit {
    /// A number of parameters or operations: `14,455,392`.
    COUNT,
    /// A share: `95.9 %`.
    SHARE,
    /// One figure over another: `7.4`.
    RATIO
  }

  /// One computed figure.
  ///
  /// @param key name for programs
  /// @param label what it is, for people
  public record Figure(String key, String label, double value, Unit unit) {

    /// For programs: a `Long` or a `Double`.
    public Number number() {
      if (unit == Unit.COUNT) {
        return Math.round(value);
      }
      return value;
    }

    /// For people.
    public String text() {
      return switch (unit) {
        case COUNT -> Text.format("%,d", Math.round(value));
        case SHARE -> Text.percent(value);
        case RATIO -> Text.format(value >= 1000 ? "%,.0f" : "%.4g", value);
      };
    }
  }

  public Claim {
    figures = List.copyOf(figures);
  }

  /// The figure of this key.
  ///
  /// @throws IllegalArgumentException if there is none
  public double value(String figure) {
    return figures.stream()
        .filter(f -> f.key.equals(figure))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(key + " has no figure " + figure))
        .value();
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Figure figure : figures) {
      values.put(figure.key, figure.number());
    }
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("claim", key);
    object.put("title", title);
    object.put("figures", values);
    object.put("conclusion", conclusion);
    return object;
  }
}
