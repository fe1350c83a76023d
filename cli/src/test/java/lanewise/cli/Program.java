package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// Runs the program inside the test.
final class Program {

  /// Shared by all tests, so that they measure a convolution once, and nowhere near the user's.
  static final Path CACHE = temporaryFolder();

  private Program() {}

  private static Path temporaryFolder() {
    try {
      Path folder = Files.createTempDirectory("lanewise-cache");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

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
    return runWithCache(CACHE, interruption, args);
  }

  /// @param cache the folder that the program takes for the user's cache
  static Result runWithCache(Path cache, Interruption interruption, Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Session session =
        new Session(new PrintWriter(out), new PrintWriter(err), false, interruption, cache);
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
