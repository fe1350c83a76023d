package lanewise.bench;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import lanewise.choice.Choosers;
import lanewise.choice.ConvProblem;
import lanewise.kernel.ConvPass;
import lanewise.storage.Json;
import lanewise.storage.JsonException;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/// One result of one benchmark.
///
/// @param suite its group
/// @param pass what was done: `forward`, `backwardData`, `step`, ...
/// @param subject what it was done to: a model, or `MODEL/LAYER`; empty for the machine's limits
/// @param algorithm algorithm of a kernel; of models how algorithms were chosen, if not by
///     measurement
/// @param batch images at a time; 0 for the machine's limits
/// @param perSecond runs a second
/// @param error half the width of the 99.9 % confidence interval; 0 where there is none
/// @param rates secondary results per second: `gflops`, `gigabytes`, `images`
public record BenchResult(
    Suite suite,
    String pass,
    String subject,
    Optional<String> algorithm,
    int batch,
    int threads,
    double perSecond,
    double error,
    Map<String, Double> rates) {

  /// @param times file of measured times that the benchmark used
  static BenchResult of(RunResult run, int processors, Path times) {
    BenchmarkParams params = run.getParams();
    Suite suite = Suite.of(params.getBenchmark());
    String subject = suite.subject() == null ? "" : params.getParam(suite.subject());
    Map<String, Double> rates = new TreeMap<>();
    run.getSecondaryResults().forEach((name, result) -> rates.put(name, finite(result.getScore())));
    Result<?> primary = run.getPrimaryResult();
    int asked = Integer.parseInt(params.getParam("threads"));
    int threads = asked == 0 ? processors : asked;
    String pass = params.getBenchmark().substring(params.getBenchmark().lastIndexOf('.') + 1);
    int batch = batch(suite, subject, params);
    return new BenchResult(
        suite,
        pass,
        subject,
        algorithm(suite, subject, pass, params.getParam("algorithm"), batch, threads, times),
        batch,
        threads,
        finite(primary.getScore()),
        finite(primary.getScoreError()),
        rates);
  }

  /// Of a kernel the algorithm that ran; of models how it was chosen, unless by measurement.
  private static Optional<String> algorithm(
      Suite suite,
      String subject,
      String pass,
      String chooser,
      int batch,
      int threads,
      Path times) {
    return switch (suite) {
      case KERNEL -> {
        ConvPass which =
            switch (pass) {
              case "forward" -> ConvPass.FORWARD;
              case "backwardData" -> ConvPass.BACKWARD_DATA;
              default -> ConvPass.BACKWARD_WEIGHTS;
            };
        ConvProblem problem = LayerCase.of(subject).problem(chooser, batch, threads);
        yield Optional.of(BenchChoosers.ran(chooser, times, problem, which));
      }
      case TRAINING, INFERENCE ->
          Optional.of(chooser).filter(name -> !name.equals(Choosers.MEASURED));
      case LAYER, PEAK -> Optional.empty();
    };
  }

  private static int batch(Suite suite, String subject, BenchmarkParams params) {
    if (suite.subject() == null) {
      return 0;
    }
    int batch = Integer.parseInt(params.getParam("batch"));
    return batch == 0 ? ModelCase.defaultBatch(subject.split("/")[0]) : batch;
  }

  /// JSON has no NaN, which JMH gives for the error of a single iteration.
  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  /// What two results must share to be compared.
  String key() {
    return String.join(
        " ",
        suite.toString(),
        pass,
        subject,
        algorithm.orElse(""),
        Integer.toString(batch),
        Integer.toString(threads));
  }

  /// The figure that is compared, in [#unit].
  public double figure() {
    return rates.getOrDefault(rate(), 0.0);
  }

  private String rate() {
    return switch (suite) {
      case KERNEL -> "gflops";
      case LAYER -> "gigabytes";
      case TRAINING, INFERENCE -> "images";
      case PEAK -> pass.equals("fma") ? "gflops" : "gigabytes";
    };
  }

  /// GFLOP/s of kernels, GB/s of other layers, images/s of models.
  public String unit() {
    return switch (rate()) {
      case "gflops" -> "GFLOP/s";
      case "gigabytes" -> "GB/s";
      default -> "images/s";
    };
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("suite", suite.toString());
    object.put("pass", pass);
    object.put("subject", subject);
    object.put("algorithm", algorithm.orElse(null));
    object.put("batch", batch);
    object.put("threads", threads);
    object.put("runs_per_s", perSecond);
    object.put("error", error);
    rates.forEach((name, value) -> object.put(name + "_per_s", value));
    return object;
  }

  static BenchResult of(Map<?, ?> json) throws JsonException {
    Map<String, Double> rates = new TreeMap<>();
    for (String name : new String[] {"gflops", "gigabytes", "images"}) {
      if (json.containsKey(name + "_per_s")) {
        rates.put(name, Json.get(json, name + "_per_s", Double.class));
      }
    }
    String suite = Json.get(json, "suite", String.class);
    return new BenchResult(
        Suite.valueOf(suite.toUpperCase(java.util.Locale.ROOT)),
        Json.get(json, "pass", String.class),
        Json.get(json, "subject", String.class),
        Optional.ofNullable((String) json.get("algorithm")),
        Math.toIntExact(Json.get(json, "batch", Long.class)),
        Math.toIntExact(Json.get(json, "threads", Long.class)),
        Json.get(json, "runs_per_s", Double.class),
        Json.get(json, "error", Double.class),
        rates);
  }
}
