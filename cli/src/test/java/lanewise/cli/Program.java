package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;

/// Runs the program inside the test.
final class Program {

  private Program() {}

  /// How a run ended.
  record Result(int code, String out, String err) {

    /// Success, with nothing on stderr.
    Result succeeds() {
      assertThat(err).isEmpty();
      assertThat(code).isZero();
      return this;
    }

    /// This code, and one line on stderr with all these parts.
    Result fails(ExitCode expected, String... parts) {
      assertThat(err).startsWith("lanewise: error: ").contains(parts);
      assertThat(err.lines()).as("lines on stderr").hasSize(1);
      assertThat(code).isEqualTo(expected.number());
      return this;
    }
  }

  static Result run(Object... args) {
    return run(new Interruption(), args);
  }

  static Result run(Interruption interruption, Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Session session = new Session(new PrintWriter(out), new PrintWriter(err), false, interruption);
    return new Result(Main.run(strings(args), session), out.toString(), err.toString());
  }

  static String[] strings(Object... args) {
    String[] strings = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      strings[i] = args[i].toString();
    }
    return strings;
  }
}
