package lanewise.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.choice.MeasuredChooser;
import lanewise.error.EnvironmentException;
import lanewise.error.InvalidModelException;
import lanewise.kernel.Cpu;
import lanewise.models.Models;
import lanewise.network.Network;

/// Measures ours and the peers by turns: training steps and inference per model, convolutions per
/// layer.
final class PeerRun implements AutoCloseable {

  private static final int ROUNDS = 2;
  private static final double TRAINING_SECONDS = 10;
  private static final double INFERENCE_SECONDS = 5;
  private static final double LAYER_SECONDS = 2;

  /// A measurement of ours.
  ///
  /// @param batch images at a time
  /// @param figure median over the iterations, in [BenchResult#unit]
  record Measured(int batch, double figure) {}

  /// Measures one benchmark of ours.
  @FunctionalInterface
  interface Ours {
    /// @param pass name of the benchmark's method
    /// @param batch 0 for what the subject is usually measured with
    Measured run(Suite suite, String pass, String subject, int batch);
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

  private void model(Suite suite, String pass, String model, int batch) {
    Network network = Models.create(model);
    List<Peer> able = able(suite, network);
    List<Double> our = new ArrayList<>();
    List<List<Double>> their = new ArrayList<>();
    able.forEach(_ -> their.add(new ArrayList<>()));
    int images = batch;
    for (int round = 0; round < ROUNDS; round++) {
      Measured result = ours.run(suite, suite == Suite.TRAINING ? "step" : "batch", model, batch);
      images = result.batch();
      our.add(result.figure());
      for (int i = 0; i < able.size(); i++) {
        Peer peer = able.get(i);
        if (round == 0 && suite == Suite.INFERENCE) {
          peer.compareOutputs(network, images, threads, chooser())
              .ifPresent(found -> progress.accept(peer.name() + ", " + model + ": " + found));
        }
        progress.accept("%s, %s of %s, batch %d".formatted(peer.name(), pass, model, images));
        double seconds = suite == Suite.TRAINING ? TRAINING_SECONDS : INFERENCE_SECONDS;
        their.get(i).add(peer.model(suite, network, images, threads, seconds));
      }
    }
    for (int i = 0; i < able.size(); i++) {
      add(able.get(i), suite, pass, model, images, "images/s", our, their.get(i));
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
    for (Peer peer : peers) {
      if (peer.suites().contains(Suite.KERNEL)) {
        layer(layer, peer);
      }
    }
  }

  private void layer(LayerCase layer, Peer peer) {
    List<List<Double>> our = List.of(new ArrayList<>(), new ArrayList<>());
    List<List<Double>> their = List.of(new ArrayList<>(), new ArrayList<>());
    int batch = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Measured forward = ours.run(Suite.KERNEL, "forward", layer.path(), options.batch());
      our.get(0).add(forward.figure());
      our.get(1).add(backward(layer));
      batch = forward.batch();
      progress.accept("%s, %s, batch %d".formatted(peer.name(), layer.path(), batch));
      double[] figures =
          peer.layer(layer.spec().orElseThrow(), layer.first(), batch, threads, LAYER_SECONDS);
      their.get(0).add(figures[0]);
      their.get(1).add(figures[1]);
    }
    String[] passes = {"forward", "backward"};
    for (int pass = 0; pass < passes.length; pass++) {
      add(
          peer,
          Suite.KERNEL,
          passes[pass],
          layer.path(),
          batch,
          "GFLOP/s",
          our.get(pass),
          their.get(pass));
    }
  }

  /// GFLOP/s of both gradients together, or of the weights' alone where nobody wants the other.
  private double backward(LayerCase layer) {
    double weights =
        ours.run(Suite.KERNEL, "backwardWeights", layer.path(), options.batch()).figure();
    if (layer.first()) {
      return weights;
    }
    double data = ours.run(Suite.KERNEL, "backwardData", layer.path(), options.batch()).figure();
    return 2 / (1 / weights + 1 / data); // both passes are of the same work
  }

  private void add(
      Peer peer,
      Suite suite,
      String pass,
      String subject,
      int batch,
      String unit,
      List<Double> our,
      List<Double> their) {
    PeerResult result =
        new PeerResult(peer.name(), suite, pass, subject, batch, threads, unit, our, their);
    results.add(result);
    progress.accept(result.text());
  }

  @Override
  public void close() {
    peers.forEach(Peer::close);
  }
}
