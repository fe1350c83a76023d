package lanewise.bench;

import java.util.List;

/// One side of a comparison, ready and warm, that is measured turn by turn. It rests between turns.
interface Contestant extends AutoCloseable {

  /// Measures for a while.
  ///
  /// @param seconds about how long
  /// @return rates by variant (as of PyTorch's memory formats) and pass, each of the medians over
  ///     the repetitions of this turn; higher is better
  List<List<Double>> turn(double seconds);

  @Override
  void close();
}
