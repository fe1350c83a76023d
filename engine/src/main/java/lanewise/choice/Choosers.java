package lanewise.choice;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;

/// Choosers by the names that users write: `measured`, `rule`, or an algorithm to force.
public final class Choosers {

  /// The name of [MeasuredChooser].
  public static final String MEASURED = "measured";

  /// The name of [ConvChooser#rule()].
  public static final String RULE = "rule";

  private Choosers() {}

  /// All names.
  public static List<String> names() {
    Stream<String> forced = Arrays.stream(ConvAlgorithm.values()).map(ConvAlgorithm::toString);
    return Stream.concat(Stream.of(MEASURED, RULE), forced).toList();
  }

  /// The chooser of a name.
  ///
  /// @param file where a measured choice is remembered
  /// @param listener is told what a measured choice does
  /// @throws IllegalArgumentException if there is none of this name
  public static ConvChooser of(String name, Path file, MeasuredChooser.Listener listener) {
    return switch (name) {
      case MEASURED -> MeasuredChooser.remembering(file, listener);
      case RULE -> ConvChooser.rule();
      default ->
          ConvChooser.forcing(
              Arrays.stream(ConvAlgorithm.values())
                  .filter(algorithm -> algorithm.toString().equals(name))
                  .findFirst()
                  .orElseThrow(() -> new IllegalArgumentException("no chooser " + name)));
    };
  }

  /// The file of measured times in the user's cache folder for this program.
  public static Path file(Path cacheFolder) {
    return cacheFolder.resolve("convolutions.json");
  }
}
