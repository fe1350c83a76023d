package lanewise.error;

/// A tensor would exceed the budget of off-heap memory: names the tensor and the bytes.
public final class MemoryBudgetException extends LanewiseException {

  private static final long serialVersionUID = 1L;

  public MemoryBudgetException(String message) {
    super(message, null);
  }

  public MemoryBudgetException(String message, Throwable cause) {
    super(message, cause);
  }
}
