package lanewise.choice;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// What one pass of a convolution runs with, and why.
///
/// @param verdicts one per algorithm of the list, in its order
public record PassChoice(ConvPass pass, ConvAlgorithm chosen, List<Verdict> verdicts) {

  /// What became of an algorithm.
  public enum Outcome {
    /// It runs.
    CHOSEN,
    /// It could run, but does not.
    LOST,
    /// It cannot run.
    REFUSED;

    /// `chosen`.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What became of one algorithm, and why.
  ///
  /// @param seconds of one run, where it was measured
  /// @param reason in words
  public record Verdict(
      ConvAlgorithm algorithm, Outcome outcome, OptionalDouble seconds, String reason) {}

  public PassChoice {
    verdicts = List.copyOf(verdicts);
  }

  /// A choice among the candidates. Algorithms that refuse say so.
  ///
  /// @param seconds of those that were measured; empty if none was
  /// @param reason why one of the others was chosen or lost
  static PassChoice of(
      ConvProblem problem,
      ConvPass pass,
      ConvAlgorithm chosen,
      Map<ConvAlgorithm, Double> seconds,
      Function<ConvAlgorithm, String> reason) {
    List<Verdict> verdicts = new ArrayList<>();
    for (ConvAlgorithm algorithm : ConvAlgorithm.values()) {
      Optional<String> refusal = problem.refusal(algorithm, pass);
      Outcome able = algorithm == chosen ? Outcome.CHOSEN : Outcome.LOST;
      Double time = seconds.get(algorithm);
      verdicts.add(
          new Verdict(
              algorithm,
              refusal.isPresent() ? Outcome.REFUSED : able,
              time == null ? OptionalDouble.empty() : OptionalDouble.of(time),
              refusal.orElseGet(() -> reason.apply(algorithm))));
    }
    return new PassChoice(pass, chosen, verdicts);
  }
}
