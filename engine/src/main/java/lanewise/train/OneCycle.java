package lanewise.train;

/// One cycle: the learning rate rises linearly from 0 at step 0 to its peak and then falls linearly
/// to 0, which it reaches where the run ends (after Smith and Topin 2018, "Super-convergence", with
/// straight lines on both sides).
///
/// @param peak the highest learning rate, finite and not negative
/// @param totalSteps steps of the whole run, at least 1
/// @param warmupFraction share of the steps in which the rate rises, 0 to 1
public record OneCycle(double peak, long totalSteps, double warmupFraction) implements Schedule {

  public OneCycle {
    if (!Double.isFinite(peak) || peak < 0) {
      throw new IllegalArgumentException(
          "learning rate %s: must be finite and not negative".formatted(peak));
    }
    if (totalSteps < 1) {
      throw new IllegalArgumentException("%d steps: at least 1".formatted(totalSteps));
    }
    if (!(warmupFraction >= 0 && warmupFraction <= 1)) {
      throw new IllegalArgumentException(
          "warm-up fraction %s: must be 0 to 1".formatted(warmupFraction));
    }
  }

  @Override
  public double learningRate(long step) {
    double warmup = warmupFraction * totalSteps;
    if (step < warmup) {
      return peak * (step / warmup);
    }
    return step >= totalSteps ? 0 : peak * ((totalSteps - step) / (totalSteps - warmup));
  }
}
