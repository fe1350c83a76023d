package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;

class ReferenceActivationTest {

  @Test
  void reluByHand() {
    double[] src = {-2, 0, 3, Double.NaN};
    assertThat(ReferenceActivation.reluForward(src)).containsExactly(0, 0, 3, Double.NaN);
    assertThat(ReferenceActivation.reluBackward(src, new double[] {5, 6, 7, 8}))
        .containsExactly(0, 0, 7, 0);
  }

  @Test
  void sigmoidByHand() {
    // exp(-ln 3) = 1/3, so the sigmoid of ln 3 is 3/4 and its slope 3/16
    double[] src = {0, Math.log(3), -1000, 1000};
    double[] dst = ReferenceActivation.sigmoidForward(src);
    assertThat(dst[0]).isEqualTo(0.5);
    assertThat(dst[1]).isCloseTo(0.75, within(1e-15));
    assertThat(dst[2]).isEqualTo(0);
    assertThat(dst[3]).isEqualTo(1);
    double[] dSrc = ReferenceActivation.sigmoidBackward(src, new double[] {8, 16, 1, 1});
    assertThat(dSrc[0]).isEqualTo(2);
    assertThat(dSrc[1]).isCloseTo(3, within(1e-14));
    assertThat(dSrc[2]).isZero();
    assertThat(dSrc[3]).isZero();
  }

  @Test
  void tanhByHand() {
    // (e^x - e^-x) / (e^x + e^-x) at ln 2 is (2 - 1/2) / (2 + 1/2) = 3/5, its slope 1 - 9/25
    double[] src = {0, Math.log(2)};
    double[] dst = ReferenceActivation.tanhForward(src);
    assertThat(dst[0]).isZero();
    assertThat(dst[1]).isCloseTo(0.6, within(1e-15));
    double[] dSrc = ReferenceActivation.tanhBackward(src, new double[] {7, 25});
    assertThat(dSrc[0]).isEqualTo(7);
    assertThat(dSrc[1]).isCloseTo(16, within(1e-13));
  }

  @Test
  void backwardMatchesFiniteDifferences() {
    check("relu", ReferenceActivation::reluForward, ReferenceActivation::reluBackward);
    check("sigmoid", ReferenceActivation::sigmoidForward, ReferenceActivation::sigmoidBackward);
    check("tanh", ReferenceActivation::tanhForward, ReferenceActivation::tanhBackward);
  }

  private static void check(
      String name, UnaryOperator<double[]> forward, BinaryOperator<double[]> backward) {
    double[] src = Fill.widen(Fill.uniform(1, 50));
    double[] dDst = Fill.widen(Fill.uniform(2, 50));
    double[] expected = FiniteDifferences.gradient(x -> dot(dDst, forward.apply(x)), src);
    Compare.close(name, backward.apply(src, dDst), expected, 1e-6);
  }
}
