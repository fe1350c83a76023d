package lanewise.choice;

import java.util.List;
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
        .filter(algorithm -> algorithm.passedOver(problem.spec()).isEmpty())
        .findFirst()
        .orElseGet(able::getFirst);
  }

  @Override
  public PassChoice choose(ConvProblem problem, ConvPass pass, Trial trial) {
    ConvAlgorithm chosen = chosen(problem, pass);
    if (forced.equals(Optional.of(chosen))) {
      return PassChoice.unmeasured(
          problem, pass, chosen, a -> a == chosen ? "ordered" : "not ordered");
    }
    return PassChoice.unmeasured(
        problem,
        pass,
        chosen,
        algorithm ->
            algorithm == chosen
                ? "the fixed rule's choice"
                : algorithm
                    .passedOver(problem.spec())
                    .orElse(chosen + " comes before it in the list"));
  }
}
