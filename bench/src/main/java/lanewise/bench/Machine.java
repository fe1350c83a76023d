package lanewise.bench;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.kernel.Cpu;

/// What a measurement ran on; every report carries it.
///
/// @param processor the processor's own name, or the architecture where the system does not tell
/// @param processors processors that this process may use
/// @param lanes fp32 lanes of one vector
/// @param jdk version and vendor of the Java runtime
/// @param flags options of the JVM
/// @param system operating system
public record Machine(
    String processor, int processors, int lanes, String jdk, List<String> flags, String system) {

  public Machine {
    flags = List.copyOf(flags);
  }

  /// This machine and this JVM.
  public static Machine current() {
    return new Machine(
        Cpu.name(),
        Cpu.processors(),
        Cpu.lanes(),
        Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ")",
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"));
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("processor", processor);
    object.put("processors", processors);
    object.put("lanes", lanes);
    object.put("jdk", jdk);
    object.put("flags", flags);
    object.put("system", system);
    return object;
  }

  /// For people, in one line.
  public String text() {
    return "%s, %d processors, %d lanes, JDK %s, %s"
        .formatted(processor, processors, lanes, jdk, system);
  }
}
