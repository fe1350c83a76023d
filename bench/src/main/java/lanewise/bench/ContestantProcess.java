package lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.error.EnvironmentException;
import lanewise.kernel.ConvSpec;

/// A program that gets ready for what the first request describes, and then measures for as many
/// seconds as each further one says: `{"seconds": 2}` is answered by `{"rates": [[5.5]]}`.
///
/// @param units what a rate of 1 is in the unit of the report, by pass
record ContestantProcess(String name, PeerProcess process, List<Double> units)
    implements Contestant {

  /// Starts the program and waits until it is ready.
  ///
  /// @throws EnvironmentException if it fails or does not get ready
  static ContestantProcess start(
      String name, List<String> command, Map<String, Object> request, List<Double> units) {
    PeerProcess process = new PeerProcess(name, command);
    try {
      process.ask(request);
    } catch (EnvironmentException e) {
      process.close();
      throw e;
    }
    return new ContestantProcess(name, process, units);
  }

  /// GFLOP/s of one run a second of a convolution, forward and backward.
  ///
  /// @param first whether the gradient of the input is not wanted
  static List<Double> units(ConvSpec spec, boolean first, int batch) {
    double forward = 2e-9 * spec.multiplyAdds() * batch;
    return List.of(forward, first ? forward : 2 * forward);
  }

  @Override
  public List<List<Double>> turn(double seconds) {
    Map<String, Object> answer = process.ask(Map.of("seconds", seconds));
    if (!(answer.get("rates") instanceof List<?> variants)) {
      throw new EnvironmentException("%s gave no figures: no rates".formatted(name));
    }
    return variants.stream().map(this::passes).toList();
  }

  private List<Double> passes(Object variant) {
    if (!(variant instanceof List<?> rates) || rates.size() != units.size()) {
      throw new EnvironmentException(
          "%s gave no figures: %d expected".formatted(name, units.size()));
    }
    List<Double> passes = new ArrayList<>();
    for (int i = 0; i < rates.size(); i++) {
      if (!(rates.get(i) instanceof Number rate)) {
        throw new EnvironmentException("%s gave no figures: not a number".formatted(name));
      }
      passes.add(rate.doubleValue() * units.get(i));
    }
    return passes;
  }

  @Override
  public void close() {
    process.close();
  }
}
