package lanewise.error;

/// Reading or writing failed: no room on disk, no permission, a broken connection.
public final class StorageException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public StorageException(String message) {
    super(message, null);
  }

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
