package lanewise.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// Requests on stdin and answers on stdout, a line of JSON each.
final class Conversation {

  private static final int WARM_UPS = 2;

  /// Work that is measured.
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  private final BufferedReader in =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

  /// The next request; empty when there are no more.
  Optional<Request> next() throws IOException {
    String line = in.readLine();
    try {
      return line == null ? Optional.empty() : Optional.of(new Request(Json.parseObject(line)));
    } catch (JsonException e) {
      throw new IllegalArgumentException("the request is no JSON: " + e.getMessage(), e);
    }
  }

  void answer(String key, Object value) {
    System.out.println(Json.write(Map.of(key, value)));
  }

  /// Warms up, says that it is ready, and then measures for as many seconds as each further request
  /// asks for: runs a second, of the median without the first run.
  void measure(Work work) throws Exception {
    for (int i = 0; i < WARM_UPS; i++) {
      work.run();
    }
    answer("ready", true);
    for (Optional<Request> turn = next(); turn.isPresent(); turn = next()) {
      double seconds = turn.get().real("seconds");
      answer("rates", List.of(List.of(1 / median(repeat(seconds, work)))));
    }
  }

  private static double[] repeat(double seconds, Work work) throws Exception {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    work.run();
    double[] times = new double[16];
    int count = 0;
    while (count == 0 || System.nanoTime() - end < 0) {
      long start = System.nanoTime();
      work.run();
      if (count == times.length) {
        times = Arrays.copyOf(times, 2 * count);
      }
      times[count++] = (System.nanoTime() - start) * 1e-9;
    }
    return Arrays.copyOf(times, count);
  }

  private static double median(double[] times) {
    Arrays.sort(times);
    int middle = times.length / 2;
    return times.length % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  }
}
