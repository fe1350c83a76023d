package lanewise.error;

/// The Java runtime or the machine lacks something that the engine needs: names the exact flag or
/// package.
public final class EnvironmentException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public EnvironmentException(String message) {
    super(message, null);
  }

  public EnvironmentException(String message, Throwable cause) {
    super(message, cause);
  }
}
