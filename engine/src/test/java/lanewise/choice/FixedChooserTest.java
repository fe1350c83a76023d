package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.testing.ConvCases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FixedChooserTest {

  private static final ConvChooser.Trial NOTHING =
      (_, _) -> {
        throw new AssertionError("nothing is to be tried");
      };

  private static final ConvSpec LARGE = new ConvSpec(64, 16, 16, 64, 3, 3, 1, 1, 1);
  private static final ConvSpec NARROW = new ConvSpec(8, 16, 16, 64, 3, 3, 1, 1, 1);
  private static final ConvSpec IMAGE = new ConvSpec(3, 16, 16, 64, 3, 3, 1, 1, 1);

  private static ConvProblem problem(ConvSpec spec, boolean plainImage) {
    return new ConvProblem(spec, plainImage, false, 8, 2);
  }

  private static Stream<ConvProblem> problems() {
    return ConvCases.all().stream()
        .flatMap(
            c ->
                Stream.of(problem(c.spec(), false), problem(c.spec(), true))
                    .filter(p -> !p.plainImage() || ConvAlgorithm.takesPlainImage(c.spec())));
  }

  private static void checkSound(ConvChooser chooser) {
    problems()
        .forEach(
            problem -> {
              for (ConvPass pass : ConvPass.values()) {
                PassChoice choice = chooser.choose(problem, pass, NOTHING);
                assertThat(problem.refusal(choice.chosen(), pass)).as("%s", problem).isEmpty();
                assertThat(chooser.candidates(problem, pass)).containsExactly(choice.chosen());
                assertThat(choice.verdicts().stream().map(PassChoice.Verdict::algorithm))
                    .containsExactly(ConvAlgorithm.values());
                assertThat(choice.verdicts()).noneMatch(v -> v.reason().isBlank());
              }
            });
  }

  @Test
  void theRuleTakesOneThatDoesNotRefuseAndSaysWhyNotTheOthers() {
    checkSound(ConvChooser.rule());
  }

  @ParameterizedTest
  @EnumSource
  void soDoesAnOrder(ConvAlgorithm algorithm) {
    ConvChooser chooser = ConvChooser.forcing(algorithm);
    checkSound(chooser);
    problems()
        .forEach(
            problem -> {
              for (ConvPass pass : ConvPass.values()) {
                boolean able = problem.refusal(algorithm, pass).isEmpty();
                ConvChooser same = able ? chooser : ConvChooser.rule();
                ConvAlgorithm chosen = chooser.choose(problem, pass, NOTHING).chosen();
                assertThat(chosen == algorithm).as("%s %s", problem, pass).isEqualTo(able);
                assertThat(chosen).isEqualTo(same.choose(problem, pass, NOTHING).chosen());
              }
            });
  }

  private static List<String> reasons(ConvSpec spec, boolean plainImage, ConvPass pass) {
    return ConvChooser.rule().choose(problem(spec, plainImage), pass, NOTHING).verdicts().stream()
        .map(v -> "%s %s: %s".formatted(v.algorithm(), v.outcome(), v.reason()))
        .toList();
  }

  /// Then the rule takes im2col for kernels that are not 1x1 too.
  private static final boolean FEW_REGISTERS = Cpu.lanes() == 8;

  private static final String TAKEN = "the first of the list that the fixed rule takes";

  @Test
  void whatTheRuleSays() {
    assertThat(reasons(LARGE, false, ConvPass.FORWARD))
        .containsExactly(
            "winograd chosen: the first of the list that the fixed rule takes",
            FEW_REGISTERS
                ? "im2col lost: winograd comes before it in the list"
                : "im2col lost: the kernel is not 1x1",
            "chwn refused: more than 16 channels and filters",
            "first refused: more than 8 input channels",
            "direct lost: winograd comes before it in the list");
    assertThat(reasons(NARROW, false, ConvPass.BACKWARD_WEIGHTS))
        .containsExactly(
            "winograd lost: fewer than 16 channels or filters",
            FEW_REGISTERS ? "im2col chosen: " + TAKEN : "im2col lost: the kernel is not 1x1",
            "chwn lost: a small batch leaves lanes empty: only measuring tells",
            "first lost: channels in blocks: only measuring tells",
            FEW_REGISTERS
                ? "direct lost: im2col comes before it in the list"
                : "direct chosen: " + TAKEN);
    assertThat(reasons(IMAGE, true, ConvPass.FORWARD))
        .containsExactly(
            "winograd refused: the source is a plain image",
            "im2col refused: the source is a plain image",
            "chwn lost: a small batch leaves lanes empty: only measuring tells",
            "first chosen: " + TAKEN,
            "direct refused: the source is a plain image");
    assertThat(reasons(IMAGE, true, ConvPass.BACKWARD_DATA))
        .containsExactly(
            "winograd lost: fewer than 16 channels or filters",
            FEW_REGISTERS ? "im2col chosen: " + TAKEN : "im2col lost: the kernel is not 1x1",
            "chwn lost: a small batch leaves lanes empty: only measuring tells",
            "first refused: it has no such pass",
            FEW_REGISTERS
                ? "direct lost: im2col comes before it in the list"
                : "direct chosen: " + TAKEN);
    assertThat(reasons(IMAGE, false, ConvPass.FORWARD).get(3))
        .isEqualTo("first refused: the source lies in blocks of channels");
  }

  @Test
  void theFirstLayersAlgorithmLeavesTheSourcesGradientToDirectConvolution() {
    assertThat(ConvAlgorithms.of(ConvAlgorithm.FIRST, IMAGE))
        .isEqualTo(
            new ConvAlgorithms(ConvAlgorithm.FIRST, ConvAlgorithm.DIRECT, ConvAlgorithm.FIRST));
    assertThatThrownBy(
            () -> new ConvAlgorithms(ConvAlgorithm.FIRST, ConvAlgorithm.FIRST, ConvAlgorithm.FIRST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("first has no pass backward-data");
  }

  @Test
  void gatheringLeavesTheSourcesGradientOfALargeStrideToDirectConvolution() {
    ConvSpec strided = new ConvSpec(16, 9, 9, 16, 3, 3, 4, 1, 1);
    assertThat(ConvAlgorithms.of(ConvAlgorithm.IM2COL, strided))
        .isEqualTo(
            new ConvAlgorithms(ConvAlgorithm.IM2COL, ConvAlgorithm.DIRECT, ConvAlgorithm.IM2COL));
    ConvSpec pointwise = new ConvSpec(16, 9, 9, 16, 1, 1, 2, 0, 1);
    assertThat(ConvAlgorithms.of(ConvAlgorithm.IM2COL, pointwise).backwardData())
        .isEqualTo(ConvAlgorithm.IM2COL);
  }
}
