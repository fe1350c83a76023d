package lanewise.kernel;

import lanewise.error.EnvironmentException;
import lanewise.kernel.simd.Lanes;

/// What the kernels know of the processor.
public final class Cpu {

  private Cpu() {}

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
