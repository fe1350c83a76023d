package lanewise.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What to measure.
///
/// @param suites the groups of benchmarks
/// @param models models whose steps and layers are measured; empty for the usual choice
/// @param batch images at a time; 0 for the usual choice
/// @param threads 0 for all processors
/// @param everyAlgorithm whether kernels run with every algorithm that takes them
/// @param algorithm how the algorithms of convolutions are chosen otherwise: a name of [Choosers]
/// @param times file of measured times
/// @param effort how long to measure; empty for what each benchmark is set to
/// @param peers other frameworks to measure as well, those of them that are installed
/// @param output folder of the report
/// @param previous report to compare with
public record BenchOptions(
    Set<Suite> suites,
    List<String> models,
    int batch,
    int threads,
    boolean everyAlgorithm,
    String algorithm,
    Path times,
    Optional<Effort> effort,
    Set<PeerKind> peers,
    Path output,
    Optional<Path> previous) {

  public BenchOptions {
    suites = Set.copyOf(suites);
    models = List.copyOf(models);
    peers = Set.copyOf(peers);
  }

  /// How long to measure each benchmark.
  ///
  /// @param warmUps iterations that are thrown away
  /// @param iterations iterations that count
  /// @param time of one iteration
  public record Effort(int warmUps, int iterations, Duration time) {}
}
