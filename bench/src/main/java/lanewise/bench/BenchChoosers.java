package lanewise.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.choice.ConvProblem;
import lanewise.choice.MeasuredChooser;
import lanewise.choice.PassChoice;
import lanewise.data.DataLocator;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// The choosers of benchmarks, by the names of [Choosers]. The JVM of a benchmark finds the file of
/// measured times by the property [#FILE], so that all of them share one.
final class BenchChoosers {

  /// Property that names the file of measured times.
  static final String FILE = "lanewise.convolutions";

  private BenchChoosers() {}

  static ConvChooser of(String name) {
    return Choosers.of(name, file(), new MeasuredChooser.Listener() {});
  }

  /// In the user's cache folder where the property does not say otherwise.
  private static Path file() {
    String named = System.getProperty(FILE);
    return named == null ? Choosers.file(new DataLocator().cacheFolder()) : Path.of(named);
  }

  /// The algorithm that a name orders, if it does.
  static Optional<ConvAlgorithm> ordered(String name) {
    return Arrays.stream(ConvAlgorithm.values()).filter(a -> a.toString().equals(name)).findFirst();
  }

  /// The algorithm that a benchmark ran with, as reports write it.
  ///
  /// @param file where the JVM of the benchmark left its times
  static String ran(String name, Path file, ConvProblem problem, ConvPass pass) {
    if (!name.equals(Choosers.MEASURED)) {
      return of(name).candidates(problem, pass).getFirst().toString();
    }
    return MeasuredChooser.remembering(file, new MeasuredChooser.Listener() {})
        .remembered(problem, pass)
        .map(PassChoice::chosen)
        .map(ConvAlgorithm::toString)
        .orElse(name); // the file could not be written
  }
}
