package lanewise.bench;

import java.util.Locale;

/// The groups of benchmarks that can be asked for by name.
public enum Suite {
  /// The machine's limits, as JMH sees them.
  PEAK(PeakBenchmark.class, null),
  /// Convolutions and linear layers, pass by pass.
  KERNEL(KernelBenchmark.class, "layer"),
  /// All other layers.
  LAYER(LayerBenchmark.class, "layer"),
  /// A whole training step.
  TRAINING(TrainingStepBenchmark.class, "model"),
  /// A whole inference.
  INFERENCE(InferenceBenchmark.class, "model");

  private final Class<?> benchmarks;
  private final String subject;

  Suite(Class<?> benchmarks, String subject) {
    this.benchmarks = benchmarks;
    this.subject = subject;
  }

  /// As it is written on the command line.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// What JMH selects the benchmarks by.
  String pattern() {
    return benchmarks.getName().replace(".", "\\.") + "\\.";
  }

  Class<?> benchmarks() {
    return benchmarks;
  }

  /// Name of the parameter that says what is measured; null where there is none.
  String subject() {
    return subject;
  }

  /// The suite that a benchmark of this class name belongs to.
  static Suite of(String benchmark) {
    for (Suite suite : values()) {
      if (benchmark.startsWith(suite.benchmarks.getName() + ".")) {
        return suite;
      }
    }
    throw new IllegalArgumentException("no suite has the benchmark " + benchmark);
  }
}
