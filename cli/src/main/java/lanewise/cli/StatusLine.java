package lanewise.cli;

import java.io.PrintWriter;

/// A line about work that goes on: rewritten in place while a person watches, else printed now and
/// then as a line of its own.
final class StatusLine {

  private static final int WIDTH = 79;

  private final PrintWriter out;
  private final boolean terminal;
  private int shown;

  /// @param terminal whether a person watches `out`
  StatusLine(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /// Shows the state of the work.
  ///
  /// @param milestone whether it is worth a line of its own where nothing can be rewritten
  void show(String text, boolean milestone) {
    if (terminal) {
      String line = text.length() > WIDTH ? text.substring(0, WIDTH) : text;
      out.print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
      out.flush();
      shown = line.length();
    } else if (milestone) {
      out.println(text);
      out.flush();
    }
  }

  /// Takes the line away, so that the next output starts in its place.
  void clear() {
    if (shown > 0) {
      out.print("\r" + " ".repeat(shown) + "\r");
      out.flush();
      shown = 0;
    }
  }

  /// Prints a line that stays, in the place of the status.
  void print(String text) {
    clear();
    out.println(text);
    out.flush();
  }
}
