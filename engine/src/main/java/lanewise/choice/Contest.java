package lanewise.choice;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/// Times several ways to do the same, by turns, so that whatever else the machine does hits all of
/// them. The time of each is that of its fastest run, once it has settled: no run of a while was
/// faster by more than a trifle.
///
/// In a fresh JVM the first runs are interpreted while the compiler works in the background, for a
/// second and more; a plateau on the way must not be mistaken for the end. So that while is ten
/// times as long for a way that is new to this JVM, and for one that looks far slower than the
/// best.
final class Contest {

  /// How long each runs per turn, in nanoseconds as all times.
  private static final long TURN = 5_000_000;

  /// A run that is faster by less than this share is no progress.
  private static final double TRIFLE = 0.02;

  /// How long, and how many runs, without progress until a time has settled.
  private static final long QUIET = 40_000_000;

  private static final int QUIET_RUNS = 3;

  /// The same for one that is new, or slower than the best by a factor of [#SUSPICIOUS].
  private static final long LONG_QUIET = 10 * QUIET;

  private static final double SUSPICIOUS = 3;

  /// The longest that each runs, unless a single run takes longer.
  private static final long CAP = 3_000_000_000L;

  private final LongSupplier clock;
  private final List<Runnable> rivals;
  private final List<Boolean> known;
  private final long[] best;
  private final long[] spent;
  private final long[] progressAt;
  private final int[] runsSince;

  /// @param clock nanoseconds
  /// @param known which of the rivals have run in this JVM before
  Contest(LongSupplier clock, List<Runnable> rivals, List<Boolean> known) {
    this.clock = clock;
    this.rivals = rivals;
    this.known = known;
    best = new long[rivals.size()];
    spent = new long[rivals.size()];
    progressAt = new long[rivals.size()];
    runsSince = new int[rivals.size()];
    Arrays.fill(best, Long.MAX_VALUE);
  }

  /// Nanoseconds of the fastest run of each, at least 1.
  long[] run() {
    boolean settled;
    do {
      settled = true;
      for (int i = 0; i < rivals.size(); i++) {
        if (!settled(i)) {
          turn(i);
          settled = false;
        }
      }
    } while (!settled);
    return best;
  }

  private boolean settled(int i) {
    if (spent[i] >= CAP) {
      return true;
    }
    boolean slow = best[i] > SUSPICIOUS * Arrays.stream(best).min().orElseThrow();
    long quiet = known.get(i) && !slow ? QUIET : LONG_QUIET;
    return runsSince[i] >= QUIET_RUNS && spent[i] - progressAt[i] >= quiet;
  }

  private void turn(int i) {
    long end = spent[i] + TURN;
    do {
      long start = clock.getAsLong();
      rivals.get(i).run();
      long time = Math.max(1, clock.getAsLong() - start);
      spent[i] += time;
      if (time < (1 - TRIFLE) * best[i]) {
        progressAt[i] = spent[i];
        runsSince[i] = 0;
      } else {
        runsSince[i]++;
      }
      best[i] = Math.min(best[i], time);
    } while (spent[i] < end);
  }
}
