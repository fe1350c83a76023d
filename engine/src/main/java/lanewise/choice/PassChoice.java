package lanewise.choice;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// What one pass of a convolution runs with, and why.
///
/// @param verdicts one per algorithm of the list, in its order
public record PassChoice(ConvPass pass, ConvAlgorithm chosen, List<Verdict> verdicts) {

  /// What became of one algorithm.
  ///
  /// @param seconds of one run, where it was measured
  /// @param reason why it was chosen, refused or lost, in words
  public record Verdict(ConvAlgorithm algorithm, OptionalDouble seconds, String reason) {}

  public PassChoice {
    verdicts = List.copyOf(verdicts);
  }

  /// A choice without measurement. Algorithms that refuse say so; the others get a reason.
  static PassChoice unmeasured(
      ConvProblem problem,
      ConvPass pass,
      ConvAlgorithm chosen,
      Function<ConvAlgorithm, String> reason) {
    return of(
        problem,
        pass,
        chosen,
        algorithm -> new Verdict(algorithm, OptionalDouble.empty(), reason.apply(algorithm)));
  }

  /// A choice among the candidates. Algorithms that refuse say so; the others get a verdict.
  static PassChoice of(
      ConvProblem problem,
      ConvPass pass,
      ConvAlgorithm chosen,
      Function<ConvAlgorithm, Verdict> verdict) {
    return new PassChoice(
        pass,
        chosen,
        Arrays.stream(ConvAlgorithm.values())
            .map(
                algorithm ->
                    problem
                        .refusal(algorithm, pass)
                        .map(why -> new Verdict(algorithm, OptionalDouble.empty(), refused(why)))
                        .orElseGet(() -> verdict.apply(algorithm)))
            .toList());
  }

  private static String refused(String why) {
    return "refuses: " + why;
  }
}
