package lanewise.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.choice.ConvChooser;
import lanewise.error.LanewiseException;
import lanewise.models.Models;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// Measures ours for a comparison, in a JVM of its own; see [ContestantProcess]. A layer has two
/// passes: forward, and the gradients as a training step makes them.
public final class ContestantProgram {

  /// What is measured.
  private record Work(List<Runnable> passes, Runnable resources) implements AutoCloseable {

    static Work of(Suite suite, String subject, int batch, int threads, String algorithm) {
      ConvChooser chooser = BenchChoosers.of(algorithm);
      return switch (suite) {
        case TRAINING -> {
          TrainingWork work = new TrainingWork(Models.create(subject), batch, threads, chooser);
          yield new Work(List.of(work::run), work::close);
        }
        case INFERENCE -> {
          InferenceWork work = new InferenceWork(Models.create(subject), batch, threads, chooser);
          yield new Work(List.of(work::run), work::close);
        }
        case KERNEL -> {
          LayerCase layer = LayerCase.of(subject);
          ConvWork work = new ConvWork(layer.problem(algorithm, batch, threads), chooser);
          Runnable backward = layer.first() ? work::backwardWeights : work::backward;
          yield new Work(List.of(work::forward, backward), work::close);
        }
        default -> throw new IllegalArgumentException("no peer has " + suite);
      };
    }

    /// Runs for about so long: runs a second by pass, of the medians without the first run.
    List<Double> rates(double seconds) {
      return passes.stream().map(pass -> rate(pass, seconds / passes.size())).toList();
    }

    private static double rate(Runnable pass, double seconds) {
      long end = System.nanoTime() + (long) (seconds * 1e9);
      pass.run();
      long[] times = new long[64];
      int count = 0;
      do {
        times = count == times.length ? Arrays.copyOf(times, 2 * count) : times;
        long start = System.nanoTime();
        pass.run();
        times[count++] = System.nanoTime() - start;
      } while (System.nanoTime() < end);
      Arrays.sort(times, 0, count);
      return 1e9 / times[count / 2];
    }

    @Override
    public void close() {
      resources.run();
    }
  }

  private ContestantProgram() {}

  /// Starts a JVM with ours, the options of [ForkedBenchmark] and this one's class path.
  ///
  /// @param batch images at a time
  /// @throws lanewise.error.EnvironmentException if it fails
  static Contestant start(
      Suite suite, String subject, int batch, int threads, BenchOptions options) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("suite", suite.name());
    request.put("subject", subject);
    request.put("batch", batch);
    request.put("threads", threads);
    request.put("algorithm", options.algorithm());
    request.put("warm_up", warmUpSeconds(suite));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ForkedBenchmark.jvmOptions());
    command.add("-D%s=%s".formatted(BenchChoosers.FILE, options.times().toAbsolutePath()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ContestantProgram.class.getName());
    return ContestantProcess.start("Lanewise", command, request, units(suite, subject, batch));
  }

  /// The least that it runs before the first turn; the rest is up to [WarmUp].
  private static double warmUpSeconds(Suite suite) {
    return switch (suite) {
      case TRAINING -> 12;
      case INFERENCE -> 8;
      default -> 4;
    };
  }

  private static List<Double> units(Suite suite, String subject, int batch) {
    if (suite != Suite.KERNEL) {
      return List.of((double) batch);
    }
    LayerCase layer = LayerCase.of(subject);
    return ContestantProcess.units(layer.spec().orElseThrow(), layer.first(), batch);
  }

  /// Answers the requests on stdin.
  public static void main(String[] args) throws IOException, JsonException {
    try {
      answer(
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
          new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    } catch (LanewiseException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  static void answer(BufferedReader in, Writer out) throws IOException, JsonException {
    Map<String, Object> request = Json.parseObject(in.readLine());
    try (Work work =
        Work.of(
            Suite.valueOf((String) request.get("suite")),
            (String) request.get("subject"),
            integer(request, "batch"),
            integer(request, "threads"),
            (String) request.get("algorithm"))) {
      Duration least = Duration.ofMillis(Math.round(1000 * seconds(request, "warm_up")));
      WarmUp.run(() -> work.passes().forEach(Runnable::run), least);
      answer(out, "ready", true);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        answer(out, "rates", List.of(work.rates(seconds(Json.parseObject(line), "seconds"))));
      }
    }
  }

  private static int integer(Map<String, Object> request, String key) {
    return ((Number) request.get(key)).intValue();
  }

  private static double seconds(Map<String, Object> request, String key) {
    return ((Number) request.get(key)).doubleValue();
  }

  private static void answer(Writer out, String key, Object value) throws IOException {
    out.write(Json.write(Map.of(key, value)) + "\n");
    out.flush();
  }
}
