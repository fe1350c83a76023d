package lanewise.cli;

import lanewise.error.MemoryBudgetException;
import lanewise.tensor.Memory;
import picocli.CommandLine.Option;

/// How much off-heap memory a command may use.
final class MemoryOption {

  @Option(
      names = "--memory-budget",
      paramLabel = "BYTES",
      converter = Converters.Bytes.class,
      description = "The most off-heap memory, as in 4G (default: 80 %% of what is free).")
  private Long budget;

  /// The budget in bytes.
  long bytes() {
    if (budget != null) {
      return budget;
    }
    try (Memory memory = Memory.withDefaultBudget()) {
      return memory.budget();
    }
  }

  /// The budget, once it is clear that something fits in.
  ///
  /// @param what it is, in words
  /// @param needed bytes that it takes
  /// @throws MemoryBudgetException if that is more; says both
  long fitting(String what, long needed) {
    long bytes = bytes();
    if (needed > bytes) {
      throw new MemoryBudgetException(
          "%s needs %s of memory, the budget is %s: choose a smaller --batch or a larger"
                  .formatted(what, Memory.text(needed), Memory.text(bytes))
              + " --memory-budget");
    }
    return bytes;
  }
}
