package lanewise.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import lanewise.kernel.Parallel;

/// The machine's limits as measured: what theory is held against.
///
/// The best of many short runs, as only the best shows a limit. Bandwidth counts two arrays read
/// and
/// one written (STREAM's triad), on arrays far larger than any cache.
///
/// @param threads threads of the two figures that follow
/// @param gflops fused multiply-adds on all of them, as thousand millions of operations a second,
///     two per multiply-add
/// @param gigabytesPerSecond memory traffic of all of them, thousand million bytes a second
/// @param gflopsOneThread the first figure for one thread
public record MachinePeak(
    int threads, double gflops, double gigabytesPerSecond, double gflopsOneThread) {

  /// Measures, for about three times this duration.
  ///
  /// @param threads threads to measure with, besides one alone
  public static MachinePeak measure(int threads, Duration each) {
    double one;
    try (Parallel alone = new Parallel(1)) {
      one = flops(alone, each);
    }
    try (Parallel all = new Parallel(threads);
        TriadWork triad = new TriadWork(all)) {
      double gflops = threads == 1 ? one : flops(all, each);
      double bytes = best(each, triad::run);
      return new MachinePeak(threads, gflops, bytes, one);
    }
  }

  private static double flops(Parallel parallel, Duration duration) {
    return best(duration, new FmaWork(parallel)::run);
  }

  /// Amount per nanosecond of the fastest call within the duration, of at least three.
  ///
  /// @param work runs once and returns what it got done
  private static double best(Duration duration, LongSupplier work) {
    double best = 0;
    long end = System.nanoTime() + duration.toNanos();
    for (int run = 0; run < 3 || System.nanoTime() < end; run++) {
      long start = System.nanoTime();
      long amount = work.getAsLong();
      best = Math.max(best, (double) amount / Math.max(1, System.nanoTime() - start));
    }
    return best;
  }

  /// Operations per byte from which on computing is the limit, not memory.
  public double ridge() {
    return gflops / gigabytesPerSecond;
  }

  /// The most that a computation of this intensity can reach (the roofline).
  ///
  /// @param intensity operations per byte
  public double attainableGflops(double intensity) {
    return Math.min(gflops, intensity * gigabytesPerSecond);
  }

  /// For JSON.
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("threads", threads);
    object.put("fma_gflops", gflops);
    object.put("bandwidth_gb_per_s", gigabytesPerSecond);
    object.put("fma_gflops_1_thread", gflopsOneThread);
    return object;
  }

  /// For people, in one line.
  public String text() {
    return Text.format(
        "%.1f GFLOP/s on %d thread%s (%.1f on one), %.1f GB/s",
        gflops, threads, threads == 1 ? "" : "s", gflopsOneThread, gigabytesPerSecond);
  }
}
