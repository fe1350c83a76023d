package lanewise.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// Sizes and costs that follow from [ConvSpec] and [PoolSpec], and what they refuse.
class SpecsTest {

  @Test
  void sizesOfAConvolution() {
    // AlexNet's first layer
    ConvSpec c = ConvSpec.of(new Shape(3, 227, 227), 96, 11, 4, 0);
    assertThat(c.input()).isEqualTo(new Shape(3, 227, 227));
    assertThat(c.output()).isEqualTo(new Shape(96, 55, 55));
    assertThat(c.weights()).isEqualTo(34_848);
    assertThat(c.multiplyAdds()).isEqualTo(105_415_200);
    assertThat(c).hasToString("3x227x227 -> 96, 11x11/4 pad 0");
  }

  @Test
  void groupsDivideTheWeights() {
    // AlexNet's second layer
    ConvSpec c = new ConvSpec(96, 27, 27, 256, 5, 5, 1, 2, 2);
    assertThat(c.channelsPerGroup()).isEqualTo(48);
    assertThat(c.filtersPerGroup()).isEqualTo(128);
    assertThat(c.weights()).isEqualTo(307_200);
    assertThat(c.output()).isEqualTo(new Shape(256, 27, 27));
    assertThat(c).hasToString("96x27x27 -> 256, 5x5/1 pad 2 groups 2");
  }

  @Test
  void rowsAndColumnsAreIndependent() {
    ConvSpec c = new ConvSpec(2, 9, 20, 3, 2, 5, 3, 1, 1);
    assertThat(c.outHeight()).isEqualTo(4);
    assertThat(c.outWidth()).isEqualTo(6);
  }

  @Test
  void convolutionsRefuseNonsense() {
    Shape map = new Shape(4, 5, 6);
    refused(() -> ConvSpec.of(map, 0, 3, 1, 1), "every size must be at least 1, got 4x5x6 -> 0");
    refused(() -> ConvSpec.of(map, 8, 0, 1, 1), "every size must be at least 1");
    refused(() -> ConvSpec.of(map, 8, 3, 0, 1), "stride and groups must be at least 1");
    refused(() -> ConvSpec.of(map, 8, 3, 1, -1), "padding at least 0");
    refused(() -> ConvSpec.of(map, 8, 8, 1, 1), "8x8 kernel does not fit into the 5x6 map");
    refused(
        () -> new ConvSpec(4, 5, 6, 9, 3, 3, 1, 1, 2),
        "4 input and 9 output channels cannot be split into 2 groups");
  }

  @Test
  void sizesOfAPooling() {
    assertThat(PoolSpec.of(new Shape(6, 28, 28), 2, 2, 0).output()).isEqualTo(new Shape(6, 14, 14));
    // ResNet's first pooling, and GoogLeNet's, which rounds up
    assertThat(PoolSpec.of(new Shape(64, 112, 112), 3, 2, 1).outHeight()).isEqualTo(56);
    assertThat(new PoolSpec(64, 112, 112, 3, 2, 0, true).outHeight()).isEqualTo(56);
    assertThat(new PoolSpec(64, 112, 112, 3, 2, 0, false).outHeight()).isEqualTo(55);
    // the last window would start in the right padding: dropped even in ceil mode
    assertThat(new PoolSpec(1, 5, 7, 2, 3, 1, true).output()).isEqualTo(new Shape(1, 2, 3));
  }

  @Test
  void poolingsRefuseNonsense() {
    Shape map = new Shape(4, 5, 6);
    refused(() -> PoolSpec.of(map, 0, 1, 0), "sizes and stride must be at least 1");
    refused(() -> PoolSpec.of(map, 3, 0, 0), "sizes and stride must be at least 1");
    refused(() -> PoolSpec.of(map, 3, 2, 2), "padding 2 is more than half the kernel 3");
    refused(() -> PoolSpec.of(map, 8, 2, 1), "8x8 window does not fit into the 5x6 map");
  }

  private static void refused(ThrowingCallable code, String message) {
    assertThatThrownBy(code)
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(message);
  }
}
