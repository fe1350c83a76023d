package lanewise.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// What a peer is asked to do, or a part of that.
///
/// @param values as they were written
record Request(Map<?, ?> values) {

  private static final int WARM_UPS = 2;
  private static final int LEAST_REPETITIONS = 3;

  /// Work that is measured.
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /// The request on stdin.
  static Request read() {
    try {
      byte[] text = System.in.readAllBytes();
      return new Request(Json.parseObject(new String(text, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JsonException e) {
      throw new IllegalArgumentException("the request is no JSON: " + e.getMessage(), e);
    }
  }

  /// Writes an answer to stdout.
  static void answer(String key, Object value) {
    System.out.println(Json.write(Map.of(key, value)));
  }

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

  /// Runs again and again for about as long as asked, twice at least and a fifth of the time to
  /// warm up.
  ///
  /// @return median of the seconds of one run
  double medianSeconds(Work work) throws Exception {
    double seconds = real("seconds");
    repeat(WARM_UPS, seconds / 5, work);
    double[] times = repeat(LEAST_REPETITIONS, seconds, work);
    Arrays.sort(times);
    int middle = times.length / 2;
    return times.length % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  }

  private static double[] repeat(int least, double seconds, Work work) throws Exception {
    double[] times = new double[16];
    int count = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (count < least || System.nanoTime() - end < 0) {
      long start = System.nanoTime();
      work.run();
      if (count == times.length) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count++] = (System.nanoTime() - start) * 1e-9;
    }
    return Arrays.copyOf(times, count);
  }
}
