package lanewise.choice;

import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/// Times several ways to do the same, by turns, so that whatever else the machine does hits all of
/// them. The time of each is that of its fastest run, once it has settled: no run of a while was
/// faster by more than a trifle.
///
/// In a fresh JVM the first runs are interpreted while the compiler works in the background, for a
/// second and more; a plateau on the way must not be mistaken for the end. So that while is ten
/// times as long for a way that is new to this JVM, and for one that looks far slower than the
/// best; and it starts again while the compiler is busy, whose next method may be the one that
/// counts. A method with few calls per run, however long its loops, is compiled after some hundred
/// calls only; so what looks absurdly slow has more time. Nothing is watched longer than others
/// once it has had so many runs that this is done with.
final class Contest {

  /// How long each runs per turn, in nanoseconds as all times.
  private static final long TURN = 5_000_000;

  /// Less than this share faster than at the last progress is none.
  private static final double TRIFLE = 0.02;

  /// How long, and how many runs, without progress until a time has settled.
  private static final long QUIET = 40_000_000;

  private static final int QUIET_RUNS = 3;

  /// How long for one that is new, or slower than the best by a factor of [#SUSPICIOUS]. One that
  /// is neither needs no more than a single run of this length.
  private static final long LONG_QUIET = 10 * QUIET;

  private static final double SUSPICIOUS = 3;

  /// How long for one that is slower than the best by a factor of [#ABSURD].
  private static final long PATIENCE = 100 * QUIET;

  private static final double ABSURD = 10;

  /// After so many runs all methods have had the calls that make the compiler begin.
  private static final int MANY_RUNS = 1_000;

  /// The longest that each runs, but for the run that passes it.
  private static final long CAP = 10_000_000_000L;

  /// How it ended.
  ///
  /// @param nanos time of the fastest run of each, at least 1
  /// @param settled whether none was cut off while it still became faster
  record Result(long[] nanos, boolean settled) {}

  private final LongSupplier clock;
  private final BooleanSupplier compiling;
  private final List<Runnable> rivals;
  private final List<Boolean> known;
  private final long[] best;
  private final long[] spent;
  private final long[] mark;
  private final long[] progressAt;
  private final int[] runs;
  private final int[] runsSince;

  /// @param clock nanoseconds
  /// @param compiling whether the compiler is busy with what may be theirs
  /// @param known which of the rivals have run in this JVM before
  Contest(
      LongSupplier clock, BooleanSupplier compiling, List<Runnable> rivals, List<Boolean> known) {
    this.clock = clock;
    this.compiling = compiling;
    this.rivals = rivals;
    this.known = known;
    best = new long[rivals.size()];
    spent = new long[rivals.size()];
    mark = new long[rivals.size()];
    progressAt = new long[rivals.size()];
    runs = new int[rivals.size()];
    runsSince = new int[rivals.size()];
    Arrays.fill(best, Long.MAX_VALUE);
    Arrays.fill(mark, Long.MAX_VALUE);
  }

  /// Runs all until their times have settled.
  Result run() {
    boolean over;
    do {
      over = true;
      for (int i = 0; i < rivals.size(); i++) {
        if (!settled(i) && spent[i] < CAP) {
          turn(i);
          over = false;
        }
      }
    } while (!over);
    return new Result(best, IntStream.range(0, best.length).allMatch(this::quiet));
  }

  private boolean settled(int i) {
    boolean longRuns = isTrusted(i) && spent[i] - progressAt[i] >= LONG_QUIET;
    return quiet(i) && (runsSince[i] >= QUIET_RUNS || longRuns);
  }

  private boolean quiet(int i) {
    return spent[i] - progressAt[i] >= patience(i);
  }

  private long patience(int i) {
    if (runs[i] >= MANY_RUNS || isTrusted(i)) {
      return QUIET;
    }
    return slowness(i) > ABSURD ? PATIENCE : LONG_QUIET;
  }

  private boolean isTrusted(int i) {
    return known.get(i) && slowness(i) <= SUSPICIOUS;
  }

  /// The time of the fastest run so far, over that of the fastest of all.
  private double slowness(int i) {
    return (double) best[i] / Arrays.stream(best).min().orElseThrow();
  }

  private void turn(int i) {
    long end = spent[i] + TURN;
    do {
      long start = clock.getAsLong();
      rivals.get(i).run();
      long time = Math.max(1, clock.getAsLong() - start);
      spent[i] += time;
      runs[i]++;
      if (time < (1 - TRIFLE) * mark[i]) {
        mark[i] = time;
        restart(i);
      } else {
        runsSince[i]++;
      }
      best[i] = Math.min(best[i], time);
    } while (spent[i] < end);
    if (quiet(i) && compiling.getAsBoolean()) {
      restart(i);
    }
  }

  private void restart(int i) {
    progressAt[i] = spent[i];
    runsSince[i] = 0;
  }
}
