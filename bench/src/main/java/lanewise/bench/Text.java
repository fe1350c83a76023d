package lanewise.bench;

import java.util.Locale;

/// Numbers as people read them, the same in every country.
final class Text {

  private Text() {}

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /// `12.34 s`, `1.23 ms`, `45.6 us`: three or four digits.
  static String time(double seconds) {
    if (seconds >= 1) {
      return format("%.2f s", seconds);
    }
    return seconds >= 1e-3 ? format("%.2f ms", seconds * 1e3) : format("%.1f us", seconds * 1e6);
  }

  /// `12.3 %`.
  static String percent(double share) {
    return format("%.1f %%", 100 * share);
  }

  /// `1.23 M`: three digits and a unit of a thousand.
  static String count(double value) {
    String[] units = {"", " K", " M", " G", " T"};
    int unit = 0;
    double rest = value;
    while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
      rest /= 1000;
      unit++;
    }
    int digits = unit == 0 && rest == Math.rint(rest) || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
    return format("%." + digits + "f%s", rest, units[unit]);
  }
}
