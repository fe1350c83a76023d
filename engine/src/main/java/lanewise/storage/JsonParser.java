package lanewise.storage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A recursive-descent parser of one JSON text; [Json] states what it accepts. Good for one use.
final class JsonParser {

  private static final int END = -1;

  private final String text;
  private int position;
  private int depth;

  JsonParser(String text) {
    this.text = text;
  }

  Object parse() throws JsonException {
    skipSpace();
    Object value = value();
    expectEnd();
    return value;
  }

  Map<String, Object> parseObject() throws JsonException {
    skipSpace();
    if (peek() != '{') {
      throw unexpected("an object");
    }
    Map<String, Object> object = object();
    expectEnd();
    return object;
  }

  private void expectEnd() throws JsonException {
    skipSpace();
    if (peek() != END) {
      throw unexpected("the end");
    }
  }

  private Object value() throws JsonException {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw unexpected("a value");
    };
  }

  private Map<String, Object> object() throws JsonException {
    var members = new LinkedHashMap<String, Object>();
    enter();
    if (peek() != '}') {
      do {
        skipSpace();
        int keyPosition = position;
        if (peek() != '"') {
          throw unexpected("a key in quotes");
        }
        String key = string();
        if (members.containsKey(key)) {
          throw JsonException.at(text, keyPosition, "the key " + Json.quote(key) + " comes twice");
        }
        skipSpace();
        expect(':');
        skipSpace();
        members.put(key, value());
        skipSpace();
      } while (accept(','));
    }
    leave('}');
    return Collections.unmodifiableSequencedMap(members);
  }

  private List<Object> array() throws JsonException {
    var elements = new ArrayList<Object>();
    enter();
    if (peek() != ']') {
      do {
        skipSpace();
        elements.add(value());
        skipSpace();
      } while (accept(','));
    }
    leave(']');
    return Collections.unmodifiableList(elements);
  }

  /// Steps over the opening bracket and the space behind it.
  private void enter() throws JsonException {
    if (++depth > Json.MAX_DEPTH) {
      throw JsonException.at(text, position, "nested deeper than " + Json.MAX_DEPTH + " levels");
    }
    position++;
    skipSpace();
  }

  private void leave(char bracket) throws JsonException {
    if (peek() != bracket) {
      throw unexpected("',' or '" + bracket + "'");
    }
    position++;
    depth--;
  }

  private String string() throws JsonException {
    int start = ++position;
    StringBuilder unescaped = null; // most strings have no escape and are one substring
    while (true) {
      int c = peek();
      if (c == '"') {
        String tail = text.substring(start, position++);
        return unescaped == null ? tail : unescaped.append(tail).toString();
      } else if (c == '\\') {
        unescaped = unescaped == null ? new StringBuilder() : unescaped;
        unescaped.append(text, start, position++).append(escape());
        start = position;
      } else if (c == END) {
        throw unexpected("'\"'");
      } else if (c < ' ') {
        throw unexpected("an escape such as \\n");
      } else {
        position++;
      }
    }
  }

  private char escape() throws JsonException {
    char unescaped =
        switch (peek()) {
          case '"' -> '"';
          case '\\' -> '\\';
          case '/' -> '/';
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'u' -> hexadecimal();
          default -> throw unexpected("one of \"\\/bfnrtu after a backslash");
        };
    position++;
    return unescaped;
  }

  /// Reads the four hexadecimal digits of an escape; begins on the u and ends on the last digit.
  private char hexadecimal() throws JsonException {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      position++;
      int digit = peek() <= 'f' ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw unexpected("a hexadecimal digit");
      }
      code = 16 * code + digit;
    }
    return (char) code;
  }

  private Object number() throws JsonException {
    int start = position;
    accept('-');
    if (!accept('0')) {
      digits();
    }
    boolean integer = true;
    if (accept('.')) {
      integer = false;
      digits();
    }
    if (accept('e') || accept('E')) {
      integer = false;
      if (!accept('+')) {
        accept('-');
      }
      digits();
    }
    String number = text.substring(start, position);
    boolean fits = integer && number.length() <= 20 && !number.equals("-0");
    if (fits) {
      try {
        return Long.valueOf(number);
      } catch (NumberFormatException tooLong) {
        // an integer beyond 64 bits is read as the nearest double
      }
    }
    double value = Double.parseDouble(number);
    if (Double.isInfinite(value)) {
      throw JsonException.at(text, start, "the number is beyond the range of a double");
    }
    return value;
  }

  private void digits() throws JsonException {
    if (!isDigit(peek())) {
      throw unexpected("a digit");
    }
    while (isDigit(peek())) {
      position++;
    }
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private Object word(String word, Boolean value) throws JsonException {
    if (!text.startsWith(word, position)) {
      throw unexpected("a value");
    }
    position += word.length();
    return value;
  }

  private void skipSpace() {
    int c = peek();
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      position++;
      c = peek();
    }
  }

  private int peek() {
    return position < text.length() ? text.charAt(position) : END;
  }

  private boolean accept(char c) {
    if (peek() != c) {
      return false;
    }
    position++;
    return true;
  }

  private void expect(char c) throws JsonException {
    if (!accept(c)) {
      throw unexpected("'" + c + "'");
    }
  }

  private JsonException unexpected(String expected) {
    int c = peek();
    String found = c == END ? "the text ends" : "there is " + describe(c);
    return JsonException.at(text, position, found + " where " + expected + " was expected");
  }

  private static String describe(int c) {
    return c > ' ' && c < 0x7f ? "'" + (char) c + "'" : "U+%04X".formatted(c);
  }
}
