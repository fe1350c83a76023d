package lanewise.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import lanewise.error.DataException;

/// Finds CIFAR-100 on this machine: where the user says, else where the variable `LANEWISE_DATA`
/// says, else in the user's cache folder. The first two are orders: if nothing is there, that is an
/// error and no other place is tried. Immutable, safe to share between threads.
public final class DataLocator {

  /// The environment variable that names the data.
  public static final String VARIABLE = "LANEWISE_DATA";

  private final Map<String, String> environment;
  private final Path home;
  private final String system;

  /// What a search came to.
  ///
  /// @param path the archive, or the folder with the unpacked files; empty if there is none
  /// @param looked every place that was tried, in order, in words
  public record Result(Optional<Path> path, List<String> looked) {}

  /// A search by the environment and the user of this process.
  public DataLocator() {
    this(System.getenv(), Path.of(System.getProperty("user.home")), System.getProperty("os.name"));
  }

  /// @param home the user's home folder
  /// @param system the name of the operating system, as the property `os.name` has it
  DataLocator(Map<String, String> environment, Path home, String system) {
    this.environment = Map.copyOf(environment);
    this.home = Objects.requireNonNull(home);
    this.system = Objects.requireNonNull(system);
  }

  /// The user's cache folder for this program; it need not exist. `$XDG_CACHE_HOME/lanewise` if
  /// that variable holds an absolute path, else `%LOCALAPPDATA%\lanewise\cache` on Windows,
  /// `~/Library/Caches/lanewise` on macOS and `~/.cache/lanewise` elsewhere.
  public Path cacheFolder() {
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    // A relative path is invalid and to be ignored, says the XDG base directory specification.
    if (!xdg.isEmpty() && Path.of(xdg).isAbsolute()) {
      return Path.of(xdg, "lanewise");
    }
    if (system.startsWith("Windows")) {
      String local = environment.getOrDefault("LOCALAPPDATA", "");
      Path base = local.isEmpty() ? home.resolve("AppData").resolve("Local") : Path.of(local);
      return base.resolve("lanewise").resolve("cache");
    }
    if (system.startsWith("Mac")) {
      return home.resolve("Library").resolve("Caches").resolve("lanewise");
    }
    return home.resolve(".cache").resolve("lanewise");
  }

  /// Looks at the place that the user named.
  ///
  /// @throws DataException if nothing is there
  public Result find(Path named) {
    return new Result(Optional.of(require(named, "the given path")), List.of(named.toString()));
  }

  /// Looks in `LANEWISE_DATA`, and where that is not set, in the cache folder.
  ///
  /// @throws DataException if `LANEWISE_DATA` is set and nothing is there
  public Result find() {
    String variable = environment.getOrDefault(VARIABLE, "");
    if (!variable.isEmpty()) {
      Path path = require(Path.of(variable), VARIABLE);
      return new Result(Optional.of(path), List.of(VARIABLE + "=" + variable));
    }
    Path cache = cacheFolder();
    return new Result(Cifar100.locate(cache), List.of(VARIABLE + " (not set)", cache.toString()));
  }

  private static Path require(Path path, String origin) {
    return Cifar100.locate(path)
        .orElseThrow(
            () ->
                new DataException(
                    "%s, %s, %s: name %s, its unpacked folder or a folder that has one of them"
                        .formatted(
                            path,
                            origin,
                            Files.isDirectory(path) ? "holds no CIFAR-100" : "does not exist",
                            Cifar100.ARCHIVE.name())));
  }
}
