package lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.error.InvalidModelException;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTest {

  private static final Shape SHAPE = new Shape(6, 3, 5);

  private static Tensor allocate(Memory memory, int batch, Shape shape, int lanes) {
    return Tensor.allocate(memory, "tensor", batch, shape, lanes);
  }

  @Test
  void liesAsDocumented() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      Tensor t = allocate(memory, 2, SHAPE, 4);
      assertThat(t.blocks()).isEqualTo(2);
      assertThat(t.blockStride()).isEqualTo(3 * 5 * 4);
      assertThat(t.imageStride()).isEqualTo(2 * 3 * 5 * 4);
      assertThat(t.isDense()).isTrue();
      int index = 120 + ((5 / 4) * 3 * 5 + 2 * 5 + 4) * 4 + 5 % 4;
      assertThat(t.index(1, 5, 2, 4)).isEqualTo(index);
      t.set(1, 5, 2, 4, 7);
      assertThat(t.segment().getAtIndex(ValueLayout.JAVA_FLOAT, index)).isEqualTo(7);
      assertThat(t.get(1, 5, 2, 4)).isEqualTo(7);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8, 16})
  void plainOrderGoesInAndComesOut(int lanes) {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      Tensor t = allocate(memory, 2, SHAPE, lanes);
      float[] plain = Fill.uniform(lanes, 2 * 90);
      t.copyFrom(plain, 2);
      assertThat(t.toArray()).isEqualTo(plain);
      assertThat(t.get(1, 3, 2, 4)).isEqualTo(plain[((6 + 3) * 3 + 2) * 5 + 4]);
      // everything else is padding, and still zero
      double sum = 0;
      for (float value : t.segment().toArray(ValueLayout.JAVA_FLOAT)) {
        sum += value;
      }
      double expected = 0;
      for (float value : plain) {
        expected += value;
      }
      assertThat(sum).isEqualTo(expected, within(1e-9));
    }
  }

  @Test
  void oneLaneIsPlainNchw() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      Tensor t = allocate(memory, 2, SHAPE, 1);
      float[] plain = Fill.uniform(1, 2 * 90);
      t.copyFrom(plain, 2);
      assertThat(t.segment().asSlice(0, 4 * 180).toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(plain);
    }
  }

  @Test
  void copiesOnlySoManySamples() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      Tensor t = allocate(memory, 3, Shape.vector(2), 4);
      t.copyFrom(new float[] {1, 2, 3, 4, 5, 6}, 3);
      t.copyFrom(new float[] {7, 8}, 1);
      assertThat(t.toArray()).containsExactly(7, 8, 3, 4, 5, 6);
      float[] out = new float[6];
      t.copyTo(out, 2);
      assertThat(out).containsExactly(7, 8, 3, 4, 0, 0);
    }
  }

  @Test
  void aSliceSkipsWhatLiesBetweenItsSamples() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      Tensor whole = allocate(memory, 2, new Shape(12, 1, 2), 4);
      long block = whole.blockStride() * (long) Float.BYTES;
      MemorySegment segment = whole.segment().asSlice(block);
      Tensor slice = new Tensor(segment, 2, new Shape(4, 1, 2), 4, whole.imageStride());
      assertThat(slice.isDense()).isFalse();
      slice.copyFrom(Fill.integers(1, 16, 9, 1), 2);
      assertThat(slice.toArray()).isEqualTo(Fill.integers(1, 16, 9, 1));
      for (int n = 0; n < 2; n++) {
        assertThat(whole.get(n, 4, 0, 1)).isEqualTo(slice.get(n, 0, 0, 1)).isNotZero();
        assertThat(whole.get(n, 3, 0, 1)).isZero();
        assertThat(whole.get(n, 8, 0, 0)).isZero();
      }
    }
  }

  @Test
  void tooLittleMemoryIsRefused() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      MemorySegment segment = memory.allocate("short", 4 * 239 + Tensor.ROOM);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Tensor.dense(segment, 2, SHAPE, 4))
          .withMessage(
              "2 x 6x3x5 in blocks of 4 needs 960 bytes and 16384 behind them, the memory holds"
                  + " 17340");
      assertThatIllegalArgumentException().isThrownBy(() -> Tensor.dense(segment, 0, SHAPE, 4));
    }
  }

  @Test
  void shapes() {
    assertThat(SHAPE.elements()).isEqualTo(90);
    assertThat(SHAPE.pixels()).isEqualTo(15);
    assertThat(SHAPE).hasToString("6x3x5");
    assertThat(Shape.vector(100)).hasToString("100");
    assertThat(Shape.vector(100).isVector()).isTrue();
    assertThat(SHAPE.isVector()).isFalse();
    assertThat(new Shape(1 << 20, 1 << 10, 1 << 10).elements()).isEqualTo(1L << 40);
    for (int[] bad : new int[][] {{0, 1, 1}, {1, 0, 1}, {1, 1, -1}}) {
      assertThatThrownBy(() -> new Shape(bad[0], bad[1], bad[2]))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("every dimension must be at least 1");
    }
  }
}
