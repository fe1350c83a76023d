package lanewise.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import lanewise.choice.RuntimeCompiler;

/// Runs work until the JVM has compiled it. Seconds alone do not tell: inference of one image with
/// GoogLeNet keeps the compiler busy for 7 to 20, as busy as the machine is, and runs at a tenth of
/// its speed for most of them.
final class WarmUp {

  /// So long nothing may have been compiled in the end.
  private static final Duration QUIET = Duration.ofSeconds(3);

  /// The longest, but for a run that passes it.
  private static final Duration LIMIT = Duration.ofSeconds(90);

  /// Less work of the compiler, in milliseconds, is none.
  private static final long TRIFLE = 5;

  private final LongSupplier clock;
  private final BooleanSupplier compiling;
  private final LongSupplier compiled;

  /// @param clock nanoseconds
  /// @param compiling whether the compiler works on kernels or has some to do
  /// @param compiled milliseconds that it took for what it has done, of whatever kind
  WarmUp(LongSupplier clock, BooleanSupplier compiling, LongSupplier compiled) {
    this.clock = clock;
    this.compiling = compiling;
    this.compiled = compiled;
  }

  /// Runs the work again and again.
  ///
  /// @param least how long at least
  static void run(Runnable work, Duration least) {
    CompilationMXBean compilation = ManagementFactory.getCompilationMXBean();
    new WarmUp(System::nanoTime, new RuntimeCompiler(), compilation::getTotalCompilationTime)
        .repeat(work, least);
  }

  void repeat(Runnable work, Duration least) {
    long start = clock.getAsLong();
    long busyAt = start;
    long before = compiled.getAsLong();
    long now;
    do {
      work.run();
      now = clock.getAsLong();
      if (compiled.getAsLong() - before >= TRIFLE || compiling.getAsBoolean()) {
        before = compiled.getAsLong();
        busyAt = now;
      }
    } while (now - start < least.toNanos()
        || now - busyAt < QUIET.toNanos() && now - start < LIMIT.toNanos());
  }
}
