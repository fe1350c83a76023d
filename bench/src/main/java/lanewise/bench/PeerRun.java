package lanewise.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import lanewise.kernel.Cpu;
import lanewise.models.Models;

/// Measures ours and a peer by turns: training steps per model, convolutions per layer.
final class PeerRun {

  private static final int ROUNDS = 2;
  private static final double STEP_SECONDS = 10;
  private static final double LAYER_SECONDS = 2;

  /// Measures one benchmark of ours.
  @FunctionalInterface
  interface Ours {
    BenchResult run(Suite suite, String pass, String subject);
  }

  private final BenchOptions options;
  private final Consumer<String> progress;
  private final Ours ours;
  private final TorchPeer peer;
  private final int threads;
  private final Map<String, PeerResult> results = new LinkedHashMap<>();

  private PeerRun(BenchOptions options, Consumer<String> progress, Ours ours, TorchPeer peer) {
    this.options = options;
    this.progress = progress;
    this.ours = ours;
    this.peer = peer;
    threads = options.threads() == 0 ? Cpu.processors() : options.threads();
  }

  /// Whether a suite is measured against peers.
  static boolean covers(Suite suite) {
    return suite == Suite.TRAINING || suite == Suite.KERNEL;
  }

  /// The comparisons asked for; none where no peer is installed, which is said.
  static List<PeerResult> of(BenchOptions options, Consumer<String> progress, Ours ours) {
    Optional<TorchPeer> found = TorchPeer.find();
    if (found.isEmpty()) {
      progress.accept(TorchPeer.HOW_TO_INSTALL);
      return List.of();
    }
    try (TorchPeer peer = found.get()) {
      return new PeerRun(options, progress, ours, peer).run();
    }
  }

  private List<PeerResult> run() {
    if (options.suites().contains(Suite.TRAINING)) {
      for (String model :
          options.models().isEmpty() ? LayerCase.defaults(Suite.TRAINING) : options.models()) {
        for (int round = 0; round < ROUNDS; round++) {
          step(model);
        }
      }
    }
    if (options.suites().contains(Suite.KERNEL)) {
      for (LayerCase layer : layers()) {
        for (int round = 0; round < ROUNDS; round++) {
          layer(layer);
        }
      }
    }
    return List.copyOf(results.values());
  }

  private List<LayerCase> layers() {
    return options.models().isEmpty()
        ? LayerCase.defaults(Suite.KERNEL).stream().map(LayerCase::of).toList()
        : options.models().stream()
            .map(Models::create)
            .flatMap(network -> LayerCase.products(network).stream())
            .toList();
  }

  private void step(String model) {
    BenchResult our = ours.run(Suite.TRAINING, "step", model);
    progress.accept("%s, training step of %s".formatted(peer.name(), model));
    double their = peer.step(Models.create(model), our.batch(), threads, STEP_SECONDS);
    add("step", model, "images/s", our.figure(), their);
  }

  private void layer(LayerCase layer) {
    BenchResult forward = ours.run(Suite.KERNEL, "forward", layer.path());
    BenchResult weights = ours.run(Suite.KERNEL, "backwardWeights", layer.path());
    progress.accept("%s, %s".formatted(peer.name(), layer.path()));
    double[] their =
        peer.layer(
            layer.spec().orElseThrow(), layer.first(), forward.batch(), threads, LAYER_SECONDS);
    add("forward", layer.path(), "GFLOP/s", forward.figure(), their[0]);
    double backward = weights.figure();
    if (!layer.first()) {
      BenchResult data = ours.run(Suite.KERNEL, "backwardData", layer.path());
      backward = 2 / (1 / weights.figure() + 1 / data.figure()); // both passes of the same work
    }
    add("backward", layer.path(), "GFLOP/s", backward, their[1]);
  }

  private void add(String pass, String subject, String unit, double our, double their) {
    PeerResult before = results.get(pass + subject);
    List<Double> allOurs = new ArrayList<>(before == null ? List.of() : before.ours());
    List<Double> allTheirs = new ArrayList<>(before == null ? List.of() : before.theirs());
    allOurs.add(our);
    allTheirs.add(their);
    PeerResult result = new PeerResult(peer.name(), pass, subject, unit, allOurs, allTheirs);
    results.put(pass + subject, result);
    progress.accept(
        Text.format(
            "%s %s: ours %.1f, theirs %.1f %s, ratio %.2f",
            subject, pass, result.our(), result.their(), unit, result.ratio()));
  }
}
