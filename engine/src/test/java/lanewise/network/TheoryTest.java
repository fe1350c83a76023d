package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.network.Theory.Counting;
import org.junit.jupiter.api.Test;

class TheoryTest {

  /// 3x8x8 -> conv 4x8x8 -> bn -> relu -> pool 4x4x4 -> flatten 64 -> dropout -> fc 10.
  private static final Network NETWORK =
      Flow.input(3, 8, 8)
          .convBias(4, 3, 1, 1)
          .batchNorm()
          .relu()
          .maxPool(2, 2, 0)
          .flatten()
          .dropout(0.5)
          .linear(10)
          .network("small");

  private static final long CONV = 4 * 8 * 8 * 3 * 9;
  private static final long FC = 64 * 10;

  private static Theory theory(boolean biases, boolean strict) {
    return Theory.of(NETWORK, new Counting(biases, strict));
  }

  @Test
  void countsAsTheLectureDoes() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    assertThat(theory.layer("conv1").forwardOperations()).isEqualTo(CONV);
    assertThat(theory.layer("relu1").forwardOperations()).isZero();
    assertThat(theory.layer("pool1").forwardOperations()).isEqualTo(64 * 4);
    assertThat(theory.layer("fc1").forwardOperations()).isEqualTo(FC);
    assertThat(theory.forwardOperations()).isEqualTo(CONV + 64 * 4 + FC);
    assertThat(theory.layer("conv1").outputKilobytes()).isEqualTo(1);
    assertThat(theory.outputBytes()).isEqualTo((3 * 256 + 64 + 64 + 64 + 10) * 4);
  }

  @Test
  void biasesCountOnRequestAndAreAlwaysParameters() {
    Theory theory = theory(true, false);
    assertThat(theory.layer("conv1").forwardOperations()).isEqualTo(CONV + 256);
    assertThat(theory.layer("fc1").forwardOperations()).isEqualTo(FC + 10);
    assertThat(theory.layer("pool1").forwardOperations()).isEqualTo(64 * 4);
    assertThat(theory.layer("conv1").parameters()).isEqualTo(108 + 4);
    assertThat(theory.layer("conv1").biases()).isEqualTo(4);
    assertThat(theory.layer("bn1").biases()).isZero();
    assertThat(theory.parameters()).isEqualTo(NETWORK.trainedParameters());
  }

  @Test
  void aMultiplyAddIsTwoOperationsStrictly() {
    Theory theory = theory(true, true);
    assertThat(theory.layer("conv1").forwardOperations()).isEqualTo(2 * CONV + 256);
    assertThat(theory.layer("pool1").forwardOperations()).isEqualTo(64 * 4);
  }

  @Test
  void backwardCostsTwiceForwardExceptInTheFirstLayer() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    assertThat(theory.layer("conv1").backwardOperations()).isEqualTo(CONV);
    assertThat(theory.layer("pool1").backwardOperations()).isEqualTo(64 * 4);
    assertThat(theory.layer("fc1").backwardOperations()).isEqualTo(2 * FC);
    assertThat(theory.backwardOperations()).isEqualTo(CONV + 64 * 4 + 2 * FC);
  }

  @Test
  void poolingInFrontOfAllWeightsHasNoBackward() {
    Network network = Flow.input(1, 4, 4).maxPool(2, 2, 0).flatten().linear(3).network("n");
    Theory theory = Theory.of(network, Counting.LECTURE);
    assertThat(theory.layer("pool1").backwardOperations()).isZero();
    assertThat(theory.layer("fc1").backwardOperations()).isEqualTo(12);
    assertThat(theory.traffic(0, 2, Mode.TRAINING).backward()).isZero();
  }

  @Test
  void trafficOfSingleLayers() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    Theory.Traffic conv = theory.traffic(0, 2, Mode.TRAINING);
    assertThat(conv.forward()).isEqualTo(4 * (2 * 192 + 112 + 2 * 256));
    // Output gradient and input are read, the gradients of the parameters written.
    assertThat(conv.backward()).isEqualTo(4 * (2 * 256 + 2 * 192 + 112));
    assertThat(conv.update()).isEqualTo(4 * 5 * 112);
    assertThat(conv.bytes()).isEqualTo(conv.forward() + conv.backward() + conv.update());
    Theory.Traffic linear = theory.traffic(List.of("fc1"), 2, Mode.TRAINING);
    assertThat(linear.backward())
        .isEqualTo(4 * (2 * 10 + 2 * 650 + 2 * 64 + 2 * 64)); // and the input's gradient
    Theory.Traffic inference = theory.traffic(0, 2, Mode.INFERENCE);
    assertThat(inference).isEqualTo(new Theory.Traffic(conv.forward(), 0, 0));
  }

  @Test
  void whatPassesBetweenFusedLayersIsNotMoved() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    Theory.Traffic apart = theory.traffic(1, 2, Mode.TRAINING);
    Theory.Traffic fused = theory.traffic(Theory.layersOf("bn1+relu1"), 2, Mode.TRAINING);
    assertThat(fused.forward()).isEqualTo(apart.forward());
    assertThat(fused.backward())
        .as("the output as well, for the mask")
        .isEqualTo(apart.backward() + 4 * 2 * 256);
  }

  @Test
  void aFusedResidualReadsBothInputs() {
    Flow x = Flow.input(2, 4, 4).conv(2, 1, 1, 0);
    Network network = x.conv(2, 3, 1, 1).batchNorm().add(x).relu().network("residual");
    Theory theory = Theory.of(network, Counting.LECTURE);
    List<String> group = List.of("bn1", "add1", "relu1");
    assertThat(theory.traffic(group, 1, Mode.INFERENCE).forward())
        .isEqualTo(4 * (32 + 32 + 8 + 32));
  }

  @Test
  void dropoutMovesNothingInInference() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    assertThat(theory.traffic(List.of("dropout1"), 4, Mode.INFERENCE).bytes()).isZero();
    assertThat(theory.traffic(List.of("dropout1"), 4, Mode.TRAINING).forward())
        .isEqualTo(4 * 4 * 2 * 64);
  }

  @Test
  void theTotalIsTheSumOfTheLayers() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    long sum = 0;
    for (int i = 0; i < theory.layers().size(); i++) {
      sum += theory.traffic(i, 3, Mode.TRAINING).bytes();
    }
    assertThat(theory.traffic(3, Mode.TRAINING).bytes()).isEqualTo(sum);
  }

  @Test
  void anUnknownLayerIsNamed() {
    Theory theory = Theory.of(NETWORK, Counting.LECTURE);
    assertThatThrownBy(() -> theory.layer("conv9"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("small has no layer conv9");
  }
}
