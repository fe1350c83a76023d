package lanewise.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.choice.MeasuredChooser;
import lanewise.error.EnvironmentException;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.models.Models;
import lanewise.network.Network;

/// Measures ours and the peers by turns: training steps and inference per model, convolutions per
/// layer. Turns are short, since the speed of a machine that others share changes within seconds.
final class PeerRun implements AutoCloseable {

  private static final int ROUNDS = 9;

  /// Until the threads of the side whose turn it was no longer wait for work awake.
  private static final long PAUSE_MILLIS = 20;

  /// Starts ours.
  @FunctionalInterface
  interface Ours {
    Contestant start(Suite suite, String subject, int batch, int threads);
  }

  private final BenchOptions options;
  private final Consumer<String> progress;
  private final Ours ours;
  private final List<Peer> peers;
  private final int threads;
  private final List<PeerResult> results = new ArrayList<>();

  PeerRun(BenchOptions options, Consumer<String> progress, Ours ours, List<Peer> peers) {
    this.options = options;
    this.progress = progress;
    this.ours = ours;
    this.peers = List.copyOf(peers);
    threads = options.threads() == 0 ? Cpu.processors() : options.threads();
  }

  /// Those of the peers asked for that are installed; for the others it is said how.
  ///
  /// @param folder of the peers that run on Java
  static PeerRun of(BenchOptions options, Path folder, Consumer<String> progress, Ours ours) {
    List<Peer> found = new ArrayList<>();
    Set<String> missing = new LinkedHashSet<>();
    for (PeerKind kind : PeerKind.values()) {
      if (options.peers().contains(kind)) {
        try {
          Optional<Peer> peer = kind.find(folder);
          peer.ifPresentOrElse(found::add, () -> missing.add(kind.howToInstall()));
        } catch (EnvironmentException e) {
          missing.add(e.getMessage() + "; going on without");
        }
      }
    }
    missing.forEach(progress);
    return new PeerRun(options, progress, ours, found);
  }

  /// Whether there is a peer for a suite.
  boolean covers(Suite suite) {
    return peers.stream().anyMatch(peer -> peer.suites().contains(suite));
  }

  /// Measures the suites asked for that there is a peer for.
  List<PeerResult> run() {
    if (asked(Suite.TRAINING)) {
      models(Suite.TRAINING)
          .forEach(model -> model(Suite.TRAINING, "step", model, options.batch()));
    }
    if (asked(Suite.INFERENCE)) {
      for (String model : models(Suite.INFERENCE)) {
        for (int batch : batches(model)) {
          model(Suite.INFERENCE, "inference", model, batch);
        }
      }
    }
    if (asked(Suite.KERNEL)) {
      layers().forEach(this::layer);
    }
    return List.copyOf(results);
  }

  private boolean asked(Suite suite) {
    return options.suites().contains(suite) && covers(suite);
  }

  private List<String> models(Suite suite) {
    if (!options.models().isEmpty()) {
      return options.models();
    }
    List<String> models = new ArrayList<>(LayerCase.defaults(suite));
    if (suite == Suite.INFERENCE) {
      models.addAll(ModelCase.LARGE_INFERENCE);
    }
    return models;
  }

  private List<Integer> batches(String model) {
    return options.batch() > 0 ? List.of(options.batch()) : ModelCase.inferenceBatches(model);
  }

  private List<LayerCase> layers() {
    return options.models().isEmpty()
        ? LayerCase.defaults(Suite.KERNEL).stream().map(LayerCase::of).toList()
        : options.models().stream()
            .map(Models::create)
            .flatMap(network -> LayerCase.products(network).stream())
            .toList();
  }

  private void model(Suite suite, String pass, String model, int asked) {
    Network network = Models.create(model);
    int batch = asked > 0 ? asked : ModelCase.defaultBatch(model);
    List<Peer> able = able(suite, network);
    if (able.isEmpty()) {
      return;
    }
    progress.accept("%s, %s, batch %d: warming up".formatted(model, pass, batch));
    try (Contestant our = ours.start(suite, model, batch, threads)) {
      for (Peer peer : able) {
        if (suite == Suite.INFERENCE) { // after ours, which has then measured its algorithms
          peer.compareOutputs(network, batch, threads, chooser())
              .ifPresent(found -> progress.accept(peer.name() + ", " + model + ": " + found));
        }
        try (Contestant their = peer.model(suite, network, batch, threads)) {
          contest(peer, suite, List.of(pass), model, batch, our, their);
        }
      }
    }
  }

  /// How ours chose when it was measured: by the times that it left in the file.
  private ConvChooser chooser() {
    return Choosers.of(options.algorithm(), options.times(), new MeasuredChooser.Listener() {});
  }

  /// The peers that know all layers of a network; why another does not is said.
  private List<Peer> able(Suite suite, Network network) {
    List<Peer> able = new ArrayList<>();
    for (Peer peer : peers) {
      if (peer.suites().contains(suite)) {
        try {
          peer.prepare(network);
          able.add(peer);
        } catch (InvalidModelException e) {
          progress.accept(
              "%s leaves %s out: %s".formatted(peer.name(), network.name(), e.getMessage()));
        }
      }
    }
    return able;
  }

  private void layer(LayerCase layer) {
    int batch = options.batch() > 0 ? options.batch() : ModelCase.defaultBatch(layer.model());
    progress.accept("%s, batch %d: warming up".formatted(layer.path(), batch));
    try (Contestant our = ours.start(Suite.KERNEL, layer.path(), batch, threads)) {
      for (Peer peer : peers) {
        if (peer.suites().contains(Suite.KERNEL)) {
          ConvSpec spec = layer.spec().orElseThrow();
          try (Contestant their = peer.layer(spec, layer.first(), batch, threads)) {
            List<String> passes = List.of("forward", "backward");
            contest(peer, Suite.KERNEL, passes, layer.path(), batch, our, their);
          }
        }
      }
    }
  }

  private void contest(
      Peer peer,
      Suite suite,
      List<String> passes,
      String subject,
      int batch,
      Contestant our,
      Contestant their) {
    List<List<List<Double>>> ourTurns = new ArrayList<>();
    List<List<List<Double>>> theirTurns = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      ourTurns.add(turn(our, seconds(suite)));
      theirTurns.add(turn(their, seconds(suite)));
    }
    for (int pass = 0; pass < passes.size(); pass++) {
      PeerResult result =
          new PeerResult(
              peer.name(),
              suite,
              passes.get(pass),
              subject,
              batch,
              threads,
              BenchReport.unit(suite),
              best(ourTurns, pass),
              best(theirTurns, pass));
      results.add(result);
      progress.accept(result.text());
    }
  }

  /// About how long a turn takes.
  private static double seconds(Suite suite) {
    return switch (suite) {
      case TRAINING -> 2;
      case INFERENCE -> 1;
      default -> 0.4;
    };
  }

  private static List<List<Double>> turn(Contestant contestant, double seconds) {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentException("interrupted between two turns");
    }
    return contestant.turn(seconds);
  }

  /// The rates, by turn, of the variant with the highest median.
  private static List<Double> best(List<List<List<Double>>> turns, int pass) {
    return IntStream.range(0, turns.getFirst().size())
        .mapToObj(variant -> turns.stream().map(turn -> turn.get(variant).get(pass)).toList())
        .max(Comparator.comparingDouble(PeerResult::median))
        .orElseThrow();
  }

  @Override
  public void close() {
    peers.forEach(Peer::close);
  }
}
