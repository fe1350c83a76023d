package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.storage.Json;
import lanewise.storage.JsonException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MeasuredChooserTest {

  private static final ConvProblem PROBLEM =
      new ConvProblem(new ConvSpec(64, 16, 16, 64, 3, 3, 1, 1, 1), false, false, 8, 2);

  @TempDir Path folder;

  private Path file;
  private final FakeWork clock = new FakeWork();
  private final List<String> told = new ArrayList<>();
  private final Map<ConvAlgorithm, Long> nanos = new EnumMap<>(ConvAlgorithm.class);

  private final MeasuredChooser.Listener listener =
      new MeasuredChooser.Listener() {
        @Override
        public void measuring(ConvProblem problem, ConvPass pass) {
          told.add("measuring " + pass);
        }

        @Override
        public void unsettled(ConvProblem problem, ConvPass pass) {
          told.add("unsettled " + pass);
        }

        @Override
        public void notSaved(String reason) {
          told.add(reason);
        }
      };

  @BeforeEach
  void setUp() {
    file = folder.resolve("cache/convolutions.json");
    nanos.put(ConvAlgorithm.WINOGRAD, 2_000_000L);
    nanos.put(ConvAlgorithm.IM2COL, 6_000_000L);
    nanos.put(ConvAlgorithm.DIRECT, 4_000_000L);
  }

  private MeasuredChooser chooser() {
    return new MeasuredChooser(Optional.of(new TimesFile(file)), listener, clock, () -> false);
  }

  private Runnable trial(ConvAlgorithm algorithm, ConvPass pass) {
    return clock.of(nanos.get(algorithm));
  }

  private PassChoice choose(MeasuredChooser chooser) {
    return chooser.choose(PROBLEM, ConvPass.FORWARD, this::trial);
  }

  @Test
  void theFastestIsTakenAndTheOthersSayWhyNot() {
    PassChoice choice = choose(chooser());
    assertThat(choice.chosen()).isEqualTo(ConvAlgorithm.WINOGRAD);
    assertThat(choice.verdicts())
        .map(v -> "%s %s %s %s".formatted(v.algorithm(), v.outcome(), v.seconds(), v.reason()))
        .containsExactly(
            "winograd chosen OptionalDouble[0.002] the fastest",
            "im2col lost OptionalDouble[0.006] 3.00 times as long",
            "chwn refused OptionalDouble.empty more than 16 channels and filters",
            "first refused OptionalDouble.empty more than 8 input channels",
            "direct lost OptionalDouble[0.004] 2.00 times as long");
    nanos.put(ConvAlgorithm.WINOGRAD, 5_000_000L);
    PassChoice other = chooser().choose(PROBLEM, ConvPass.BACKWARD_DATA, this::trial);
    assertThat(other.chosen()).isEqualTo(ConvAlgorithm.DIRECT);
  }

  @Test
  void aLeadOfLessThanFivePercentDoesNotPassOverWhatComesFirst() {
    nanos.put(ConvAlgorithm.DIRECT, 1_920_000L);
    PassChoice choice = choose(chooser());
    assertThat(choice.chosen()).isEqualTo(ConvAlgorithm.WINOGRAD);
    assertThat(choice.verdicts().getFirst().reason())
        .isEqualTo("close to the fastest, and before it in the list");
    assertThat(choice.verdicts().getLast().reason())
        .isEqualTo("4.0 % faster than winograd, which is before it in the list: less than 5 %");
  }

  @Test
  void nothingIsMeasuredTwice() {
    MeasuredChooser chooser = chooser();
    PassChoice first = choose(chooser);
    nanos.clear(); // a trial would fail
    assertThat(choose(chooser)).isEqualTo(first);
    assertThat(choose(chooser())).isEqualTo(first);
    assertThat(told).containsExactly("measuring forward");
  }

  @Test
  void whatMattersForTheSpeedIsMeasuredAnew() {
    MeasuredChooser chooser = chooser();
    choose(chooser);
    ConvSpec spec = PROBLEM.spec();
    Stream.of(
            new ConvProblem(spec, false, false, 9, 2),
            new ConvProblem(spec, false, false, 8, 1),
            new ConvProblem(new ConvSpec(64, 16, 16, 65, 3, 3, 1, 1, 1), false, false, 8, 2))
        .forEach(problem -> chooser.choose(problem, ConvPass.FORWARD, this::trial));
    chooser.choose(PROBLEM, ConvPass.BACKWARD_WEIGHTS, this::trial);
    assertThat(told).hasSize(5);
  }

  /// Register tiles of the same sizes are compiled already, others are not.
  @Test
  void anAlgorithmIsNewWhereItNeedsOtherRegisterTiles() {
    MeasuredChooser chooser = chooser();
    choose(chooser);
    ConvChooser.Trial cold =
        (algorithm, pass) ->
            algorithm == ConvAlgorithm.DIRECT
                ? clock.of(spent -> spent < 200_000_000 ? 5_000_000 : 1_000_000)
                : trial(algorithm, pass);
    ConvProblem same = new ConvProblem(PROBLEM.spec(), false, false, 9, 2);
    assertThat(chooser.choose(same, ConvPass.FORWARD, cold).chosen())
        .isEqualTo(ConvAlgorithm.WINOGRAD);
    ConvSpec others = new ConvSpec(64, 16, 16, 72, 3, 3, 1, 1, 1);
    ConvProblem other = new ConvProblem(others, false, false, 8, 2);
    assertThat(chooser.choose(other, ConvPass.FORWARD, cold).chosen())
        .isEqualTo(ConvAlgorithm.DIRECT);
  }

  @Test
  void whereOneCanRunAloneNothingIsMeasured() {
    nanos.clear();
    ConvProblem grouped =
        new ConvProblem(new ConvSpec(64, 16, 16, 64, 3, 3, 1, 1, 2), false, false, 8, 2);
    PassChoice choice = chooser().choose(grouped, ConvPass.BACKWARD_DATA, this::trial);
    assertThat(choice.chosen()).isEqualTo(ConvAlgorithm.DIRECT);
    assertThat(choice.verdicts().getFirst().reason()).isEqualTo("groups");
    assertThat(told).isEmpty();
    assertThat(file).doesNotExist();
  }

  static Stream<String> damages() {
    return Stream.of(
        "",
        "{",
        "[]",
        "null",
        "\u0000\u0001",
        "REPLACE lanewise convolution times WITH something else",
        "REPLACE \"kernels\": WITH \"kernels\": 0, \"before\":",
        "REPLACE \"processor\": \" WITH \"processor\": \"Another ",
        "REPLACE \"winograd\" WITH \"bogus\"",
        "REPLACE 2000000 WITH -1",
        "REPLACE 2000000 WITH 2.5",
        "REPLACE 2000000 WITH \"fast\"",
        "REPLACE nanoseconds WITH seconds");
  }

  @ParameterizedTest
  @MethodSource("damages")
  void aDamagedOrForeignFileIsIgnoredAndRebuilt(String damage) throws IOException {
    choose(chooser());
    String sound = Files.readString(file);
    String[] parts = damage.replace("REPLACE ", "").split(" WITH ", -1);
    String damaged = parts.length == 1 ? damage : sound.replace(parts[0], parts[1]);
    assertThat(damaged).isNotEqualTo(sound);
    Files.writeString(file, damaged);
    choose(chooser());
    assertThat(told).containsExactly("measuring forward", "measuring forward");
    assertThat(file).hasContent(sound);
  }

  @Test
  void aFileThatIsNoTextIsIgnoredAndRebuilt() throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[] {(byte) 0xC3, 0x28, (byte) 0xFF});
    choose(chooser());
    choose(chooser());
    assertThat(told).containsExactly("measuring forward");
  }

  @Test
  void whereNothingCanBeWrittenItSaysSoOnceAndChoosesAllTheSame() throws IOException {
    Files.writeString(folder.resolve("cache"), "a file where the folder should be");
    MeasuredChooser chooser = chooser();
    assertThat(choose(chooser).chosen()).isEqualTo(ConvAlgorithm.WINOGRAD);
    chooser.choose(PROBLEM, ConvPass.BACKWARD_DATA, this::trial);
    choose(chooser);
    assertThat(told).hasSize(3).element(1).asString().contains(file.toString(), "XDG_CACHE_HOME");
    assertThat(told).filteredOn(line -> line.startsWith("measuring")).hasSize(2);
  }

  @Test
  void timesThatDoNotSettleCountForThisProcessAlone() {
    MeasuredChooser chooser = chooser();
    ConvChooser.Trial restless =
        (algorithm, _) ->
            algorithm == ConvAlgorithm.DIRECT
                ? clock.of(spent -> (long) (1e8 * Math.pow(0.97, spent / 1e8)))
                : clock.of(100_000_000L);
    PassChoice choice = chooser.choose(PROBLEM, ConvPass.FORWARD, restless);
    assertThat(choose(chooser)).as("remembered here").isEqualTo(choice);
    assertThat(told).containsExactly("measuring forward", "unsettled forward");
    choose(chooser());
    assertThat(told).hasSize(3);
  }

  @Test
  void ofTwoProcessesTheFirstToFinishDecides() {
    MeasuredChooser slow = chooser();
    MeasuredChooser quick = chooser();
    choose(quick);
    nanos.put(ConvAlgorithm.WINOGRAD, 9_000_000L);
    assertThat(choose(slow).chosen()).isEqualTo(ConvAlgorithm.WINOGRAD);
    slow.choose(PROBLEM, ConvPass.BACKWARD_DATA, this::trial);
    told.clear();
    MeasuredChooser third = chooser();
    choose(third);
    third.choose(PROBLEM, ConvPass.BACKWARD_DATA, this::trial);
    assertThat(told).isEmpty();
  }

  @Test
  void manyAtOnceDoNotDamageTheFile() throws Exception {
    List<Thread> threads =
        IntStream.range(0, 4).mapToObj(i -> new Thread(() -> fillCache(i))).toList();
    threads.forEach(Thread::start);
    while (threads.stream().anyMatch(Thread::isAlive)) {
      requireSound();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    requireSound();
    assertThat(new TimesFile(file).read()).isNotEmpty();
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  private void fillCache(int writer) {
    TimesFile own = new TimesFile(file);
    for (int i = 0; i < 10; i++) {
      own.add("%d of writer %d".formatted(i, writer), Map.of(ConvAlgorithm.DIRECT, 1L));
    }
  }

  private void requireSound() throws IOException, JsonException {
    if (Files.exists(file)) {
      assertThat(Json.parseObject(Files.readString(file))).containsKey("nanoseconds");
    }
  }
}
