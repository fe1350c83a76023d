package lanewise.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/// The operations that only move, add or drop values.
class ReferenceElementwiseTest {

  @Test
  void dropoutScalesWhatItKeeps() {
    boolean[] kept = {true, false, true};
    assertThat(ReferenceDropout.forward(new double[] {1, 2, -3}, kept, 0.25))
        .containsExactly(4, 0, -12);
    assertThat(ReferenceDropout.backward(new double[] {5, 6, 7}, kept, 0.5))
        .containsExactly(10, 0, 14);
  }

  @Test
  void dropoutForgetsEvenANan() {
    assertThat(ReferenceDropout.forward(new double[] {Double.NaN}, new boolean[] {false}, 0.5))
        .containsExactly(0);
  }

  @Test
  void addTakesAnyNumberOfSourcesAndChangesNone() {
    double[] first = {1, 2};
    assertThat(ReferenceAdd.forward(first, new double[] {10, 20}, new double[] {100, 200}))
        .containsExactly(111, 222);
    assertThat(first).containsExactly(1, 2);
    assertThatThrownBy(() -> ReferenceAdd.forward(first, new double[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("source 1 holds 1 values");
  }

  @Test
  void concatJoinsChannelsSampleBySample() {
    // two samples of two pixels; the first source has one channel, the second two
    double[] first = {1, 2, 3, 4};
    double[] second = {10, 11, 12, 13, 20, 21, 22, 23};
    int[] channels = {1, 2};
    double[] joined = {1, 2, 10, 11, 12, 13, 3, 4, 20, 21, 22, 23};
    assertThat(ReferenceConcat.forward(2, 2, channels, first, second)).containsExactly(joined);
    double[][] gradients = ReferenceConcat.backward(2, 2, channels, joined);
    assertThat(gradients[0]).containsExactly(first);
    assertThat(gradients[1]).containsExactly(second);
  }
}
