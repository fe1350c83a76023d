package lanewise.choice;

import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import lanewise.error.StorageException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;

/// Chooses by measuring: each pass of each problem once, every algorithm that does not refuse it,
/// on the memory that it will run on. Times are kept in memory and, if wanted, in a file, from
/// which the next process takes them. Where one algorithm alone can run, nothing is measured.
///
/// Safe to share between threads.
public final class MeasuredChooser implements ConvChooser {

  /// What is taken must be faster by this share than what comes before it in the list.
  private static final double MARGIN = 0.05;

  private final Optional<TimesFile> file;
  private final Listener listener;
  private final LongSupplier clock;
  private final BooleanSupplier compiling;
  private final Map<String, Map<ConvAlgorithm, Long>> times = new HashMap<>();
  private final Set<List<Object>> known = new HashSet<>();
  private boolean saves = true;

  /// Is told what a chooser does that takes time or fails.
  public interface Listener {

    /// A pass is about to be measured, which takes up to some seconds.
    default void measuring(ConvProblem problem, ConvPass pass) {}

    /// Times cannot be kept in the file, so that the next process will measure again. Comes once.
    ///
    /// @param reason one line: the file, what happened, what to do
    default void notSaved(String reason) {}

    /// Times did not settle, as on a busy machine: they count for this process alone.
    default void unsettled(ConvProblem problem, ConvPass pass) {}
  }

  /// @param clock nanoseconds
  /// @param compiling whether the JVM's compiler is busy with kernels
  MeasuredChooser(
      Optional<TimesFile> file, Listener listener, LongSupplier clock, BooleanSupplier compiling) {
    this.file = file;
    this.listener = listener;
    this.clock = clock;
    this.compiling = compiling;
    file.ifPresent(f -> times.putAll(f.read()));
  }

  /// A chooser that forgets with the process.
  public static MeasuredChooser inMemory() {
    return of(Optional.empty(), new Listener() {});
  }

  /// A chooser that remembers in a file. One that is damaged or from another processor or version
  /// is ignored and written anew; several processes may share it.
  ///
  /// @param file need not exist, nor its folder
  public static MeasuredChooser remembering(Path file, Listener listener) {
    return of(Optional.of(new TimesFile(file)), listener);
  }

  private static MeasuredChooser of(Optional<TimesFile> file, Listener listener) {
    return new MeasuredChooser(file, listener, System::nanoTime, new RuntimeCompiler());
  }

  @Override
  public List<ConvAlgorithm> candidates(ConvProblem problem, ConvPass pass) {
    return problem.candidates(pass);
  }

  @Override
  public synchronized PassChoice choose(ConvProblem problem, ConvPass pass, Trial trial) {
    return remembered(problem, pass)
        .orElseGet(
            () -> {
              listener.measuring(problem, pass);
              times.put(key(problem, pass), measure(problem, pass, trial));
              return remembered(problem, pass).orElseThrow();
            });
  }

  /// What [#choose] would choose without measuring; empty if it would have to.
  public synchronized Optional<PassChoice> remembered(ConvProblem problem, ConvPass pass) {
    List<ConvAlgorithm> candidates = problem.candidates(pass);
    if (candidates.size() == 1) {
      return Optional.of(
          PassChoice.of(problem, pass, candidates.getFirst(), Map.of(), _ -> "all others refuse"));
    }
    Map<ConvAlgorithm, Long> found = times.get(key(problem, pass));
    return found == null || !found.keySet().equals(Set.copyOf(candidates))
        ? Optional.empty()
        : Optional.of(choice(problem, pass, candidates, found));
  }

  private static String key(ConvProblem problem, ConvPass pass) {
    return problem + ", " + pass;
  }

  /// @return what counts from now on: another process may have been faster
  private Map<ConvAlgorithm, Long> measure(ConvProblem problem, ConvPass pass, Trial trial) {
    List<ConvAlgorithm> candidates = problem.candidates(pass);
    List<Runnable> rivals = candidates.stream().map(a -> trial.with(a, pass)).toList();
    // known.add is false for what was there before
    List<Boolean> before =
        candidates.stream().map(a -> !known.add(problem.kernels(a, pass))).toList();
    Contest.Result result = new Contest(clock, compiling, rivals, before).run();
    Map<ConvAlgorithm, Long> measured = new EnumMap<>(ConvAlgorithm.class);
    for (int i = 0; i < rivals.size(); i++) {
      measured.put(candidates.get(i), result.nanos()[i]);
    }
    if (!result.settled()) {
      listener.unsettled(problem, pass);
      return measured;
    }
    return file.isPresent() && saves ? save(key(problem, pass), measured) : measured;
  }

  private Map<ConvAlgorithm, Long> save(String key, Map<ConvAlgorithm, Long> measured) {
    try {
      return file.orElseThrow().add(key, measured);
    } catch (StorageException e) {
      saves = false;
      listener.notSaved(e.getMessage());
      return measured;
    }
  }

  private static PassChoice choice(
      ConvProblem problem,
      ConvPass pass,
      List<ConvAlgorithm> candidates,
      Map<ConvAlgorithm, Long> nanos) {
    ConvAlgorithm best = candidates.getFirst();
    for (ConvAlgorithm algorithm : candidates) {
      if (nanos.get(algorithm) < (1 - MARGIN) * nanos.get(best)) {
        best = algorithm;
      }
    }
    ConvAlgorithm chosen = best;
    Map<ConvAlgorithm, Double> seconds = new EnumMap<>(ConvAlgorithm.class);
    nanos.forEach((algorithm, time) -> seconds.put(algorithm, time * 1e-9));
    return PassChoice.of(
        problem, pass, chosen, seconds, algorithm -> reason(algorithm, chosen, seconds));
  }

  private static String reason(
      ConvAlgorithm algorithm, ConvAlgorithm chosen, Map<ConvAlgorithm, Double> seconds) {
    double ratio = seconds.get(algorithm) / seconds.get(chosen);
    if (algorithm == chosen) {
      boolean fastest = seconds.get(chosen) <= Collections.min(seconds.values());
      return fastest ? "the fastest" : "close to the fastest, and before it in the list";
    }
    return ratio >= 1
        ? String.format(Locale.ROOT, "%.2f times as long", ratio)
        : String.format(
            Locale.ROOT,
            "%.1f %% faster than %s, which is before it in the list: less than %.0f %%",
            100 * (1 - ratio),
            chosen,
            100 * MARGIN);
  }
}
