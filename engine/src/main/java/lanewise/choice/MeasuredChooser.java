package lanewise.choice;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.LongSupplier;
import lanewise.choice.PassChoice.Verdict;
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
  }

  MeasuredChooser(Optional<TimesFile> file, Listener listener, LongSupplier clock) {
    this.file = file;
    this.listener = listener;
    this.clock = clock;
    file.ifPresent(f -> times.putAll(f.read()));
  }

  /// A chooser that forgets with the process.
  public static MeasuredChooser inMemory() {
    return new MeasuredChooser(Optional.empty(), new Listener() {}, System::nanoTime);
  }

  /// A chooser that remembers in a file. One that is damaged or from another processor or version
  /// is ignored and written anew; several processes may share it.
  ///
  /// @param file need not exist, nor its folder
  public static MeasuredChooser remembering(Path file, Listener listener) {
    return new MeasuredChooser(Optional.of(new TimesFile(file)), listener, System::nanoTime);
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
              String key = key(problem, pass);
              times.put(key, save(key, measure(problem.candidates(pass), pass, trial)));
              return remembered(problem, pass).orElseThrow();
            });
  }

  /// What [#choose] would choose without measuring; empty if it would have to.
  public synchronized Optional<PassChoice> remembered(ConvProblem problem, ConvPass pass) {
    List<ConvAlgorithm> candidates = problem.candidates(pass);
    if (candidates.size() == 1) {
      return Optional.of(
          PassChoice.unmeasured(problem, pass, candidates.getFirst(), _ -> "all others refuse"));
    }
    Map<ConvAlgorithm, Long> found = times.get(key(problem, pass));
    return found == null || !found.keySet().equals(Set.copyOf(candidates))
        ? Optional.empty()
        : Optional.of(choice(problem, pass, candidates, found));
  }

  private static String key(ConvProblem problem, ConvPass pass) {
    return problem + ", " + pass;
  }

  private Map<ConvAlgorithm, Long> measure(
      List<ConvAlgorithm> candidates, ConvPass pass, Trial trial) {
    List<Runnable> rivals = candidates.stream().map(a -> trial.with(a, pass)).toList();
    // known.add is false for what was there before
    List<Boolean> before = candidates.stream().map(a -> !known.add(List.of(a, pass))).toList();
    long[] nanos = new Contest(clock, rivals, before).run();
    Map<ConvAlgorithm, Long> result = new EnumMap<>(ConvAlgorithm.class);
    for (int i = 0; i < nanos.length; i++) {
      result.put(candidates.get(i), nanos[i]);
    }
    return result;
  }

  /// What counts from now on: another process may have been faster.
  private Map<ConvAlgorithm, Long> save(String key, Map<ConvAlgorithm, Long> measured) {
    if (file.isEmpty() || !saves) {
      return measured;
    }
    try {
      return file.get().add(key, measured);
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
    ConvAlgorithm first = candidates.getFirst();
    for (ConvAlgorithm algorithm : candidates) {
      if (nanos.get(algorithm) < (1 - MARGIN) * nanos.get(first)) {
        first = algorithm;
      }
    }
    ConvAlgorithm chosen = first;
    return PassChoice.of(
        problem,
        pass,
        chosen,
        algorithm ->
            new Verdict(
                algorithm,
                OptionalDouble.of(nanos.get(algorithm) * 1e-9),
                reason(algorithm, chosen, (double) nanos.get(algorithm) / nanos.get(chosen))));
  }

  /// @param ratio its time over that of the one that was chosen
  private static String reason(ConvAlgorithm algorithm, ConvAlgorithm chosen, double ratio) {
    if (algorithm == chosen) {
      return "the fastest, or close to it and first in the list";
    }
    return ratio >= 1
        ? "%.2f times as long".formatted(ratio)
        : "%.1f %% faster than %s, less than the %.0f %% that it takes"
            .formatted(100 * (1 - ratio), chosen, 100 * MARGIN);
  }
}
