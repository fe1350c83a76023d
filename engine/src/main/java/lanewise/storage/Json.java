package lanewise.storage;

import java.util.List;
import java.util.Map;

/// Reads and writes JSON (RFC 8259) as plain Java values.
///
/// | JSON | read as | written from |
/// |---|---|---|
/// | object | `Map<String, Object>`, in the order of the text | any `Map` with `String` keys |
/// | array | `List<Object>` | `List`, `int[]`, `long[]`, `double[]` |
/// | string | `String` | `String` |
/// | number | `Long` if a fitting integer, else `Double` | `Byte` to `Long`, `Float`, `Double` |
/// | true, false | `Boolean` | `Boolean` |
/// | null | `null` | `null` |
///
/// Reading is strict: no comments, no trailing commas, no NaN, no key twice in one object, no
/// number beyond the range of a double, no more than [#MAX_DEPTH] arrays and objects inside each
/// other. What was read cannot be changed.
///
/// Writing is stable: equal values give equal text. Maps with an order of their own
/// (`LinkedHashMap`, `TreeMap`) keep it, others (`HashMap`, `Map.of`) are sorted by key. Every long
/// and double comes back as it was.
public final class Json {

  /// How deep arrays and objects may nest.
  public static final int MAX_DEPTH = 256;

  private Json() {}

  /// Reads one JSON value of any kind.
  ///
  /// @throws JsonException if the text is anything else; says what, in which line and column
  public static Object parse(String text) throws JsonException {
    return new JsonParser(text).parse();
  }

  /// Reads one JSON object.
  ///
  /// @throws JsonException if the text is anything else; says what, in which line and column
  public static Map<String, Object> parseObject(String text) throws JsonException {
    return new JsonParser(text).parseObject();
  }

  /// The member `key` of a parsed object. An integer is also given out as `Double` where one is
  /// asked for.
  ///
  /// @param type `String`, `Long`, `Double`, `Boolean`, `Map` or `List`
  /// @throws JsonException if the member is missing, null or of another type
  public static <T> T get(Map<?, ?> object, String key, Class<T> type) throws JsonException {
    Object value = object.get(key);
    if (type == Double.class && value instanceof Long integer) {
      return type.cast(integer.doubleValue());
    }
    if (!type.isInstance(value)) {
      throw new JsonException(
          object.containsKey(key)
              ? "%s is %s, not %s".formatted(quote(key), kind(value), kind(type))
              : "%s is missing".formatted(quote(key)));
    }
    return type.cast(value);
  }

  /// The value as JSON in one line.
  ///
  /// @throws IllegalArgumentException for a value that JSON cannot hold: NaN, an infinity, any
  ///     other Java type
  public static String write(Object value) {
    return new JsonWriter(false).write(value);
  }

  /// The value as JSON indented by two spaces, ending in a line feed.
  ///
  /// @throws IllegalArgumentException for a value that JSON cannot hold: NaN, an infinity, any
  ///     other Java type
  public static String writePretty(Object value) {
    return new JsonWriter(true).write(value) + "\n";
  }

  /// A string from a file as it may stand in a message: quoted, escaped, and cut after 80
  /// characters.
  static String quote(String text) {
    return write(text.length() <= 80 ? text : text.substring(0, 80) + "...");
  }

  /// What kind of JSON value this is, in words.
  static String kind(Object value) {
    return value == null ? "null" : kind(value.getClass());
  }

  private static String kind(Class<?> type) {
    if (Map.class.isAssignableFrom(type)) {
      return "an object";
    } else if (List.class.isAssignableFrom(type)) {
      return "an array";
    } else if (type == String.class) {
      return "a string";
    } else if (type == Boolean.class) {
      return "true or false";
    }
    return type == Long.class ? "an integer" : "a number";
  }
}
