package lanewise.train;

/// The same learning rate in every step.
///
/// @param rate the learning rate, finite and not negative
public record Constant(double rate) implements Schedule {

  public Constant {
    if (!Double.isFinite(rate) || rate < 0) {
      throw new IllegalArgumentException(
          "learning rate %s: must be finite and not negative".formatted(rate));
    }
  }

  @Override
  public double learningRate(long step) {
    return rate;
  }
}
