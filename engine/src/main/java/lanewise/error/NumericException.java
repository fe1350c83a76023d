package lanewise.error;

/// A computation left the finite numbers: names the layer and the step.
public final class NumericException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public NumericException(String message) {
    super(message, null);
  }

  public NumericException(String message, Throwable cause) {
    super(message, cause);
  }
}
