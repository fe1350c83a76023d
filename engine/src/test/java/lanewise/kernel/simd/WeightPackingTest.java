package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import lanewise.testing.ConvCases;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WeightPackingTest {

  private static final int LANES = Lanes.COUNT;
  private static final float GUARD = -77;

  static List<ConvSpec> specs() {
    return ConvCases.all().stream().map(ConvCases.Case::spec).distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("specs")
  void unpackingGivesWhatWasPackedAndPaddingIsLeftAlone(ConvSpec spec) {
    int weights = Math.toIntExact(spec.weights());
    int floats = Math.toIntExact(WeightPacking.floats(spec));
    // no zeros and no guards among the values
    float[] plain = Fill.uniform(1, weights);
    for (int i = 0; i < weights; i++) {
      plain[i] += 3;
    }
    try (Memory memory = Memory.withBudget(1 << 26)) {
      MemorySegment packed = memory.allocate("packed", 4L * floats);
      for (int i = 0; i < floats; i++) {
        packed.setAtIndex(ValueLayout.JAVA_FLOAT, i, GUARD);
      }
      WeightPacking.pack(spec, plain, packed);
      float[] back = new float[weights];
      WeightPacking.unpack(spec, packed, back);
      Compare.bitEqual("weights", back, plain);
      assertThat(count(packed, floats, GUARD)).isEqualTo(floats - weights);
    }
  }

  private static int count(MemorySegment packed, int floats, float wanted) {
    int found = 0;
    for (int i = 0; i < floats; i++) {
      found += packed.getAtIndex(ValueLayout.JAVA_FLOAT, i) == wanted ? 1 : 0;
    }
    return found;
  }

  /// The documented layout: `[K/lanes][C/lanes][kh][kw][lanes of C][lanes of K]`.
  @Test
  void liesAsDocumented() {
    ConvSpec spec = new ConvSpec(2 * LANES + 1, 5, 5, LANES + 2, 3, 2, 1, 0, 1);
    int k = LANES + 1;
    int c = 2 * LANES;
    float[] plain = new float[Math.toIntExact(spec.weights())];
    plain[((k * spec.channels() + c) * 3 + 2) * 2 + 1] = 5;
    int tap = 2 * 2 + 1;
    int index = (((1 * 3 + 2) * 6 + tap) * LANES + c % LANES) * LANES + k % LANES;
    try (Memory memory = Memory.withBudget(1 << 26)) {
      MemorySegment packed = memory.allocate("packed", 4 * WeightPacking.floats(spec));
      WeightPacking.pack(spec, plain, packed);
      assertThat(packed.getAtIndex(ValueLayout.JAVA_FLOAT, index)).isEqualTo(5);
    }
  }

  @Test
  void groupsOfWholeBlocksStayAndOthersBecomeOneDenseGroup() {
    ConvSpec whole = new ConvSpec(2 * LANES, 4, 4, 4 * LANES, 3, 3, 1, 1, 2);
    ConvSpec partial = new ConvSpec(2 * LANES + 2, 4, 4, 4 * LANES, 3, 3, 1, 1, 2);
    assertThat(WeightPacking.aligned(whole)).isEqualTo(whole);
    assertThat(WeightPacking.floats(whole)).isEqualTo(whole.weights());
    assertThat(WeightPacking.aligned(partial).groups()).isEqualTo(1);
    assertThat(WeightPacking.floats(partial)).isEqualTo(3L * LANES * 4 * LANES * 9);
  }

  @Test
  void transposingTwiceGivesTheWeightsBack() {
    Stream.of(
            new ConvSpec(3 * LANES, 4, 4, 2 * LANES, 3, 1, 1, 0, 1),
            new ConvSpec(2 * LANES, 4, 4, 4 * LANES, 2, 2, 1, 0, 2))
        .forEach(WeightPackingTest::checkTranspose);
  }

  private static void checkTranspose(ConvSpec c) {
    ConvSpec swapped =
        new ConvSpec(
            c.filters(),
            c.height(),
            c.width(),
            c.channels(),
            c.kernelHeight(),
            c.kernelWidth(),
            1,
            0,
            c.groups());
    float[] plain = Fill.uniform(2, Math.toIntExact(c.weights()));
    try (Memory memory = Memory.withBudget(1 << 26);
        Parallel parallel = new Parallel(2)) {
      MemorySegment packed = memory.allocate("packed", 4 * WeightPacking.floats(c));
      MemorySegment transposed = memory.allocate("transposed", packed.byteSize());
      MemorySegment back = memory.allocate("back", packed.byteSize());
      WeightPacking.pack(c, plain, packed);
      long end = packed.byteSize();
      new WeightTranspose(c, false).run(packed, transposed, parallel);
      new WeightTranspose(swapped, false).run(transposed, back, parallel);
      assertThat(back.asSlice(0, end).mismatch(packed)).isEqualTo(-1);
      // weight (k 1, c 0, tap 0) of the original is (k 0, c 1, tap 0) of the transposed one
      float[] other = new float[plain.length];
      WeightPacking.unpack(swapped, transposed, other);
      int taps = c.kernelHeight() * c.kernelWidth();
      assertThat(other[taps]).isEqualTo(plain[c.channelsPerGroup() * taps]);
      new WeightTranspose(c, true).run(packed, transposed, parallel);
      WeightPacking.unpack(swapped, transposed, other);
      assertThat(other[2 * taps - 1]).isEqualTo(plain[c.channelsPerGroup() * taps]);
    }
  }
}
