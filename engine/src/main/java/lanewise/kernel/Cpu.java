package lanewise.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import lanewise.error.EnvironmentException;
import lanewise.kernel.simd.Lanes;

/// What the kernels know of the processor.
public final class Cpu {

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Cpu() {}

  /// The processor's own name, or the architecture where the system does not tell.
  public static String name() {
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElseGet(() -> System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch"); // not Linux
    }
  }

  /// fp32 lanes of one vector, which is the channel block of every blocked tensor.
  ///
  /// @throws EnvironmentException if the JVM runs without the vector module
  public static int lanes() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new EnvironmentException(
          "the JVM runs without the vector module: start java with --add-modules"
              + " jdk.incubator.vector");
    }
    return Lanes.COUNT;
  }

  /// Processors that this process may use.
  public static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }
}
