package lanewise.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.error.EnvironmentException;

/// A peer that runs on Java: a JVM for each comparison, with the class path that the Maven profile
/// `peers` fills. The program itself has nothing of it on its own.
///
/// @param name and version
/// @param folder jars of the peers
/// @param program main class
record JavaPeer(String name, Path folder, String program) {

  static final String HOW_TO_INSTALL =
      "ONNX Runtime and DJL's PyTorch are not installed: mvn -q -Ppeers -pl bench/peers -am"
          + " -DskipTests package (in the folder of the sources) fetches them, 190 MB; going on"
          + " without";

  private static final String JAR = "lanewise-peers.jar";

  /// Where the profile puts the jars: what `./lanewise` says, or the place in the sources.
  static Path defaultFolder() {
    String folder = System.getenv("LANEWISE_PEERS");
    return Path.of(folder == null ? "bench/peers/target/lib" : folder);
  }

  /// The peer, if it is installed.
  ///
  /// @throws EnvironmentException if it is, and does not start
  static Optional<JavaPeer> find(Path folder, String program) {
    if (!Files.isRegularFile(folder.resolve(JAR))) {
      return Optional.empty();
    }
    JavaPeer unnamed =
        new JavaPeer(program.substring(program.lastIndexOf('.') + 1), folder, program);
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", "name");
    if (unnamed.ask(request, 1).get("name") instanceof String name) {
      return Optional.of(new JavaPeer(name, folder, program));
    }
    throw new EnvironmentException(unnamed.name + " does not say what it is");
  }

  Map<String, Object> ask(Map<String, Object> request, int threads) {
    return PeerProcess.ask(name, command(), whole(request, threads));
  }

  /// Starts what is measured turn by turn.
  ///
  /// @param images that it takes at a time
  Contestant start(Map<String, Object> request, int threads, int images) {
    return ContestantProcess.start(
        name, command(), whole(request, threads), List.of((double) images));
  }

  private Map<String, Object> whole(Map<String, Object> request, int threads) {
    Map<String, Object> whole = new LinkedHashMap<>(request);
    whole.put("threads", threads);
    whole.put("natives", folder.resolveSibling("natives").toAbsolutePath().toString());
    return whole;
  }

  private List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        folder.resolve("*").toString(),
        program);
  }
}
