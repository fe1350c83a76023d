package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.error.EnvironmentException;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvSpec;
import lanewise.layer.LocalResponseNorm;
import lanewise.network.Flow;
import lanewise.network.Network;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerRunTest {

  private final List<String> calls = new ArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private final Deque<Double> ours = new ArrayDeque<>();

  /// A peer with given figures that writes down what it is asked.
  private final class Fake implements Peer {
    private final String name;
    private final Set<Suite> suites;
    private final Deque<Double> figures;

    Fake(String name, Set<Suite> suites, Double... figures) {
      this.name = name;
      this.suites = suites;
      this.figures = new ArrayDeque<>(List.of(figures));
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Set<Suite> suites() {
      return suites;
    }

    @Override
    public void prepare(Network network) {
      if (name.equals("picky")) {
        throw new InvalidModelException("no layer bn");
      }
    }

    @Override
    public Optional<String> compareOutputs(
        Network network, int batch, int threads, ConvChooser chooser) {
      calls.add(name + " compares");
      return Optional.of("equal");
    }

    @Override
    public double model(Suite suite, Network network, int batch, int threads, double seconds) {
      calls.add("%s %s %s %d".formatted(name, suite, network.name(), batch));
      return figures.remove();
    }

    @Override
    public double[] layer(ConvSpec spec, boolean first, int batch, int threads, double seconds) {
      calls.add("%s %s %s %d".formatted(name, spec, first, batch));
      return new double[] {figures.remove(), figures.remove()};
    }

    @Override
    public void close() {
      calls.add(name + " closed");
    }
  }

  private List<PeerResult> run(Suite suite, String model, int batch, Peer... peers) {
    try (PeerRun run =
        new PeerRun(options(suite, model, batch), progress::add, this::our, List.of(peers))) {
      return run.run();
    }
  }

  private PeerRun.Measured our(Suite suite, String pass, String subject, int batch) {
    calls.add("ours %s %s %d".formatted(pass, subject, batch));
    return new PeerRun.Measured(batch == 0 ? 128 : batch, ours.remove());
  }

  private static BenchOptions options(Suite suite, String model, int batch) {
    return new BenchOptions(
        Set.of(suite),
        List.of(model),
        batch,
        2,
        false,
        Choosers.RULE,
        Path.of("unused"),
        Optional.empty(),
        Set.of(PeerKind.ONNXRUNTIME, PeerKind.DJL),
        Path.of("unused"),
        Optional.empty());
  }

  @Test
  void oursAndThePeersTakeTurns() {
    ours.addAll(List.of(30.0, 50.0));
    Peer slow = new Fake("slow", Set.of(Suite.TRAINING), 8.0, 12.0);
    Peer fast = new Fake("fast", Set.of(Suite.TRAINING), 80.0, 80.0);
    Peer other = new Fake("other", Set.of(Suite.INFERENCE));
    List<PeerResult> results = run(Suite.TRAINING, "resnet20", 0, slow, fast, other);
    assertThat(calls)
        .containsExactly(
            "ours step resnet20 0",
            "slow training resnet20 128",
            "fast training resnet20 128",
            "ours step resnet20 0",
            "slow training resnet20 128",
            "fast training resnet20 128",
            "slow closed",
            "fast closed",
            "other closed");
    assertThat(results).extracting(PeerResult::peer).containsExactly("slow", "fast");
    assertThat(results).extracting(PeerResult::ratio).containsExactly(4.0, 0.5);
    assertThat(results.get(0).json())
        .containsEntry("suite", "training")
        .containsEntry("batch", 128)
        .containsEntry("threads", 2)
        .containsEntry("ours", List.of(30.0, 50.0))
        .containsEntry("their_median", 10.0);
    assertThat(progress)
        .contains("resnet20, step, batch 128: ours 40.0, slow 10.0 images/s, ratio 4.00");
  }

  @Test
  void inferenceIsComparedAtTwoBatchesAfterItsOutputs() {
    ours.addAll(List.of(1.0, 1.0, 1.0, 1.0));
    Peer peer = new Fake("peer", Set.of(Suite.INFERENCE), 1.0, 1.0, 1.0, 1.0);
    assertThat(run(Suite.INFERENCE, "resnet20", 0, peer))
        .extracting(PeerResult::batch)
        .containsExactly(1, 64);
    assertThat(calls.subList(0, 5))
        .containsExactly(
            "ours batch resnet20 1",
            "peer compares",
            "peer inference resnet20 1",
            "ours batch resnet20 1",
            "peer inference resnet20 1");
    assertThat(ModelCase.inferenceBatches("resnet50-imagenet")).containsExactly(1, 8);
  }

  @Test
  void bothGradientsOfALayerCountTogether() {
    // Two rounds of forward, weights and data; lenet5 has five products, of which the first has no
    // gradient of its input.
    ours.addAll(List.of(5.0, 20.0, 5.0, 20.0));
    for (int i = 0; i < 8; i++) {
      ours.addAll(List.of(9.0, 30.0, 60.0));
    }
    Double[] theirs = new Double[20];
    Arrays.fill(theirs, 10.0);
    List<PeerResult> results =
        run(Suite.KERNEL, "lenet5", 3, new Fake("peer", Set.of(Suite.KERNEL), theirs));
    assertThat(results).hasSize(10);
    assertThat(results.get(0).ratio()).isEqualTo(0.5);
    assertThat(results.get(1).ratio()).as("first layer, backward").isEqualTo(2);
    assertThat(results.get(2).ratio()).isEqualTo(0.9);
    assertThat(results.get(3).ratio()).as("backward").isEqualTo(4);
    assertThat(calls)
        .contains("ours backwardData lenet5/conv2 3")
        .doesNotContain("ours backwardData lenet5/conv1 3");
  }

  @Test
  void aPeerThatLacksALayerLeavesTheModelOut() {
    ours.addAll(List.of(1.0, 1.0));
    Peer picky = new Fake("picky", Set.of(Suite.TRAINING));
    Peer other = new Fake("other", Set.of(Suite.TRAINING), 1.0, 1.0);
    assertThat(run(Suite.TRAINING, "resnet20", 0, picky, other))
        .extracting(PeerResult::peer)
        .containsExactly("other");
    assertThat(progress).contains("picky leaves resnet20 out: no layer bn");
  }

  @Test
  void peersThatAreMissingSayHowToInstallThem(@TempDir Path empty) {
    BenchOptions options =
        new BenchOptions(
            Set.of(Suite.INFERENCE),
            List.of("lenet5"),
            1,
            1,
            false,
            Choosers.RULE,
            empty,
            Optional.empty(),
            Set.of(PeerKind.ONNXRUNTIME, PeerKind.DJL),
            empty,
            Optional.empty());
    try (PeerRun run = PeerRun.of(options, empty, progress::add, this::our)) {
      assertThat(run.covers(Suite.INFERENCE)).as("so ours is measured alone").isFalse();
      assertThat(run.run()).isEmpty();
    }
    assertThat(progress).containsExactly(JavaPeer.HOW_TO_INSTALL);
    assertThat(JavaPeer.HOW_TO_INSTALL).contains("mvn -q -Ppeers");
  }

  @Test
  void peersThatDoNotStartAreLeftOut(@TempDir Path folder) throws Exception {
    Files.write(folder.resolve("lanewise-peers.jar"), new byte[0]);
    try (PeerRun run =
        PeerRun.of(options(Suite.INFERENCE, "lenet5", 1), folder, progress::add, this::our)) {
      assertThat(run.covers(Suite.INFERENCE)).isFalse();
      assertThat(progress)
          .anyMatch(line -> line.startsWith("OnnxRuntimePeer failed with exit code 1: "))
          .allMatch(line -> line.endsWith("going on without"));
    }
  }

  @Test
  void aProgramThatFailsIsQuoted() {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    assertThatThrownBy(() -> PeerProcess.ask("P", List.of(java, "NoSuchMain"), Map.of()))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("P failed with exit code 1: ")
        .hasMessageContaining("NoSuchMain");
    assertThatThrownBy(() -> PeerProcess.ask("P", List.of("no-such-program"), Map.of()))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("P did not start: ");
    assertThatThrownBy(() -> PeerProcess.ask("P", List.of(java, "--version"), Map.of()))
        .isInstanceOf(EnvironmentException.class)
        .hasMessageContaining("P gave no figures: ");
    assertThatThrownBy(() -> PeerProcess.figure("P", Map.of("a", "b"), "a"))
        .isInstanceOf(EnvironmentException.class)
        .hasMessage("P gave no figures: no a");
  }

  @Test
  void outputsThatAreNotNumbersAreInfinitelyFarApart() {
    float[] ours = {1, -4};
    assertThat(OnnxRuntime.distance(ours, new float[] {1.5f, -4})).isEqualTo(0.125);
    assertThat(OnnxRuntime.distance(ours, new float[] {1, Float.NaN})).isInfinite();
    assertThat(OnnxRuntime.distance(ours, new float[] {1})).isInfinite();
    assertThat(OnnxRuntime.distance(new float[2], new float[2])).isNaN();
  }

  @Test
  void aNetworkThatDjlCannotBuildNamesTheLayer() {
    Network network = Flow.input(8, 4, 4).then(new LocalResponseNorm(5, 1, 1, 1)).network("n");
    Peer djl = new DeepJavaLibrary(new JavaPeer("DJL", Path.of("unused"), "Unused"));
    assertThatThrownBy(() -> djl.prepare(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("DJL has no local response normalization (layer lrn1)");
  }
}
