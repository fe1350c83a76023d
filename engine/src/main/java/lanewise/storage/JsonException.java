package lanewise.storage;

/// A text is not JSON, or a JSON object lacks what its reader needs. It is checked because only the
/// caller knows the file, and must name it in what the user gets to see.
public final class JsonException extends Exception {

  private static final long serialVersionUID = 1L;

  JsonException(String message) {
    super(message);
  }

  /// @param offset index into `text` of the character where reading stopped
  static JsonException at(String text, int offset, String message) {
    String before = text.substring(0, offset);
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    int column = offset - before.lastIndexOf('\n');
    return new JsonException("line %d, column %d: %s".formatted(line, column, message));
  }
}
