package lanewise.error;

/// A network description, a shape or a checkpoint is wrong or belongs to another model.
public final class InvalidModelException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public InvalidModelException(String message) {
    super(message, null);
  }

  public InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
