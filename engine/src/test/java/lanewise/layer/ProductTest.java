package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import lanewise.choice.ConvChooser;
import lanewise.kernel.ConvSpec;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;
import lanewise.testing.TryingChooser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A chooser that tries out all algorithms when a layer is compiled.
class ProductTest {

  static Stream<ConvCases.Case> cases() {
    return ConvCases.all().stream().filter(c -> c.spec().kernelHeight() == c.spec().kernelWidth());
  }

  /// In scratch memory of just the size that the layer asked for.
  @ParameterizedTest
  @MethodSource("cases")
  void everyCandidateFitsIntoTheScratchMemoryAndLeavesNoTrace(ConvCases.Case test) {
    ConvSpec c = test.spec();
    Conv2d layer =
        Conv2d.of(c.filters(), c.kernelHeight())
            .stride(c.stride())
            .padding(c.padding())
            .groups(c.groups());
    TryingChooser trying = new TryingChooser(ConvChooser.rule());
    try (LayerHarness tried = harness(layer, test).chooser(trying);
        LayerHarness plain = harness(layer, test)) {
      tried.forward().backward();
      plain.forward().backward();
      assertThat(trying.trials()).isGreaterThanOrEqualTo(3);
      Compare.bitEqual("dst", tried.output(), plain.output());
      Compare.bitEqual("dSrc", tried.inputGradient(0), plain.inputGradient(0));
      Compare.bitEqual(
          "dWeights", tried.parameterGradient("weight"), plain.parameterGradient("weight"));
    }
  }

  private static LayerHarness harness(Layer layer, ConvCases.Case test) {
    ConvSpec c = test.spec();
    return new LayerHarness(layer, List.of(c.input()), test.batch(), 2, true)
        .input(0, Fill.uniform(1, Math.toIntExact(test.batch() * c.input().elements())))
        .outputGradient(Fill.uniform(2, Math.toIntExact(test.batch() * c.output().elements())))
        .parameter("weight", Fill.uniform(3, Math.toIntExact(c.weights())))
        .parameter("bias", Fill.uniform(4, c.filters()));
  }
}
