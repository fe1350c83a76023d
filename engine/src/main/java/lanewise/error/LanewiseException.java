package lanewise.error;

/// What every failure that a user can cause or mend is reported as: one line that says what was
/// wrong, where, and what to do about it. Programming errors stay ordinary runtime exceptions.
public abstract sealed class LanewiseException extends RuntimeException
    permits DataException,
        InvalidModelException,
        StorageException,
        NumericException,
        MemoryBudgetException,
        EnvironmentException {

  private static final long serialVersionUID = 1L;

  LanewiseException(String message, Throwable cause) {
    super(message, cause);
  }
}
