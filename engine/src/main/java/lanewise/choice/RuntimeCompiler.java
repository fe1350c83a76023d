package lanewise.choice;

import java.lang.management.ManagementFactory;
import java.util.function.BooleanSupplier;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/// Whether the JVM's compiler works on kernels, or has some in its queue: until it is done they may
/// run at a hundredth of their speed, and nothing but the queue tells. The total of compile time
/// moves when a method is done, which takes C2 a second and more for a register tile.
///
/// HotSpot's diagnostic commands know (`jcmd PID Compiler.queue`); asking takes half a millisecond.
/// With another JVM the answer is always no.
public final class RuntimeCompiler implements BooleanSupplier {

  private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";

  /// Asks the JVM that this runs in.
  public RuntimeCompiler() {}

  @Override
  public boolean getAsBoolean() {
    return isBusy(queue());
  }

  /// @param queue what the command prints: a line per method that is compiled or waits
  static boolean isBusy(String queue) {
    return queue
        .lines()
        .anyMatch(line -> line.contains("lanewise.kernel.") || line.contains(".vector."));
  }

  /// Empty if the JVM does not tell.
  static String queue() {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    Object[] arguments = {new String[0]};
    String[] types = {String[].class.getName()};
    try {
      return String.valueOf(
          server.invoke(new ObjectName(COMMANDS), "compilerQueue", arguments, types));
    } catch (JMException e) {
      return "";
    }
  }
}
