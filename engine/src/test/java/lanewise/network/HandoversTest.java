package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import lanewise.layer.Handover;
import org.junit.jupiter.api.Test;

class HandoversTest {

  /// Labels of the operations whose output, or first input's gradient, is made by a neighbour, or
  /// that read statistics which the convolution before has taken.
  private record Found(List<String> values, List<String> gradients, List<String> statistics) {
    static Found in(Network network, Mode mode, int threads) {
      MemoryPlan plan = Program.plan(network, 2, mode, threads);
      Handover[] handovers = plan.handovers();
      Found found = new Found(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (Fusion.Fused f : plan.operations()) {
        if (f.layer().normalizes()) {
          Handover input = handovers[f.inputs().getFirst()];
          add(found.values, handovers[f.output()].value(), f);
          add(found.gradients, input.gradient(), f);
          add(found.statistics, input.statistics(), f);
        }
      }
      return found;
    }

    private static void add(List<String> labels, Object handedOver, Fusion.Fused f) {
      if (handedOver != null) {
        labels.add(f.label());
      }
    }
  }

  private static Found training(Flow end) {
    return Found.in(end.network("n"), Mode.TRAINING, 2);
  }

  @Test
  void betweenTwoConvolutionsEverythingIsHandedOver() {
    Found found =
        training(Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu().conv(5, 3, 1, 1));
    assertThat(found.values()).containsExactly("bn1+relu1");
    assertThat(found.gradients()).containsExactly("bn1+relu1");
    assertThat(found.statistics()).containsExactly("bn1+relu1");
  }

  @Test
  void inInferenceNothingIs() {
    Flow x = Flow.input(3, 8, 8).maxPool(2, 2, 0);
    Network network = x.batchNorm().conv(5, 3, 1, 1).network("n");
    assertThat(Found.in(network, Mode.TRAINING, 2).values()).containsExactly("bn1");
    assertThat(Found.in(network, Mode.INFERENCE, 2))
        .isEqualTo(new Found(List.of(), List.of(), List.of()));
  }

  /// One thread would make a sample while others wait for it.
  @Test
  void nothingWaitsWithFewerSamplesThanThreads() {
    Flow end = Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu().conv(5, 3, 1, 1);
    Found found = Found.in(end.network("n"), Mode.TRAINING, 3);
    assertThat(found.values()).isEmpty();
    assertThat(found.gradients()).isEmpty();
    assertThat(found.statistics()).containsExactly("bn1+relu1");
  }

  @Test
  void aPoolingMakesNothing() {
    Flow x = Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu().maxPool(2, 2, 0);
    assertThat(training(x.conv(5, 3, 1, 1)).values()).isEmpty();
    assertThat(training(x.batchNorm()).gradients()).containsExactly("bn1+relu1");
  }

  /// The block's convolution comes first; what is added is read after it was made.
  @Test
  void whatIsReadTwiceIsMadeByTheFirst() {
    Flow stem = Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu();
    Flow block = stem.conv(4, 3, 1, 1).batchNorm().add(stem).relu();
    Found found = training(block.conv(5, 3, 1, 1));
    assertThat(found.values()).containsExactly("bn1+relu1", "bn2+add1+relu2");
    assertThat(found.gradients()).containsExactly("bn1+relu1", "bn2+add1+relu2");
  }

  @Test
  void whatAnotherOperationReadsBeforeIsThere() {
    Flow stem = Flow.input(3, 8, 8).conv(4, 3, 1, 1).batchNorm().relu();
    Flow pooled = stem.maxPool(3, 1, 1);
    assertThat(training(Flow.concat(pooled, stem.conv(5, 3, 1, 1))).values()).isEmpty();
  }

  /// Its gradient is the sum of what both give it.
  @Test
  void theGradientOfAValueThatIsReadTwiceIsThere() {
    Flow x = Flow.input(3, 8, 8).conv(4, 3, 1, 1);
    assertThat(training(Flow.concat(x.batchNorm().relu(), x)).gradients()).isEmpty();
    Flow out = Flow.input(3, 8, 8).conv(4, 3, 1, 1);
    out.auxiliaryOutput(0.5);
    assertThat(training(out.batchNorm().relu()).gradients()).isEmpty();
  }

  @Test
  void joinedConvolutionsHandOverStatisticsAlone() {
    Flow stem = Flow.input(3, 8, 8).conv(20, 3, 1, 1);
    Flow one = stem.conv(17, 1, 1, 0).batchNorm();
    Flow two = stem.conv(5, 1, 1, 0).batchNorm();
    Found found = training(Flow.concat(one, two));
    assertThat(found.statistics()).containsExactly("bn1", "bn2");
    assertThat(found.gradients()).isEmpty();
  }
}
