package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.error.MemoryBudgetException;
import lanewise.models.Models;
import lanewise.network.Flow;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.storage.Json;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;

class ProfilerTest {

  private static final Network NETWORK =
      Flow.input(3, 12, 12)
          .in("block")
          .conv(16, 3, 1, 1)
          .batchNorm()
          .relu()
          .maxPool(2, 2, 0)
          .in("head")
          .flatten()
          .linear(10)
          .network("small");

  private static ProfileOptions options(Network network, Mode mode, long budget) {
    Duration none = Duration.ofMillis(1);
    return new ProfileOptions(
        network, mode, 2, 2, Optional.of(none), none, none, budget, ConvChooser.rule());
  }

  private static Profile profile(Network network, Mode mode) {
    return Profiler.profile(options(network, mode, 1L << 30), line -> {});
  }

  @Test
  void aTrainingStepHasEveryPassOfEveryOperation() {
    Profile profile = profile(NETWORK, Mode.TRAINING);
    assertThat(profile.operations())
        .extracting(OperationProfile::shortLabel)
        .containsExactly(
            "block.conv1", "block.bn1+relu1", "block.pool1", "head.flatten1", "head.fc1");
    assertThat(profile.loss()).isPresent();
    assertThat(profile.update()).isPresent();
    assertThat(profile.step().count()).isGreaterThanOrEqualTo(5);
    OperationProfile conv = profile.operations().get(0);
    assertThat(conv.algorithm()).hasValue("first");
    assertThat(conv.output()).isEqualTo(new Shape(16, 12, 12));
    long multiplyAdds = 2L * 16 * 144 * 27;
    assertThat(conv.forward().flops()).isEqualTo(2 * multiplyAdds);
    assertThat(conv.backward().orElseThrow().flops())
        .as("nobody wants the gradient of the images")
        .isEqualTo(2 * multiplyAdds);
    assertThat(profile.operations().get(4).backward().orElseThrow().flops())
        .isEqualTo(2 * profile.operations().get(4).forward().flops());
    assertThat(profile.operations().get(1).algorithm()).isEmpty();
    assertThat(profile.operations()).allMatch(o -> o.forward().time().median() > 0);
  }

  @Test
  void plannedMemoryIsWhatIsAllocated() {
    for (Mode mode : Mode.values()) {
      Profile profile = profile(Models.create("resnet20"), mode);
      assertThat(profile.allocatedBytes()).isEqualTo(profile.planned().bytes());
    }
  }

  @Test
  void inferenceHasNoBackward() {
    Profile profile = profile(NETWORK, Mode.INFERENCE);
    assertThat(profile.operations()).allMatch(operation -> operation.backward().isEmpty());
    assertThat(profile.loss()).isEmpty();
    assertThat(profile.update()).isEmpty();
  }

  @Test
  void overTheBudgetItSaysHowMuchItNeedsBeforeItStarts() {
    List<String> progress = new ArrayList<>();
    assertThatThrownBy(
            () ->
                Profiler.profile(
                    options(Models.create("vgg16-imagenet"), Mode.TRAINING, 1 << 20),
                    progress::add))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageStartingWith(
            "memory budget: a training step of vgg16-imagenet with a batch of 2 needs 2.")
        .hasMessageContaining(" GB (")
        .hasMessageEndingWith("the budget is 1.0 MB; use a smaller batch or raise the budget");
    assertThat(progress).isEmpty();
  }

  @Test
  void jsonAndPageHoldEveryOperation() throws Exception {
    Profile profile = profile(NETWORK, Mode.TRAINING);
    Map<String, Object> json = Json.parseObject(Json.writePretty(profile.json()));
    assertThat((List<?>) json.get("operations")).hasSize(5);
    assertThat(json).doesNotContainKey("lecture");
    String page = ProfilePage.of(profile);
    assertThat(page).contains("block.bn1+relu1", "Roofline", "<svg", "backward, in theory");
    assertThat(page).doesNotContain("http:", "https:", "<script", "<link", "url(", "NaN");
  }

  @Test
  void theLecturesTableStandsBesideTheModelsOwn() {
    Profile lecture = synthetic(Models.create("googlenet-imagenet"), 1.0);
    assertThat(lecture.lecture()).hasSize(7);
    assertThat(ProfilePage.of(lecture)).contains("The lecture's table beside ours");
    assertThat(lecture.json()).containsKey("lecture");
    Network other = Models.create("googlenet-imagenet", 10);
    assertThat(synthetic(other, 1.0).lecture()).isEmpty();
  }

  @Test
  void aGapOfMoreThanFivePercentIsSaid() {
    assertThat(synthetic(NETWORK, 10.2).hasGap()).isFalse();
    Profile wide = synthetic(NETWORK, 8);
    assertThat(wide.sumSeconds()).isEqualTo(10);
    assertThat(wide.gap()).isEqualTo(0.25);
    assertThat(wide.findings().get(0))
        .isEqualTo(
            "The parts take 10.00 s together, the whole step 8.00 s (+25.0 %): a gap of more than 5"
                + " %.");
  }

  /// One operation of 5 seconds forward and 4 backward, and 1 second of update.
  private static Profile synthetic(Network network, double whole) {
    OperationProfile operation =
        new OperationProfile(
            "conv1",
            new Shape(16, 12, 12),
            Optional.of("direct"),
            new PassProfile(timing(5), 1_000_000_000_000L, 10_000_000_000L),
            Optional.of(new PassProfile(timing(4), 0, 100_000_000_000L)));
    ProfileOptions options = options(network, Mode.INFERENCE, 0);
    return new Profile(
        options,
        Machine.current(),
        new MachinePeak(2, 1000, 50, 500),
        List.of(operation),
        timing(0),
        Optional.empty(),
        Optional.of(timing(1)),
        timing(whole),
        new MemoryNeed(1, 2, 3),
        6);
  }

  private static Timing timing(double seconds) {
    return new Timing(seconds, seconds, seconds, 1);
  }

  @Test
  void theoryIsTheSlowerOfComputingAndMoving() {
    MachinePeak peak = new MachinePeak(2, 1000, 50, 500);
    PassProfile compute = new PassProfile(timing(5), 1_000_000_000_000L, 10_000_000_000L);
    assertThat(compute.bound(peak)).isEqualTo(PassProfile.Bound.COMPUTE);
    assertThat(compute.theorySeconds(peak)).isEqualTo(1);
    assertThat(compute.gflops()).isEqualTo(200);
    assertThat(compute.shareOfPeak(peak)).isEqualTo(0.2);
    assertThat(compute.intensity()).isEqualTo(100);
    PassProfile memory = new PassProfile(timing(4), 0, 100_000_000_000L);
    assertThat(memory.bound(peak)).isEqualTo(PassProfile.Bound.MEMORY);
    assertThat(memory.theorySeconds(peak)).isEqualTo(2);
    assertThat(memory.shareOfBandwidth(peak)).isEqualTo(0.5);
    assertThat(peak.attainableGflops(2)).isEqualTo(100);
    assertThat(peak.attainableGflops(200)).isEqualTo(1000);
  }

  @Test
  void quantilesLieBetweenMeasurements() {
    Timing timing = Timing.of(new double[] {4, 1, 3, 2});
    assertThat(timing.median()).isEqualTo(2.5);
    assertThat(timing.low()).isEqualTo(1.3, within(1e-12));
    assertThat(timing.high()).isEqualTo(3.7, within(1e-12));
    assertThat(timing.spread()).isEqualTo(2.4 / 2.5, within(1e-12));
  }

  @Test
  void numbersAreWrittenShort() {
    assertThat(Text.time(1.234)).isEqualTo("1.23 s");
    assertThat(Text.time(0.0123)).isEqualTo("12.30 ms");
    assertThat(Text.time(2.5e-6)).isEqualTo("2.5 us");
    assertThat(Text.count(999)).isEqualTo("999");
    assertThat(Text.count(1_234_567)).isEqualTo("1.23 M");
    assertThat(Text.count(123_456)).isEqualTo("123 K");
  }
}
