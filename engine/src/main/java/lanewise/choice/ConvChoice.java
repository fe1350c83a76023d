package lanewise.choice;

import java.util.List;
import java.util.stream.Collectors;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;

/// What all passes of a convolution run with, and why.
///
/// @param passes those that run, in the order of [ConvPass]
public record ConvChoice(ConvProblem problem, List<PassChoice> passes) {

  public ConvChoice {
    passes = List.copyOf(passes);
  }

  /// Chooses for the passes that will run.
  public static ConvChoice of(
      ConvProblem problem, List<ConvPass> passes, ConvChooser chooser, ConvChooser.Trial trial) {
    return new ConvChoice(
        problem, passes.stream().map(pass -> chooser.choose(problem, pass, trial)).toList());
  }

  /// The algorithms; for a pass that never runs, direct convolution, which refuses nothing.
  public ConvAlgorithms algorithms() {
    return new ConvAlgorithms(
        of(ConvPass.FORWARD), of(ConvPass.BACKWARD_DATA), of(ConvPass.BACKWARD_WEIGHTS));
  }

  private ConvAlgorithm of(ConvPass pass) {
    return passes.stream()
        .filter(choice -> choice.pass() == pass)
        .map(PassChoice::chosen)
        .findFirst()
        .orElse(ConvAlgorithm.DIRECT);
  }

  /// `winograd`, or where the passes differ `winograd, direct, winograd` in the order of
  /// [ConvPass].
  public String text() {
    boolean same = passes.stream().map(PassChoice::chosen).distinct().count() == 1;
    return passes.stream()
        .limit(same ? 1 : passes.size())
        .map(choice -> choice.chosen().toString())
        .collect(Collectors.joining(", "));
  }
}
