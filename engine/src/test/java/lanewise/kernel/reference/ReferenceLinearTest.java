package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;

import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;

class ReferenceLinearTest {

  /// Two outputs of three inputs.
  private static final double[] WEIGHTS = {1, 2, 3, -1, 0, 4};

  private static final double[] SRC = {1, 1, 1, 2, 0, -1};
  private static final double[] D_DST = {1, 10, 100, 1000};

  @Test
  void forwardByHand() {
    // 1+2+3, -1+0+4; 2*1-3, 2*-1-4; then the bias on top
    assertThat(ReferenceLinear.forward(2, 3, 2, SRC, WEIGHTS, null)).containsExactly(6, 3, -1, -6);
    assertThat(ReferenceLinear.forward(2, 3, 2, SRC, WEIGHTS, new double[] {10, 20}))
        .containsExactly(16, 23, 9, 14);
  }

  @Test
  void backwardByHand() {
    // sample 0: 1*(1,2,3) + 10*(-1,0,4); sample 1: 100*(1,2,3) + 1000*(-1,0,4)
    assertThat(ReferenceLinear.backwardData(2, 3, 2, D_DST, WEIGHTS))
        .containsExactly(-9, 2, 43, -900, 200, 4300);
    // output 0: 1*(1,1,1) + 100*(2,0,-1); output 1: 10*(1,1,1) + 1000*(2,0,-1)
    assertThat(ReferenceLinear.backwardWeights(2, 3, 2, SRC, D_DST))
        .containsExactly(201, 1, -99, 2010, 10, -990);
    assertThat(ReferenceLinear.backwardBias(2, 2, D_DST)).containsExactly(101, 1010);
  }

  @Test
  void backwardMatchesFiniteDifferences() {
    double[] src = Fill.widen(Fill.uniform(1, 3 * 7));
    double[] weights = Fill.widen(Fill.uniform(2, 5 * 7));
    double[] bias = Fill.widen(Fill.uniform(3, 5));
    double[] dDst = Fill.widen(Fill.uniform(4, 3 * 5));
    Compare.close(
        "dSrc",
        ReferenceLinear.backwardData(3, 7, 5, dDst, weights),
        FiniteDifferences.gradient(
            x -> dot(dDst, ReferenceLinear.forward(3, 7, 5, x, weights, bias)), src),
        1e-6);
    Compare.close(
        "dWeights",
        ReferenceLinear.backwardWeights(3, 7, 5, src, dDst),
        FiniteDifferences.gradient(
            w -> dot(dDst, ReferenceLinear.forward(3, 7, 5, src, w, bias)), weights),
        1e-6);
    Compare.close(
        "dBias",
        ReferenceLinear.backwardBias(3, 5, dDst),
        FiniteDifferences.gradient(
            b -> dot(dDst, ReferenceLinear.forward(3, 7, 5, src, weights, b)), bias),
        1e-6);
  }
}
