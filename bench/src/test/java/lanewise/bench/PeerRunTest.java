package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.error.EnvironmentException;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvSpec;
import lanewise.layer.LocalResponseNorm;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerRunTest {

  private static final int TURNS = 9;

  private final List<String> calls = new ArrayList<>();
  private final List<String> progress = new ArrayList<>();

  /// One side with given rates by variant and turn, that writes down its turns.
  private record Given(List<String> calls, String name, List<Deque<List<Double>>> variants)
      implements Contestant {

    @Override
    public List<List<Double>> turn(double seconds) {
      calls.add(name + " turn");
      return variants.stream().map(Deque::remove).toList();
    }

    @Override
    public void close() {
      calls.add(name + " end");
    }
  }

  /// Turns of one pass that are 1, 2, ... times as good.
  private static Deque<List<Double>> growing(double first) {
    return IntStream.rangeClosed(1, TURNS)
        .mapToObj(i -> List.of(i * first))
        .collect(Collectors.toCollection(ArrayDeque::new));
  }

  private static Deque<List<Double>> always(Double... passes) {
    return new ArrayDeque<>(Collections.nCopies(TURNS, List.of(passes)));
  }

  /// A peer with given figures that writes down what it is asked.
  private final class Fake implements Peer {
    private final String name;
    private final Set<Suite> suites;
    private final Supplier<List<Deque<List<Double>>>> variants;

    Fake(String name, Set<Suite> suites, Supplier<List<Deque<List<Double>>>> variants) {
      this.name = name;
      this.suites = suites;
      this.variants = variants;
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
    public Contestant model(Suite suite, Network network, int batch, int threads) {
      calls.add("%s %s %s %d %d".formatted(name, suite, network.name(), batch, threads));
      return new Given(calls, name, variants.get());
    }

    @Override
    public Contestant layer(ConvSpec spec, boolean first, int batch, int threads) {
      calls.add("%s %s %s %d".formatted(name, spec, first, batch));
      return new Given(calls, name, variants.get());
    }

    @Override
    public void close() {
      calls.add(name + " closed");
    }
  }

  private List<PeerResult> run(
      Suite suite, String model, int batch, Deque<List<Double>> ours, Peer... peers) {
    PeerRun.Ours our =
        (asked, subject, images, threads) -> {
          calls.add("ours %s %s %d %d".formatted(asked, subject, images, threads));
          return new Given(calls, "ours", List.of(new ArrayDeque<>(ours)));
        };
    try (PeerRun run =
        new PeerRun(options(suite, model, batch), progress::add, our, List.of(peers))) {
      return run.run();
    }
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
  void oursAndThePeerTakeTurns() {
    Peer peer = new Fake("peer", Set.of(Suite.TRAINING), () -> List.of(growing(2)));
    Peer other = new Fake("other", Set.of(Suite.INFERENCE), List::of);
    List<PeerResult> results = run(Suite.TRAINING, "resnet20", 0, growing(8), peer, other);
    assertThat(calls.subList(0, 6))
        .containsExactly(
            "ours training resnet20 128 2",
            "peer training resnet20 128 2",
            "ours turn",
            "peer turn",
            "ours turn",
            "peer turn");
    assertThat(calls.subList(2 + 2 * TURNS, calls.size()))
        .containsExactly("peer end", "ours end", "peer closed", "other closed");
    assertThat(results).hasSize(1);
    assertThat(results.getFirst().json())
        .containsEntry("peer", "peer")
        .containsEntry("suite", "training")
        .containsEntry("batch", 128)
        .containsEntry("threads", 2)
        .containsEntry("our_median", 40.0)
        .containsEntry("their_median", 10.0)
        .containsEntry("ratio_lower_quartile", 4.0);
    assertThat(progress)
        .contains(
            "resnet20, step, batch 128: ours 40.0, peer 10.0 images/s, ratio 4.00 (4.00 to 4.00)");
  }

  @Test
  void thePeersBetterVariantCounts() {
    Peer peer = new Fake("peer", Set.of(Suite.TRAINING), () -> List.of(always(3.0), always(5.0)));
    assertThat(run(Suite.TRAINING, "resnet20", 0, always(10.0), peer))
        .extracting(PeerResult::ratio)
        .containsExactly(2.0);
  }

  @Test
  void theMiddleHalfOfTheTurnsSaysHowSureTheRatioIs() {
    Peer peer = new Fake("peer", Set.of(Suite.TRAINING), () -> List.of(always(2.0)));
    PeerResult result = run(Suite.TRAINING, "resnet20", 0, growing(2), peer).getFirst();
    assertThat(result.ratio()).isEqualTo(5);
    assertThat(result.lowerRatio()).isEqualTo(3);
    assertThat(result.upperRatio()).isEqualTo(7);
  }

  @Test
  void inferenceIsComparedAtTwoBatchesAfterItsOutputs() {
    Peer peer = new Fake("peer", Set.of(Suite.INFERENCE), () -> List.of(always(1.0)));
    assertThat(run(Suite.INFERENCE, "resnet20", 0, always(1.0), peer))
        .extracting(PeerResult::batch)
        .containsExactly(1, 64);
    assertThat(calls.subList(0, 4))
        .containsExactly(
            "ours inference resnet20 1 2",
            "peer compares",
            "peer inference resnet20 1 2",
            "ours turn");
    assertThat(ModelCase.inferenceBatches("resnet50-imagenet")).containsExactly(1, 8);
  }

  @Test
  void everyLayerOfAModelIsComparedInBothDirections() {
    Peer peer = new Fake("peer", Set.of(Suite.KERNEL), () -> List.of(always(10.0, 20.0)));
    List<PeerResult> results = run(Suite.KERNEL, "lenet5", 3, always(5.0, 60.0), peer);
    assertThat(results).hasSize(10);
    assertThat(results.subList(0, 2))
        .extracting(PeerResult::pass)
        .containsExactly("forward", "backward");
    assertThat(results.get(0).ratio()).isEqualTo(0.5);
    assertThat(results.get(1).ratio()).isEqualTo(3);
    assertThat(calls)
        .contains("ours kernel lenet5/conv2 3 2")
        .anyMatch(call -> call.startsWith("peer ") && call.endsWith(" true 3"))
        .anyMatch(call -> call.startsWith("peer ") && call.endsWith(" false 3"));
  }

  @Test
  void aPeerThatLacksALayerLeavesTheModelOut() {
    Peer picky = new Fake("picky", Set.of(Suite.TRAINING), List::of);
    Peer other = new Fake("other", Set.of(Suite.TRAINING), () -> List.of(always(1.0)));
    assertThat(run(Suite.TRAINING, "resnet20", 0, always(1.0), picky, other))
        .extracting(PeerResult::peer)
        .containsExactly("other");
    assertThat(progress).contains("picky leaves resnet20 out: no layer bn");
    calls.clear();
    assertThat(run(Suite.TRAINING, "resnet20", 0, always(1.0), picky)).isEmpty();
    assertThat(calls).as("nothing to compare ours with").containsExactly("picky closed");
  }

  private static Contestant nobody(Suite suite, String subject, int batch, int threads) {
    throw new AssertionError("ours is not asked for");
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
    try (PeerRun run = PeerRun.of(options, empty, progress::add, PeerRunTest::nobody)) {
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
        PeerRun.of(
            options(Suite.INFERENCE, "lenet5", 1), folder, progress::add, PeerRunTest::nobody)) {
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
  }

  @Test
  void oursAnswersTurnByTurn() throws Exception {
    assertThat(answers(Suite.TRAINING, "lenet5")).hasSize(1).allMatch(rate -> rate > 0);
    assertThat(answers(Suite.INFERENCE, "lenet5")).hasSize(1).allMatch(rate -> rate > 0);
    assertThat(answers(Suite.KERNEL, "lenet5/conv2")).hasSize(2).allMatch(rate -> rate > 0);
  }

  /// The rates that the program answers after it said that it is ready.
  private static List<Double> answers(Suite suite, String subject) throws Exception {
    Map<String, Object> request =
        Map.of(
            "suite",
            suite.name(),
            "subject",
            subject,
            "batch",
            1,
            "threads",
            1,
            "warm_up",
            0.01,
            "algorithm",
            Choosers.RULE);
    String lines = Json.write(request) + "\n{\"seconds\": 0.01}\n";
    StringWriter answers = new StringWriter();
    ContestantProgram.answer(new BufferedReader(new StringReader(lines)), answers);
    List<String> found = answers.toString().lines().toList();
    assertThat(found).hasSize(2);
    assertThat(Json.parseObject(found.get(0))).containsEntry("ready", true);
    List<?> variants = (List<?>) Json.parseObject(found.get(1)).get("rates");
    assertThat(variants).hasSize(1);
    return ((List<?>) variants.getFirst()).stream().map(Double.class::cast).toList();
  }

  /// A program that says `{"ready": true}` and then answers like this.
  private static Contestant program(Path folder, String answer) throws Exception {
    Path script = folder.resolve("script.sh");
    Files.writeString(script, "read r; echo '{\"ready\": true}'; read r; echo '" + answer + "'\n");
    return ContestantProcess.start(
        "P", List.of("sh", script.toString()), Map.of("task", "x"), List.of(10.0, 2.0));
  }

  @Test
  void ratesAreGivenInUnits(@TempDir Path folder) throws Exception {
    try (Contestant contestant = program(folder, "{\"rates\": [[1.5, 3.5], [2, 4]]}")) {
      assertThat(contestant.turn(1)).containsExactly(List.of(15.0, 7.0), List.of(20.0, 8.0));
      assertThatThrownBy(() -> contestant.turn(1))
          .isInstanceOf(EnvironmentException.class)
          .hasMessage("P failed with exit code 0: no reason given");
    }
    for (String answer : List.of("{}", "{\"rates\": [[1]]}", "{\"rates\": [3]}")) {
      try (Contestant contestant = program(folder, answer)) {
        assertThatThrownBy(() -> contestant.turn(1))
            .isInstanceOf(EnvironmentException.class)
            .hasMessageStartingWith("P gave no figures: ");
      }
    }
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
