package lanewise.error;

/// A data set is missing, truncated, foreign or holds impossible values.
public final class DataException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message, null);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
