package lanewise.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import lanewise.error.MemoryBudgetException;

/// The owner of off-heap memory: everything allocated from it is freed by [#close()], and touching
/// it afterwards throws `IllegalStateException`. A JVM does not cap off-heap memory, so this class
/// does: an allocation over the budget fails with the name and the bytes of the tensor that asked,
/// before the operating system has to kill the process.
///
/// Safe to share between threads.
public final class Memory implements AutoCloseable {

  /// Bytes that every allocation is aligned to: a cache line, and a full 512-bit vector.
  public static final int ALIGNMENT = 64;

  private static final AtomicLong LIVE_IN_PROCESS = new AtomicLong();

  private final Arena arena = Arena.ofShared();
  private final AtomicLong live = new AtomicLong();
  private final long budget;

  private Memory(long budget) {
    this.budget = budget;
  }

  /// @param bytes the most that may be live at once
  public static Memory withBudget(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("memory budget of " + bytes + " bytes");
    }
    return new Memory(bytes);
  }

  /// A budget of 80 % of the memory that the machine (or its container) has now.
  public static Memory withDefaultBudget() {
    return withBudget(MachineMemory.availableBytes() / 5 * 4);
  }

  /// Allocates zeroed bytes, aligned to a cache line.
  ///
  /// @param name what the memory is for, named in the error
  /// @throws MemoryBudgetException over the budget
  /// @throws IllegalStateException after [#close()]
  public MemorySegment allocate(String name, long bytes) {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the memory is closed, no room for " + name);
    }
    if (live.addAndGet(bytes) > budget) {
      long before = live.addAndGet(-bytes);
      throw new MemoryBudgetException(
          "memory budget: %s needs %s, but %s of %s are in use; use a smaller batch or raise the budget"
              .formatted(name, text(bytes), text(before), text(budget)));
    }
    try {
      MemorySegment segment = arena.allocate(Math.max(bytes, 1), ALIGNMENT);
      LIVE_IN_PROCESS.addAndGet(bytes);
      return segment;
    } catch (OutOfMemoryError e) {
      live.addAndGet(-bytes);
      throw new MemoryBudgetException(
          "memory: the operating system refused %s for %s; use a smaller batch"
              .formatted(text(bytes), name),
          e);
    }
  }

  /// Bytes allocated and not freed, of this owner.
  public long liveBytes() {
    return live.get();
  }

  /// Bytes allocated and not freed, of all owners in this process.
  public static long liveBytesInProcess() {
    return LIVE_IN_PROCESS.get();
  }

  /// The most bytes that may be live at once.
  public long budget() {
    return budget;
  }

  /// Frees everything. Calling it again does nothing.
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      LIVE_IN_PROCESS.addAndGet(-live.getAndSet(0));
    }
  }

  /// `512 B`, `1.5 MB`, `2.3 GB` (1 MB = 1024 KB).
  public static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < 3) {
      value /= 1024;
      unit++;
    }
    return String.format(java.util.Locale.ROOT, "%.1f %sB", value, "KMGT".charAt(unit));
  }
}
