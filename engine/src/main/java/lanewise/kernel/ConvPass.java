package lanewise.kernel;

/// The three computations of a convolution.
public enum ConvPass {
  /// The output from the source and the weights.
  FORWARD("forward"),
  /// The source's gradient from the output's gradient and the weights.
  BACKWARD_DATA("backward-data"),
  /// The weights' gradient from the source and the output's gradient.
  BACKWARD_WEIGHTS("backward-weights");

  private final String text;

  ConvPass(String text) {
    this.text = text;
  }

  /// Whether it reads the source.
  public boolean readsSource() {
    return this != BACKWARD_DATA;
  }

  /// `backward-data`.
  @Override
  public String toString() {
    return text;
  }
}
