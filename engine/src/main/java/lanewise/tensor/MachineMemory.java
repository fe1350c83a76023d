package lanewise.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// How much memory the machine can still give, from what Linux tells; elsewhere four times the
/// heap's limit (a JVM takes a quarter of the machine for its heap by default).
final class MachineMemory {

  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path CGROUP_LIMIT = Path.of("/sys/fs/cgroup/memory.max");
  private static final Path CGROUP_USE = Path.of("/sys/fs/cgroup/memory.current");

  private MachineMemory() {}

  static long availableBytes() {
    long machine = meminfo(read(MEMINFO));
    long limit = number(read(CGROUP_LIMIT));
    long use = number(read(CGROUP_USE));
    return limit < 0 || use < 0 ? machine : Math.min(machine, Math.max(0, limit - use));
  }

  private static long meminfo(List<String> lines) {
    for (String line : lines) {
      if (line.startsWith("MemAvailable:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    return 4 * Runtime.getRuntime().maxMemory();
  }

  private static long number(List<String> lines) {
    return lines.size() == 1 && lines.get(0).matches("[0-9]{1,18}")
        ? Long.parseLong(lines.get(0))
        : -1;
  }

  private static List<String> read(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of(); // not Linux, or not readable: the caller has a fallback
    }
  }
}
