package lanewise.choice;

import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/// A clock that only work moves, and work that takes the time it is told to.
final class FakeWork implements LongSupplier {

  private long now = 1_000;
  private long runs;

  @Override
  public long getAsLong() {
    return now;
  }

  /// @param nanos time of a run by the time that the work has taken already
  Runnable of(LongUnaryOperator nanos) {
    long[] spent = {0};
    return () -> {
      long time = nanos.applyAsLong(spent[0]);
      spent[0] += time;
      now += time;
      runs++;
    };
  }

  /// A run that always takes the same.
  Runnable of(long nanos) {
    return of(_ -> nanos);
  }

  /// Runs so far.
  long runs() {
    return runs;
  }
}
