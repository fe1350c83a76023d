package lanewise.choice;

import java.util.List;
import java.util.Optional;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// Chooses the algorithm of each pass of a convolution when a network is compiled.
public interface ConvChooser {

  /// The algorithms that [#choose] could come to, for whoever plans their memory: at least one,
  /// best first, none that refuses the problem. Measures nothing.
  List<ConvAlgorithm> candidates(ConvProblem problem, ConvPass pass);

  /// Chooses, and says why not the others.
  ///
  /// @param trial the convolution on the memory that it will run on, for those who measure
  PassChoice choose(ConvProblem problem, ConvPass pass, Trial trial);

  /// A convolution that can be tried out.
  @FunctionalInterface
  interface Trial {

    /// One run of a pass with one of its [#candidates]. What it writes is garbage that the first
    /// real pass overwrites.
    Runnable with(ConvAlgorithm algorithm, ConvPass pass);
  }

  /// The fixed rule: the first algorithm of the list that neither refuses the problem nor
  /// [passes it over][ConvAlgorithm#passedOver]. The same on every machine of the same vector
  /// width.
  static ConvChooser rule() {
    return new FixedChooser(Optional.empty());
  }

  /// One algorithm wherever it does not refuse, else the fixed rule.
  static ConvChooser forcing(ConvAlgorithm algorithm) {
    return new FixedChooser(Optional.of(algorithm));
  }
}
