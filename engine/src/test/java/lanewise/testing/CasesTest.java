package lanewise.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.function.Predicate;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.PoolSpec;
import org.junit.jupiter.api.Test;

/// The lists hold the odd cases that they are there for, so that a shortened list is noticed.
class CasesTest {

  @Test
  void convolutionsAreOddEnough() {
    assertThat(ConvCases.all()).doesNotHaveDuplicates();
    assertThat(ConvCases.all()).extracting(ConvCases.Case::batch).containsOnly(1, 3);
    hasConv(s -> s.height() == 1 && s.width() == 1);
    hasConv(s -> s.channels() == 1);
    hasConv(s -> s.channels() % 4 != 0 && s.channels() > 16 && s.filters() % 4 != 0);
    hasConv(s -> s.kernelHeight() > s.height() && s.kernelWidth() > s.width());
    hasConv(s -> s.stride() > s.kernelHeight());
    hasConv(s -> s.kernelHeight() != s.kernelWidth());
    hasConv(s -> s.groups() > 1 && s.channelsPerGroup() % 16 == 0);
    hasConv(s -> s.groups() > 1 && s.channelsPerGroup() % 4 != 0);
    hasConv(s -> s.kernelHeight() == 7 && s.stride() == 2);
    hasConv(s -> s.kernelHeight() == 11 && s.stride() == 4);
    for (int i = 0; i < 4; i++) {
      int n = i;
      hasConv(s -> s.stride() == n + 1);
      hasConv(s -> s.padding() == n);
    }
  }

  @Test
  void poolingsAreOddEnough() {
    assertThat(PoolCases.all()).doesNotHaveDuplicates();
    assertThat(PoolCases.all()).extracting(PoolCases.Case::batch).containsOnly(1, 3);
    hasPool(s -> s.height() == 1 && s.width() == 1);
    hasPool(s -> s.kernel() > s.height() && s.kernel() > s.width());
    hasPool(s -> s.stride() > s.kernel());
    hasPool(s -> s.ceilMode() && s.padding() > 0);
    // a last window that reaches beyond the padding
    hasPool(s -> (s.outHeight() - 1) * s.stride() + s.kernel() > s.height() + 2 * s.padding());
  }

  @Test
  void publishedShapesAreParsed() throws IOException {
    assertThat(ConvCases.parse("alexnet,alexnet:conv2,2,96,256,27,27,5,5,1,2,27"))
        .isEqualTo(new ConvSpec(96, 27, 27, 256, 5, 5, 1, 2, 2));
    assertThatThrownBy(() -> ConvCases.parse("a,b,2,96,256,27,27,5,5,1,2,26"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("has 27 output rows");
    assertThat(ConvCases.published()).doesNotHaveDuplicates();
  }

  private static void hasConv(Predicate<ConvSpec> condition) {
    assertThat(ConvCases.all()).anyMatch(test -> condition.test(test.spec()));
  }

  private static void hasPool(Predicate<PoolSpec> condition) {
    assertThat(PoolCases.all()).anyMatch(test -> condition.test(test.spec()));
  }
}
