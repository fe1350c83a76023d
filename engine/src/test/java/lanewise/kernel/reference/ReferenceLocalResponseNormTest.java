package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;

import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceLocalResponseNormTest {

  /// Four channels of one pixel.
  private static final double[] SRC = {1, 2, 3, 4};

  @Test
  void oddWindowByHand() {
    // alpha / size = beta = k = 1: 1 / (1+1+4), 2 / (1+1+4+9), 3 / (1+4+9+16), 4 / (1+9+16)
    double[] dst = ReferenceLocalResponseNorm.forward(1, 4, 1, 3, 3, 1, 1, SRC);
    Compare.close("dst", dst, new double[] {1 / 6.0, 2 / 15.0, 3 / 30.0, 4 / 26.0}, 1e-15);
  }

  @Test
  void evenWindowReachesFurtherDown() {
    // PyTorch 1.13, LocalResponseNorm(2, 2, 1, 1): the channel and the one before it
    double[] dst = ReferenceLocalResponseNorm.forward(1, 4, 1, 2, 2, 1, 1, SRC);
    Compare.close("dst", dst, new double[] {1 / 2.0, 2 / 6.0, 3 / 14.0, 4 / 26.0}, 1e-15);
  }

  @Test
  void backwardByHand() {
    // its own d / s, less 2 * a * (d * a / s^2) of its own window and of the next channel's;
    // PyTorch 1.13 agrees
    double[] dDst = {1, 1, 2, 1};
    double[] expected = {
      1 / 2.0 - 2 / 4.0 - 2 * (2 / 36.0),
      1 / 6.0 - 4 * (2 / 36.0) - 4 * (6 / 196.0),
      2 / 14.0 - 6 * (6 / 196.0) - 6 * (4 / 676.0),
      1 / 26.0 - 8 * (4 / 676.0)
    };
    double[] dSrc = ReferenceLocalResponseNorm.backward(1, 4, 1, 2, 2, 1, 1, SRC, dDst);
    Compare.close("dSrc", dSrc, expected, 1e-14);
  }

  /// Sizes from the channel alone to a window wider than all channels.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 13})
  void backwardMatchesFiniteDifferences(int size) {
    double[] src = Fill.widen(Fill.uniform(1, 2 * 6 * 3));
    double[] dDst = Fill.widen(Fill.uniform(2, src.length));
    Compare.close(
        "dSrc",
        ReferenceLocalResponseNorm.backward(2, 6, 3, size, 1.5, 0.75, 2, src, dDst),
        FiniteDifferences.gradient(
            x -> dot(dDst, ReferenceLocalResponseNorm.forward(2, 6, 3, size, 1.5, 0.75, 2, x)),
            src),
        1e-6);
  }
}
