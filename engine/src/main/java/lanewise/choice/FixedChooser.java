package lanewise.choice;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// Chooses without measuring: one algorithm where it can, else by the fixed rule.
///
/// @param forced the algorithm that is ordered
record FixedChooser(Optional<ConvAlgorithm> forced) implements ConvChooser {

  @Override
  public List<ConvAlgorithm> candidates(ConvProblem problem, ConvPass pass) {
    return List.of(chosen(problem, pass));
  }

  private ConvAlgorithm chosen(ConvProblem problem, ConvPass pass) {
    List<ConvAlgorithm> able = problem.candidates(pass);
    if (forced.isPresent() && able.contains(forced.get())) {
      return forced.get();
    }
    return able.stream()
        .filter(algorithm -> algorithm.passedOver(problem.spec(), pass).isEmpty())
        .findFirst()
        .orElseGet(able::getFirst);
  }

  @Override
  public PassChoice choose(ConvProblem problem, ConvPass pass, Trial trial) {
    ConvAlgorithm chosen = chosen(problem, pass);
    boolean ordered = forced.equals(Optional.of(chosen));
    return PassChoice.of(
        problem,
        pass,
        chosen,
        Map.of(),
        algorithm -> ordered ? "one was ordered" : reason(problem, pass, algorithm, chosen));
  }

  private static String reason(
      ConvProblem problem, ConvPass pass, ConvAlgorithm algorithm, ConvAlgorithm chosen) {
    return algorithm == chosen
        ? "the first of the list that the fixed rule takes"
        : algorithm
            .passedOver(problem.spec(), pass)
            .orElse(chosen + " comes before it in the list");
  }
}
