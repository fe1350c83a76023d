package lanewise.cli;

import java.math.BigDecimal;
import java.util.Locale;
import lanewise.tensor.Memory;

/// How people read a kind of value. CSV and JSON get the value itself.
enum Style {
  /// As it is.
  PLAIN,
  /// A whole number: `1,241,060`.
  COUNT,
  /// A number of bytes: `12.5 MB`.
  BYTES,
  /// A share between 0 and 1: `61.32 %`.
  SHARE,
  /// A measure: `1.2345`.
  REAL,
  /// A number as short as it can be, never in powers of ten: `0.0005`.
  NUMBER;

  String text(Object value) {
    if (value == null) {
      return "";
    }
    return switch (this) {
      case PLAIN -> value.toString();
      case COUNT -> String.format(Locale.ROOT, "%,d", ((Number) value).longValue());
      case BYTES -> Memory.text(((Number) value).longValue());
      case SHARE -> String.format(Locale.ROOT, "%.2f %%", 100 * ((Number) value).doubleValue());
      case NUMBER ->
          BigDecimal.valueOf(((Number) value).doubleValue()).stripTrailingZeros().toPlainString();
      case REAL -> String.format(Locale.ROOT, "%.4f", ((Number) value).doubleValue());
    };
  }

  boolean alignsRight() {
    return this != PLAIN;
  }
}
