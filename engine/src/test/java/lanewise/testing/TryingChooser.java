package lanewise.testing;

import java.util.List;
import lanewise.choice.ConvChooser;
import lanewise.choice.ConvProblem;
import lanewise.choice.PassChoice;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// Runs every candidate as one that measures would, and then takes what another chooser takes.
public final class TryingChooser implements ConvChooser {

  private static final int RUNS = 3;

  private final ConvChooser decides;
  private int trials;

  /// @param decides what is taken in the end
  public TryingChooser(ConvChooser decides) {
    this.decides = decides;
  }

  @Override
  public List<ConvAlgorithm> candidates(ConvProblem problem, ConvPass pass) {
    return problem.candidates(pass);
  }

  @Override
  public PassChoice choose(ConvProblem problem, ConvPass pass, Trial trial) {
    for (ConvAlgorithm algorithm : candidates(problem, pass)) {
      Runnable run = trial.with(algorithm, pass);
      for (int i = 0; i < RUNS; i++) {
        run.run();
      }
      trials++;
    }
    return decides.choose(problem, pass, trial);
  }

  /// How many candidates have been tried.
  public int trials() {
    return trials;
  }
}
