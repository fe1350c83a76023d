package lanewise.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CounterRandomTest {

  /// The first five outputs of SplitMix64 from the seed 1234567, as published with the generator.
  private static final String[] SPLIT_MIX_64 = {
    "6457827717110365317",
    "3203168211198807973",
    "9817491932198370423",
    "4593380528125082431",
    "16408922859458223821"
  };

  @Test
  void bitsAreTheOutputsOfSplitMix64() {
    for (int i = 0; i < SPLIT_MIX_64.length; i++) {
      assertThat(Long.toUnsignedString(CounterRandom.bits(1234567, i))).isEqualTo(SPLIT_MIX_64[i]);
    }
  }

  @Test
  void bitsAreTheOutputsOfTheJdkGenerator() {
    var generator = new SplittableRandom(42);
    for (int i = 0; i < 100; i++) {
      assertThat(CounterRandom.bits(42, i)).isEqualTo(generator.nextLong());
    }
  }

  @Test
  void derivedValuesStayTheSameForever() {
    assertThat(CounterRandom.key(7, 1)).isEqualTo(-8344230027746864875L);
    assertThat(CounterRandom.key(7, 1, 2, 3)).isEqualTo(98839709280670791L);
    assertThat(CounterRandom.gaussian(7, 0)).isEqualTo(0.9884743323187353);
    assertThat(CounterRandom.permutation(7, 8)).containsExactly(1, 5, 7, 6, 3, 0, 2, 4);
  }

  @Test
  void fixedArgumentKeysEqualTheGeneralForm() {
    assertThat(CounterRandom.key(5, 6)).isEqualTo(CounterRandom.key(5, new long[] {6}));
    assertThat(CounterRandom.key(5, 6, 7)).isEqualTo(CounterRandom.key(5, new long[] {6, 7}));
    assertThat(CounterRandom.key(5, 6, 7, 8)).isEqualTo(CounterRandom.key(5, new long[] {6, 7, 8}));
  }

  @Test
  void keysOfDifferentPartsDiffer() {
    Set<Long> keys = new HashSet<>();
    for (long seed = 0; seed < 10; seed++) {
      for (long first = 0; first < 10; first++) {
        keys.add(CounterRandom.key(seed, first));
        for (long second = 0; second < 10; second++) {
          keys.add(CounterRandom.key(seed, first, second));
        }
      }
    }
    assertThat(keys).hasSize(1100);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 9, 100})
  void boundedNumbersFillTheirRangeEvenly(int bound) {
    int draws = 100_000;
    int[] counts = new int[bound];
    for (int i = 0; i < draws; i++) {
      counts[CounterRandom.bounded(CounterRandom.bits(3, i), bound)]++;
    }
    double expected = (double) draws / bound;
    // Five standard deviations of a binomial count.
    for (int count : counts) {
      assertThat((double) count).isCloseTo(expected, within(5 * Math.sqrt(expected) + 1e-9));
    }
  }

  @Test
  void boundedReachesBothEnds() {
    assertThat(CounterRandom.bounded(0, Integer.MAX_VALUE)).isZero();
    assertThat(CounterRandom.bounded(-1, Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE - 1);
    assertThatIllegalArgumentException().isThrownBy(() -> CounterRandom.bounded(1, 0));
  }

  @Test
  void uniformNumbersStayBelowOneAndSpreadEvenly() {
    assertThat(CounterRandom.uniform(0)).isZero();
    assertThat(CounterRandom.uniform(-1)).isLessThan(1f);
    double sum = 0;
    double squares = 0;
    int draws = 100_000;
    for (int i = 0; i < draws; i++) {
      double u = CounterRandom.uniform(CounterRandom.bits(11, i));
      sum += u;
      squares += u * u;
    }
    assertThat(sum / draws).isCloseTo(1.0 / 2, within(0.005));
    assertThat(squares / draws).isCloseTo(1.0 / 3, within(0.005));
  }

  @Test
  void gaussianNumbersHaveTheMomentsOfTheNormalDistribution() {
    int draws = 100_000;
    double[] moments = new double[5];
    for (int i = 0; i < draws; i++) {
      double g = CounterRandom.gaussian(13, i);
      for (int power = 1; power <= 4; power++) {
        moments[power] += Math.pow(g, power) / draws;
      }
    }
    assertThat(moments[1]).isCloseTo(0, within(0.02));
    assertThat(moments[2]).isCloseTo(1, within(0.03));
    assertThat(moments[3]).isCloseTo(0, within(0.06));
    assertThat(moments[4]).isCloseTo(3, within(0.15));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 1000})
  void permutationHoldsEveryNumberOnce(int n) {
    int[] sorted = CounterRandom.permutation(17, n);
    Arrays.sort(sorted);
    assertThat(sorted).hasSize(n);
    for (int i = 0; i < n; i++) {
      assertThat(sorted[i]).isEqualTo(i);
    }
  }

  @Test
  void permutationDependsOnTheKeyAndPutsEveryNumberEverywhere() {
    assertThat(CounterRandom.permutation(1, 50)).isNotEqualTo(CounterRandom.permutation(2, 50));
    assertThat(CounterRandom.permutation(1, 50)).isEqualTo(CounterRandom.permutation(1, 50));
    int[][] seen = new int[4][4];
    for (int key = 0; key < 4000; key++) {
      int[] order = CounterRandom.permutation(key, 4);
      for (int i = 0; i < 4; i++) {
        seen[i][order[i]]++;
      }
    }
    for (int[] row : seen) {
      for (int count : row) {
        assertThat((double) count).isCloseTo(1000, within(150.0));
      }
    }
    assertThatIllegalArgumentException().isThrownBy(() -> CounterRandom.permutation(1, -1));
  }
}
