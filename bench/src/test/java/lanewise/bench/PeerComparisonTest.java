package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import lanewise.error.InvalidModelException;
import lanewise.layer.Dropout;
import lanewise.models.Models;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.storage.SafeTensorsReader;
import lanewise.storage.SafeTensorsWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerComparisonTest {

  private static final Network LINEAR =
      PeerComparison.withoutDropout(
          Flow.input(1, 1, 1)
              .relu()
              .maxPool(1, 1, 0)
              .dropout(0.5)
              .flatten()
              .linear(2)
              .network("n"));
  private static final String LAYER = LINEAR.nodes().getLast().name();

  @TempDir Path folder;

  /// Weights 1 and 2 and the input 3 give logits 3 and 6; the right class is the first.
  private PeerDifferences compare(double gradientFactor, int biases) {
    float loss = (float) Math.log1p(Math.exp(3));
    float p = (float) (1 / (1 + Math.exp(-3)));
    float g = (float) (p * gradientFactor);
    SafeTensorsWriter writer =
        new SafeTensorsWriter()
            .addFloats("parameter." + LAYER + ".weight", new float[] {1, 2}, 2, 1)
            .addFloats("parameter." + LAYER + ".bias", new float[2], 2)
            .addFloats("input", new float[] {3}, 1, 1, 1, 1)
            .addLongs("labels", new long[] {0}, 1);
    for (var precision : Map.of("", g, "exact.", p).entrySet()) {
      float bias = precision.getValue();
      writer
          .addFloats(precision.getKey() + "eval.output", new float[] {3, 6}, 1, 2)
          .addFloats(precision.getKey() + "train.output.0", new float[] {3, 6}, 1, 2)
          .addFloats(precision.getKey() + "loss", new float[] {loss}, 1)
          .addFloats(
              precision.getKey() + "gradient." + LAYER + ".weight",
              new float[] {-3 * p, 3 * p},
              2,
              1)
          .addFloats(
              precision.getKey() + "gradient." + LAYER + ".bias",
              Arrays.copyOf(new float[] {-bias, bias}, biases),
              biases);
    }
    Path file = folder.resolve("reference.safetensors");
    writer.write(file);
    try (SafeTensorsReader reader = SafeTensorsReader.open(file)) {
      return PeerDifferences.of(LINEAR, reader);
    }
  }

  @Test
  void equalResultsDifferByRounding() {
    assertThat(compare(1, 2).all())
        .hasSize(5)
        .allSatisfy(
            d -> {
              assertThat(d.peer()).isLessThan(1e-6);
              assertThat(d.exact()).isLessThan(1e-6);
              assertThat(d.peerExact()).isZero();
            });
  }

  @Test
  void choicesAreWhatComesOutOfReLUsAndGoesIntoMaxPoolingsThoughItBeTheSame() {
    assertThat(compare(1, 2).choices()).containsExactly(0, 0, 0x40, 0x40, 0, 0, 0x40, 0x40);
  }

  @Test
  void aGradientThatIsOffIsFound() {
    String bias = "gradient." + LAYER + ".bias";
    assertThat(compare(0.8, 2).all())
        .allSatisfy(
            d -> {
              boolean off = d.what().equals(bias);
              assertThat(d.peer()).isCloseTo(off ? 0.25 : 0, within(1e-6));
              assertThat(d.exact()).isLessThan(1e-6);
              assertThat(d.peerExact()).isCloseTo(off ? 0.2 : 0, within(1e-6));
            });
  }

  @Test
  void biasesBeforeABatchNormalizationAreNotCompared() {
    Network network = Models.create("vgg11-bn-imagenet");
    assertThat(PeerDifferences.isNormalizedAway(network, "stage5.conv2.bias")).isTrue();
    assertThat(PeerDifferences.isNormalizedAway(network, "stage5.conv2.weight")).isFalse();
    assertThat(PeerDifferences.isNormalizedAway(network, "stage5.bn2.bias")).isFalse();
    assertThat(PeerDifferences.isNormalizedAway(network, "fc1.bias")).isFalse();
    Network plain = Models.create("vgg11-imagenet");
    assertThat(PeerDifferences.isNormalizedAway(plain, "stage5.conv2.bias")).isFalse();
  }

  @Test
  void theReferenceOfAnotherNetworkIsRefused() {
    assertThatThrownBy(() -> compare(1, 1))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("gradient." + LAYER + ".bias");
  }

  @Test
  void valuesThatAreNotNumbersAreNotOverlooked() {
    assertThat(PeerDifferences.difference(new float[] {Float.NaN, 1}, new float[] {1, 1})).isNaN();
    assertThat(PeerDifferences.difference(new float[] {1, 3}, new float[] {1, 4})).isEqualTo(0.25);
  }

  @Test
  void dropoutLosesItsEffectAndNothingElseChanges() {
    Network network = Models.create("alexnet");
    Network without = PeerComparison.withoutDropout(network);
    assertThat(without.nodes()).hasSameSizeAs(network.nodes());
    for (int i = 0; i < network.nodes().size(); i++) {
      Network.Node node = network.nodes().get(i);
      assertThat(without.nodes().get(i))
          .isEqualTo(
              node.layer() instanceof Dropout
                  ? new Network.Node(node.name(), new Dropout(0), node.inputs())
                  : node);
    }
    assertThat(without.outputs()).isEqualTo(network.outputs());
    assertThat(without).isNotEqualTo(network);
  }
}
