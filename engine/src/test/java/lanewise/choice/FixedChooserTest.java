package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
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
    return new ConvProblem(spec, plainImage, 8, 2);
  }

  private static Stream<ConvProblem> problems() {
    return ConvCases.all().stream()
        .flatMap(
            c ->
                Stream.of(problem(c.spec(), false), problem(c.spec(), true))
                    .filter(
                        p -> !p.plainImage() || ConvAlgorithm.FIRST.refuses(c.spec()).isEmpty()));
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

  @Test
  void whatTheRuleSays() {
    assertThat(reasons(LARGE, false, ConvPass.FORWARD))
        .containsExactly(
            "winograd chosen: the first of the list that the fixed rule takes",
            "pointwise refused: the kernel is not 1x1",
            "first refused: more than 3 or 4 input channels",
            "direct lost: winograd comes before it in the list");
    assertThat(reasons(NARROW, false, ConvPass.BACKWARD_WEIGHTS))
        .containsExactly(
            "winograd lost: fewer than 16 channels or filters",
            "pointwise refused: the kernel is not 1x1",
            "first refused: more than 3 or 4 input channels",
            "direct chosen: the first of the list that the fixed rule takes");
    assertThat(reasons(IMAGE, true, ConvPass.FORWARD))
        .containsExactly(
            "winograd refused: the source is a plain image",
            "pointwise refused: the kernel is not 1x1",
            "first chosen: the first of the list that the fixed rule takes",
            "direct refused: the source is a plain image");
    assertThat(reasons(IMAGE, true, ConvPass.BACKWARD_DATA))
        .containsExactly(
            "winograd lost: fewer than 16 channels or filters",
            "pointwise refused: the kernel is not 1x1",
            "first refused: it has no such pass",
            "direct chosen: the first of the list that the fixed rule takes");
    assertThat(reasons(IMAGE, false, ConvPass.FORWARD).get(2))
        .isEqualTo("first refused: the source lies in blocks of channels");
  }

  @Test
  void theFirstLayersAlgorithmLeavesTheSourcesGradientToDirectConvolution() {
    assertThat(ConvAlgorithms.of(ConvAlgorithm.FIRST))
        .isEqualTo(
            new ConvAlgorithms(ConvAlgorithm.FIRST, ConvAlgorithm.DIRECT, ConvAlgorithm.FIRST));
    assertThatThrownBy(
            () -> new ConvAlgorithms(ConvAlgorithm.FIRST, ConvAlgorithm.FIRST, ConvAlgorithm.FIRST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("first has no pass backward-data");
  }
}
