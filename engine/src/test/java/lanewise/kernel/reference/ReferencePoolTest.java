package lanewise.kernel.reference;

import static lanewise.testing.FiniteDifferences.dot;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import lanewise.kernel.PoolSpec;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import lanewise.testing.PoolCases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReferencePoolTest {

  /// 1 ... 20 in 4 rows and 5 columns.
  private static final double[] MAP = IntStream.rangeClosed(1, 20).asDoubleStream().toArray();

  private static PoolSpec on4x5(int kernel, int stride, int padding, boolean ceilMode) {
    return new PoolSpec(1, 4, 5, kernel, stride, padding, ceilMode);
  }

  @Test
  void floorModeLeavesTheRestOutAndCeilModeTakesIt() {
    // in ceil mode the fifth column gets windows of its own, averaged over the two values they have
    assertThat(ReferencePool.maxForward(on4x5(2, 2, 0, false), 1, MAP))
        .containsExactly(7, 9, 17, 19);
    assertThat(ReferencePool.maxForward(on4x5(2, 2, 0, true), 1, MAP))
        .containsExactly(7, 9, 10, 17, 19, 20);
    assertThat(ReferencePool.averageForward(on4x5(2, 2, 0, false), 1, MAP))
        .containsExactly(4, 6, 14, 16);
    assertThat(ReferencePool.averageForward(on4x5(2, 2, 0, true), 1, MAP))
        .containsExactly(4, 6, 7.5, 14, 16, 17.5);
  }

  @Test
  void paddingCountsAndWhatCeilModeAddsDoesNot() {
    // PyTorch 1.13, avg_pool2d(x, 3, 2, 1, ceil_mode=True): the corner is (1+2+6+7)/9; the last
    // windows have the map's last row and one of padding and divide by 6: (16+17)/6, ...
    double[] upper = {16 / 9.0, 33 / 9.0, 28 / 9.0, 69 / 9.0, 117 / 9.0, 87 / 9.0};
    double[] dst = ReferencePool.averageForward(on4x5(3, 2, 1, true), 1, MAP);
    assertThat(Arrays.copyOf(dst, 6)).containsExactly(upper);
    assertThat(Arrays.copyOfRange(dst, 6, 9)).containsExactly(5.5, 9, 6.5);
  }

  @Test
  void ceilModeDropsWindowsThatStartInThePadding() {
    // PyTorch 1.13: 2x2 outputs in both modes; a third column of windows would start at column 5
    assertThat(ReferencePool.maxForward(on4x5(2, 3, 1, true), 1, MAP))
        .containsExactly(1, 4, 16, 19);
    assertThat(ReferencePool.averageForward(on4x5(2, 4, 1, true), 1, MAP))
        .containsExactly(0.25, 2.25, 4, 9.75);
  }

  @Test
  void theFirstOfEqualMaximaGetsTheGradient() {
    PoolSpec spec = new PoolSpec(1, 3, 3, 2, 1, 0, false);
    double[] src = {2, 2, 1, 2, 0, 2, -1, 2, 2};
    assertThat(ReferencePool.maxForward(spec, 1, src)).containsExactly(2, 2, 2, 2);
    // PyTorch 1.13: the windows' winners are at 0, 1, 3 and 5
    assertThat(ReferencePool.maxIndices(spec, 1, src)).containsExactly(0, 1, 3, 5);
    assertThat(ReferencePool.maxBackward(spec, 1, src, new double[] {1, 2, 4, 8}))
        .containsExactly(1, 2, 0, 4, 0, 8, 0, 0, 0);
  }

  @Test
  void gradientsOfOverlappingWindowsAddUp() {
    PoolSpec spec = new PoolSpec(1, 1, 3, 2, 1, 1, false);
    // windows over columns (-1,0), (0,1), (1,2), (2,3), twice: once for each row of padding
    double[] src = {1, 5, 3};
    assertThat(ReferencePool.maxForward(spec, 1, src)).containsExactly(1, 5, 5, 3, 1, 5, 5, 3);
    double[] dDst = {1, 2, 3, 4, 10, 20, 30, 40};
    assertThat(ReferencePool.maxBackward(spec, 1, src, dDst)).containsExactly(11, 55, 44);
    // every window has four positions: 11 + 22, 22 + 33, 33 + 44, each over 4
    assertThat(ReferencePool.averageBackward(spec, 1, dDst)).containsExactly(8.25, 13.75, 19.25);
  }

  @Test
  void paddingNeverWinsAndNanAlwaysDoes() {
    PoolSpec spec = new PoolSpec(1, 2, 2, 3, 2, 1, false);
    assertThat(ReferencePool.maxForward(spec, 1, new double[] {-5, -2, -3, -4}))
        .containsExactly(-2);
    assertThat(ReferencePool.maxForward(spec, 1, new double[] {-5, Double.NaN, 3, -4}))
        .containsExactly(Double.NaN);
    double none = Double.NEGATIVE_INFINITY;
    assertThat(ReferencePool.maxForward(spec, 1, new double[] {none, none, none, none}))
        .containsExactly(none);
  }

  @Test
  void globalAverageByHand() {
    double[] src = {1, 3, 10, 20, -1, 1, 7, 8};
    assertThat(ReferencePool.globalAverageForward(2, 2, 2, src)).containsExactly(2, 15, 0, 7.5);
    assertThat(ReferencePool.globalAverageBackward(2, 2, 2, new double[] {2, 4, 6, 8}))
        .containsExactly(1, 1, 2, 2, 3, 3, 4, 4);
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void backwardMatchesFiniteDifferences(PoolCases.Case test) {
    // One plane tells: the next test shows that every plane is pooled on its own.
    PoolSpec spec = withOneChannel(test.spec());
    double[] src = uniform(1, spec.input().elements());
    double[] dDst = uniform(2, spec.output().elements());
    Compare.close(
        "dSrc of the maximum",
        ReferencePool.maxBackward(spec, 1, src, dDst),
        FiniteDifferences.gradient(x -> dot(dDst, ReferencePool.maxForward(spec, 1, x)), src),
        1e-6);
    Compare.close(
        "dSrc of the average",
        ReferencePool.averageBackward(spec, 1, dDst),
        FiniteDifferences.gradient(x -> dot(dDst, ReferencePool.averageForward(spec, 1, x)), src),
        1e-6);
  }

  @ParameterizedTest
  @MethodSource("lanewise.testing.PoolCases#all")
  void everyPlaneIsPooledOnItsOwn(PoolCases.Case test) {
    PoolSpec spec = test.spec();
    PoolSpec single = withOneChannel(spec);
    int pixels = spec.input().pixels();
    int outPixels = spec.output().pixels();
    double[] src = uniform(3, test.batch() * spec.input().elements());
    double[] max = ReferencePool.maxForward(spec, test.batch(), src);
    double[] average = ReferencePool.averageForward(spec, test.batch(), src);
    assertThat(max).hasSize(test.batch() * spec.channels() * outPixels);
    for (int plane = 0; plane < test.batch() * spec.channels(); plane++) {
      double[] own = Arrays.copyOfRange(src, plane * pixels, (plane + 1) * pixels);
      int from = plane * outPixels;
      assertThat(Arrays.copyOfRange(max, from, from + outPixels))
          .containsExactly(ReferencePool.maxForward(single, 1, own));
      assertThat(Arrays.copyOfRange(average, from, from + outPixels))
          .containsExactly(ReferencePool.averageForward(single, 1, own));
    }
  }

  @Test
  void globalAverageMatchesFiniteDifferences() {
    double[] src = uniform(4, 2 * 3 * 5);
    double[] dDst = uniform(5, 2 * 3);
    Compare.close(
        "dSrc",
        ReferencePool.globalAverageBackward(2, 3, 5, dDst),
        FiniteDifferences.gradient(
            x -> dot(dDst, ReferencePool.globalAverageForward(2, 3, 5, x)), src),
        1e-6);
  }

  private static PoolSpec withOneChannel(PoolSpec s) {
    return new PoolSpec(
        1, s.height(), s.width(), s.kernel(), s.stride(), s.padding(), s.ceilMode());
  }

  private static double[] uniform(long seed, long n) {
    return Fill.widen(Fill.uniform(seed, Math.toIntExact(n)));
  }
}
