package lanewise.peers;

import java.util.List;
import java.util.Map;

/// What a peer is asked to do, or a part of that.
///
/// @param values as they were written
record Request(Map<?, ?> values) {

  String text(String key) {
    return get(key, String.class);
  }

  int integer(String key) {
    return Math.toIntExact(get(key, Number.class).longValue());
  }

  double real(String key) {
    return get(key, Number.class).doubleValue();
  }

  boolean flag(String key) {
    return get(key, Boolean.class);
  }

  List<?> list(String key) {
    return get(key, List.class);
  }

  long[] integers(String key) {
    return list(key).stream().mapToLong(value -> ((Number) value).longValue()).toArray();
  }

  double[] reals(String key) {
    return list(key).stream().mapToDouble(value -> ((Number) value).doubleValue()).toArray();
  }

  Request object(String key) {
    return new Request(get(key, Map.class));
  }

  private <T> T get(String key, Class<T> type) {
    Object value = values.get(key);
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException("the request has no " + key);
    }
    return type.cast(value);
  }
}
