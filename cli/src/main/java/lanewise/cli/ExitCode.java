package lanewise.cli;

import lanewise.error.DataException;
import lanewise.error.EnvironmentException;
import lanewise.error.InvalidModelException;
import lanewise.error.LanewiseException;
import lanewise.error.MemoryBudgetException;
import lanewise.error.NumericException;
import lanewise.error.StorageException;

/// How the program ends, as the shell sees it. The numbers are part of the interface and are
/// documented in `docs/cli.md`.
enum ExitCode {
  OK(0),
  /// An error in the program itself.
  INTERNAL(1),
  /// Unknown command, option or value.
  USAGE(2),
  /// Data missing or corrupt.
  DATA(3),
  /// Checkpoint or model invalid.
  MODEL(4),
  /// Reading or writing failed, or the disk is full.
  STORAGE(5),
  /// A value left the finite numbers.
  NUMERIC(6),
  /// Not enough memory, or over the budget.
  MEMORY(7),
  /// The Java runtime lacks something.
  ENVIRONMENT(8),
  /// Stopped by Ctrl-C, with the state saved.
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static ExitCode of(LanewiseException failure) {
    return switch (failure) {
      case DataException _ -> DATA;
      case InvalidModelException _ -> MODEL;
      case StorageException _ -> STORAGE;
      case NumericException _ -> NUMERIC;
      case MemoryBudgetException _ -> MEMORY;
      case EnvironmentException _ -> ENVIRONMENT;
    };
  }
}
