package lanewise.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import lanewise.bench.ProfiledStep.Kind;
import lanewise.bench.ProfiledStep.Piece;
import lanewise.choice.ConvChoice;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Theory;
import lanewise.tensor.Memory;

/// Runs a network and says where its time goes, operation by operation, beside what theory says.
///
/// Whole steps and steps timed piece by piece alternate, so that both see the same machine.
public final class Profiler {

  private static final int LEAST_REPETITIONS = 5;
  private static final Duration LEAST_WARM_UP = Duration.ofSeconds(8);

  private final ProfileOptions options;
  private final Consumer<String> progress;

  private Profiler(ProfileOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /// Profiles a network.
  ///
  /// @param progress is told what comes next, the memory that it takes before all
  /// @throws lanewise.error.MemoryBudgetException if it takes more than the budget; says how much,
  ///     before anything is run
  public static Profile profile(ProfileOptions options, Consumer<String> progress) {
    return new Profiler(options, progress).run();
  }

  private Profile run() {
    MemoryNeed need =
        MemoryNeed.of(
            options.network(),
            options.batch(),
            options.mode(),
            options.threads(),
            options.chooser());
    need.requireWithin(options.memoryBudget(), options.what());
    progress.accept(
        "%s: %s of memory (%s)".formatted(options.what(), Memory.text(need.bytes()), need.text()));
    progress.accept("measuring the machine's limits");
    MachinePeak peak = MachinePeak.measure(options.threads(), options.peak());
    progress.accept(peak.text());
    try (ProfiledStep step = new ProfiledStep(options)) {
      warmUp(step);
      progress.accept("measuring for %d s".formatted(options.measure().toSeconds()));
      return measured(step, need, peak);
    }
  }

  private void warmUp(ProfiledStep step) {
    Runnable both =
        () -> {
          step.runWhole();
          step.pieces().forEach(piece -> piece.run().run());
        };
    if (options.warmUp().isEmpty()) {
      progress.accept("warming up until all is compiled");
      WarmUp.run(both, LEAST_WARM_UP);
      return;
    }
    progress.accept("warming up for %d s".formatted(options.warmUp().get().toSeconds()));
    long end = System.nanoTime() + options.warmUp().get().toNanos();
    do {
      both.run();
    } while (System.nanoTime() < end);
  }

  private Profile measured(ProfiledStep step, MemoryNeed need, MachinePeak peak) {
    List<Piece> pieces = step.pieces();
    List<Double> whole = new ArrayList<>();
    List<double[]> apart = new ArrayList<>();
    long end = System.nanoTime() + options.measure().toNanos();
    while (whole.size() < LEAST_REPETITIONS || System.nanoTime() < end) {
      long start = System.nanoTime();
      step.runWhole();
      whole.add((System.nanoTime() - start) / 1e9);
      apart.add(timed(pieces));
    }
    Map<Kind, Timing> others = new EnumMap<>(Kind.class);
    List<Timing> forward = new ArrayList<>();
    List<Timing> backward = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      int piece = i;
      Timing timing = Timing.of(apart.stream().mapToDouble(times -> times[piece]).toArray());
      switch (pieces.get(i).kind()) {
        case FORWARD -> forward.add(timing);
        case BACKWARD -> backward.addFirst(timing);
        default -> others.put(pieces.get(i).kind(), timing);
      }
    }
    return new Profile(
        options,
        Machine.current(),
        peak,
        operations(step, forward, backward),
        others.get(Kind.INPUT),
        Optional.ofNullable(others.get(Kind.LOSS)),
        Optional.ofNullable(others.get(Kind.UPDATE)),
        Timing.of(whole.stream().mapToDouble(Double::doubleValue).toArray()),
        need,
        step.liveBytes());
  }

  private static double[] timed(List<Piece> pieces) {
    double[] seconds = new double[pieces.size()];
    for (int i = 0; i < seconds.length; i++) {
      Runnable run = pieces.get(i).run();
      long start = System.nanoTime();
      run.run();
      seconds[i] = (System.nanoTime() - start) / 1e9;
    }
    return seconds;
  }

  private List<OperationProfile> operations(
      ProfiledStep step, List<Timing> forward, List<Timing> backward) {
    Network network = options.network();
    Theory theory = Theory.of(network, Theory.Counting.FLOPS);
    List<OperationProfile> result = new ArrayList<>();
    for (int i = 0; i < step.program().operationCount(); i++) {
      String label = step.program().operationLabel(i);
      List<String> names = Theory.layersOf(label);
      Theory.Traffic traffic = theory.traffic(names, options.batch(), options.mode());
      long forwardFlops = 0;
      long backwardFlops = 0;
      for (String name : names) {
        forwardFlops += options.batch() * theory.layer(name).forwardOperations();
        backwardFlops += options.batch() * theory.layer(name).backwardOperations();
      }
      Optional<PassProfile> back =
          options.mode() == Mode.TRAINING
              ? Optional.of(new PassProfile(backward.get(i), backwardFlops, traffic.backward()))
              : Optional.empty();
      result.add(
          new OperationProfile(
              label,
              step.program().operationOutput(i),
              step.program().convChoice(i).map(ConvChoice::text),
              new PassProfile(forward.get(i), forwardFlops, traffic.forward()),
              back));
    }
    return result;
  }
}
