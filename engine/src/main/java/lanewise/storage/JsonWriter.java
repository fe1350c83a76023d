package lanewise.storage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Writes one value as JSON text; [Json] states which values and in which order. Good for one use.
final class JsonWriter {

  private final StringBuilder out = new StringBuilder();
  private final boolean pretty;
  private int depth;

  JsonWriter(boolean pretty) {
    this.pretty = pretty;
  }

  String write(Object value) {
    value(value);
    return out.toString();
  }

  private void value(Object value) {
    switch (value) {
      case null -> out.append("null");
      case Map<?, ?> map -> object(map);
      case List<?> list -> array(list);
      case int[] array -> array(Arrays.stream(array).boxed().toList());
      case long[] array -> array(Arrays.stream(array).boxed().toList());
      case double[] array -> array(Arrays.stream(array).boxed().toList());
      case String text -> string(text);
      case Boolean bool -> out.append(bool);
      case Byte integer -> out.append(integer);
      case Short integer -> out.append(integer);
      case Integer integer -> out.append(integer);
      case Long integer -> out.append(integer);
      case Float real -> out.append(finite(real, real));
      case Double real -> out.append(finite(real, real));
      default ->
          throw new IllegalArgumentException("JSON cannot hold a " + value.getClass().getName());
    }
  }

  private static Number finite(Number number, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("JSON cannot hold the number " + number);
    }
    return number;
  }

  private void object(Map<?, ?> map) {
    List<String> keys = new ArrayList<>(map.size());
    for (Object key : map.keySet()) {
      if (!(key instanceof String name)) {
        throw new IllegalArgumentException("JSON cannot hold the key " + key + ", not a string");
      }
      keys.add(name);
    }
    if (!(map instanceof SequencedMap)) {
      keys.sort(null);
    }
    open('{');
    for (int i = 0; i < keys.size(); i++) {
      separate(i);
      string(keys.get(i));
      out.append(pretty ? ": " : ":");
      value(map.get(keys.get(i)));
    }
    close('}', keys.isEmpty());
  }

  private void array(List<?> list) {
    open('[');
    int i = 0;
    for (Object element : list) {
      separate(i++);
      value(element);
    }
    close(']', list.isEmpty());
  }

  private void open(char bracket) {
    if (++depth > Json.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "JSON nested deeper than " + Json.MAX_DEPTH + " levels, or in a circle");
    }
    out.append(bracket);
  }

  private void separate(int index) {
    if (index > 0) {
      out.append(',');
    }
    newLine();
  }

  private void close(char bracket, boolean empty) {
    depth--;
    if (!empty) {
      newLine();
    }
    out.append(bracket);
  }

  private void newLine() {
    if (pretty) {
      out.append('\n').repeat("  ", depth);
    }
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (breaksLines(c) || isLoneSurrogate(text, i)) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /// Control characters, which JSON forbids below U+0020 and which would garble a terminal above.
  private static boolean breaksLines(char c) {
    return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
  }

  /// Half of a pair has no UTF-8 form: unescaped it would be lost when the text is encoded.
  private static boolean isLoneSurrogate(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }
}
