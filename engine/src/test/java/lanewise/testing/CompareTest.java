package lanewise.testing;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CompareTest {

  @Test
  void bitEqualNamesTheFirstDifference() {
    float[] actual = {1, 2, 3, Math.nextUp(4f)};
    assertThatThrownBy(() -> Compare.bitEqual("dst", actual, new double[] {1, 2.5, 3, 4}))
        .isInstanceOf(AssertionError.class)
        .hasMessage("dst differs in 2 of 4 values, first at index 1: got 2.0, expected 2.5");
  }

  @Test
  void bitEqualToDoublesRoundsThemAndForgivesTheSignOfZero() {
    assertThatCode(
            () -> Compare.bitEqual("dst", new float[] {0.1f, -0f, 0f}, new double[] {0.1, 0, -0.0}))
        .doesNotThrowAnyException();
  }

  @Test
  void bitEqualToFloatsForgivesNothing() {
    assertThatThrownBy(() -> Compare.bitEqual("dst", new float[] {-0f}, new float[] {0f}))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("got -0.0, expected 0.0");
  }

  @Test
  void closeIsRelativeToTheLargestExpectedValue() {
    double[] expected = {-100, 1};
    assertThatCode(() -> Compare.close("dst", new double[] {-100, 1.5}, expected, 0.006))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Compare.close("dst", new double[] {-100, 1.5}, expected, 0.004))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith(
            "dst is off in 1 of 2 values, first at index 1: got 1.5, expected 1.0;")
        .hasMessageContaining("0.00500 of the largest value 100");
  }

  @Test
  void closeNeverAcceptsNanOrInfinity() {
    double[] one = {1};
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> Compare.close("dst", new double[] {bad}, one, 1))
          .isInstanceOf(AssertionError.class);
      assertThatThrownBy(() -> Compare.close("dst", new double[] {bad}, new double[] {bad}, 1))
          .isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void closeToZerosMeansZeros() {
    assertThatThrownBy(() -> Compare.close("dst", new float[] {1e-30f}, new double[] {0}, 1))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void lengthsMustAgree() {
    assertThatThrownBy(() -> Compare.bitEqual("dst", new float[2], new double[3]))
        .hasMessage("dst holds 2 values, expected 3");
    assertThatThrownBy(() -> Compare.close("dst", new float[3], new double[2], 1))
        .hasMessage("dst holds 3 values, expected 2");
  }
}
