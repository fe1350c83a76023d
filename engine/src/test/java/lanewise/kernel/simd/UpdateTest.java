package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lanewise.kernel.reference.ReferenceOptimizer;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpdateTest {

  private static final int FLOATS = 96;
  private static final int FROM = 16;
  private static final int COUNT = 64;

  private final float[] parameters = Fill.uniform(1, FLOATS);
  private final float[] gradients = Fill.uniform(2, FLOATS);
  private final float[] velocity = Fill.uniform(3, FLOATS);

  @ParameterizedTest
  @CsvSource({"0.9, true, 0.01", "0.9, false, 0.01", "0.5, false, 0"})
  void momentumEqualsTheReferenceInItsRangeAndTouchesNothingElse(
      double momentum, boolean nesterov, double decay) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment p = copy(arena, parameters);
      MemorySegment g = copy(arena, gradients);
      MemorySegment v = copy(arena, velocity);
      Update.sgdMomentum(p, g, v, FROM, COUNT, 0.1f, (float) decay, (float) momentum, nesterov);
      double[] expected = range(parameters);
      double[] expectedVelocity = range(velocity);
      ReferenceOptimizer.sgd(
          expected, range(gradients), expectedVelocity, 0.1, momentum, decay, nesterov);
      check(p, parameters, expected);
      check(v, velocity, expectedVelocity);
      assertThat(g.toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(gradients);
    }
  }

  @Test
  void plainEqualsTheReferenceWithoutMomentum() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment p = copy(arena, parameters);
      Update.sgd(p, copy(arena, gradients), FROM, COUNT, 0.1f, 0.01f);
      double[] expected = range(parameters);
      ReferenceOptimizer.sgd(expected, range(gradients), new double[COUNT], 0.1, 0, 0.01, false);
      check(p, parameters, expected);
    }
  }

  @Test
  void refusesPartsOfVectors() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment p = copy(arena, parameters);
      assertThatThrownBy(() -> Update.sgd(p, p, 0, Lanes.COUNT + 1, 0.1f, 0))
          .hasMessageContaining("not whole vectors");
    }
  }

  private static MemorySegment copy(Arena arena, float[] values) {
    MemorySegment segment = arena.allocate(FLOATS * 4L, 64);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, FLOATS);
    return segment;
  }

  private static double[] range(float[] values) {
    return Fill.widen(Arrays.copyOfRange(values, FROM, FROM + COUNT));
  }

  private static void check(MemorySegment actual, float[] before, double[] expected) {
    float[] values = actual.toArray(ValueLayout.JAVA_FLOAT);
    for (int i = 0; i < FLOATS; i++) {
      boolean inside = i >= FROM && i < FROM + COUNT;
      double wanted = inside ? expected[i - FROM] : before[i];
      assertThat((double) values[i]).as("float %d", i).isEqualTo(wanted, within(inside ? 1e-6 : 0));
    }
  }
}
