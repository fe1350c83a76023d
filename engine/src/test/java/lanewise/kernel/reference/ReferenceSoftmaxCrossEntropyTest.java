package lanewise.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.FiniteDifferences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceSoftmaxCrossEntropyTest {

  /// Probabilities 3/4 and 1/4.
  private static final double[] LOGITS = {Math.log(3), 0};

  @Test
  void probabilitiesByHand() {
    double[] logits = {Math.log(3), 0, 5 + Math.log(3), 5};
    Compare.close(
        "probabilities",
        ReferenceSoftmaxCrossEntropy.softmax(2, 2, logits),
        new double[] {0.75, 0.25, 0.75, 0.25},
        1e-15);
  }

  @Test
  void lossByHand() {
    assertThat(ReferenceSoftmaxCrossEntropy.loss(1, 2, LOGITS, new int[] {0}, 0))
        .isCloseTo(Math.log(4 / 3.0), within(1e-15));
    // smoothing 0.5 makes the target 3/4 and 1/4
    assertThat(ReferenceSoftmaxCrossEntropy.loss(1, 2, LOGITS, new int[] {0}, 0.5))
        .isCloseTo(0.75 * Math.log(4 / 3.0) + 0.25 * Math.log(4), within(1e-15));
    // the mean over two samples, one with each label
    double[] twice = {LOGITS[0], LOGITS[1], LOGITS[0], LOGITS[1]};
    assertThat(ReferenceSoftmaxCrossEntropy.loss(2, 2, twice, new int[] {0, 1}, 0))
        .isCloseTo((Math.log(4 / 3.0) + Math.log(4)) / 2, within(1e-15));
  }

  @Test
  void gradientByHand() {
    Compare.close(
        "dLogits",
        ReferenceSoftmaxCrossEntropy.backward(1, 2, LOGITS, new int[] {1}, 0),
        new double[] {0.75, -0.75},
        1e-15);
    // the smoothed target is what the network says already
    double[] dLogits = ReferenceSoftmaxCrossEntropy.backward(1, 2, LOGITS, new int[] {0}, 0.5);
    assertThat(dLogits[0]).isCloseTo(0, within(1e-15));
    assertThat(dLogits[1]).isCloseTo(0, within(1e-15));
  }

  @Test
  void agreesWithPyTorch() {
    // PyTorch 1.13: cross_entropy(x, [0, 1], label_smoothing=0.3)
    double[] logits = {1, 2, 3, 2, 0, -1};
    int[] labels = {0, 1};
    assertThat(ReferenceSoftmaxCrossEntropy.loss(2, 3, logits, labels, 0.3))
        .isCloseTo(2.0887259920003327, within(1e-14));
    Compare.close(
        "dLogits",
        ReferenceSoftmaxCrossEntropy.backward(2, 3, logits, labels, 0.3),
        new double[] {
          -0.35498471341480975,
          0.07236423552739882,
          0.28262047788741085,
          0.3718973672406697,
          -0.34290240030770275,
          -0.028994966932966975
        },
        1e-14);
  }

  @Test
  void largeLogitsDoNotOverflow() {
    double[] logits = {1000, 0, -1000, 0};
    assertThat(ReferenceSoftmaxCrossEntropy.loss(2, 2, logits, new int[] {1, 0}, 0))
        .isEqualTo(1000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void backwardMatchesFiniteDifferences(double smoothing) {
    double[] logits = Fill.widen(Fill.uniform(1, 3 * 7));
    int[] labels = {6, 0, 3};
    Compare.close(
        "dLogits",
        ReferenceSoftmaxCrossEntropy.backward(3, 7, logits, labels, smoothing),
        FiniteDifferences.gradient(
            x -> ReferenceSoftmaxCrossEntropy.loss(3, 7, x, labels, smoothing), logits),
        1e-6);
  }

  @Test
  void refusesALabelOutOfRange() {
    assertThatThrownBy(() -> ReferenceSoftmaxCrossEntropy.loss(1, 2, LOGITS, new int[] {2}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 2 of 2 classes");
  }
}
