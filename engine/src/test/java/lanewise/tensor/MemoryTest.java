package lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.error.MemoryBudgetException;
import org.junit.jupiter.api.Test;

class MemoryTest {

  @Test
  void givesZeroedAlignedMemory() {
    try (Memory memory = Memory.withBudget(1 << 20)) {
      for (long bytes : new long[] {1, 4, 100, 64, 4096}) {
        MemorySegment segment = memory.allocate("values", bytes);
        assertThat(segment.byteSize()).isGreaterThanOrEqualTo(bytes);
        assertThat(segment.address() % Memory.ALIGNMENT).isZero();
        assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      }
    }
  }

  @Test
  void countsWhatIsLive() {
    long before = Memory.liveBytesInProcess();
    Memory memory = Memory.withBudget(1000);
    memory.allocate("a", 300);
    memory.allocate("nothing", 0);
    memory.allocate("b", 700);
    assertThat(memory.liveBytes()).isEqualTo(1000);
    assertThat(memory.budget()).isEqualTo(1000);
    assertThat(Memory.liveBytesInProcess() - before).isEqualTo(1000);
    memory.close();
    assertThat(memory.liveBytes()).isZero();
    assertThat(Memory.liveBytesInProcess()).isEqualTo(before);
    memory.close();
    assertThat(Memory.liveBytesInProcess()).isEqualTo(before);
  }

  @Test
  void overTheBudgetItNamesTheTensorAndTheBytes() {
    try (Memory memory = Memory.withBudget(4096)) {
      memory.allocate("a", 1536);
      assertThatThrownBy(() -> memory.allocate("values of conv3", 3 << 20))
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessage(
              "memory budget: values of conv3 needs 3.0 MB, but 1.5 KB of 4.0 KB are in use;"
                  + " use a smaller batch or raise the budget");
      // a refusal leaves the count as it was, and what fits still fits
      assertThat(memory.liveBytes()).isEqualTo(1536);
      memory.allocate("b", 4096 - 1536);
    }
  }

  @Test
  void whatTheSystemRefusesIsABudgetErrorToo() {
    try (Memory memory = Memory.withBudget(Long.MAX_VALUE)) {
      assertThatThrownBy(() -> memory.allocate("everything", 1L << 55))
          .isInstanceOf(MemoryBudgetException.class)
          .hasMessageContaining("everything")
          .hasMessageContaining("refused");
      assertThat(memory.liveBytes()).isZero();
    }
  }

  @Test
  void useAfterCloseIsRefused() {
    Memory memory = Memory.withBudget(1 << 20);
    Tensor tensor = Tensor.allocate(memory, "t", 1, new Shape(1, 2, 3), 1);
    memory.close();
    assertThatIllegalStateException().isThrownBy(() -> tensor.get(0, 0, 0, 0));
    assertThatIllegalStateException().isThrownBy(() -> memory.allocate("late", 8));
    assertThat(memory.liveBytes()).isZero();
  }

  @Test
  void defaultBudgetIsPartOfTheMachine() {
    try (Memory memory = Memory.withDefaultBudget()) {
      assertThat(memory.budget()).isBetween(1L << 24, 1L << 50);
    }
    assertThat(MachineMemory.availableBytes()).isPositive();
  }

  @Test
  void negativeBudgetsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Memory.withBudget(-1))
        .withMessageContaining("-1");
  }

  @Test
  void bytesAsText() {
    assertThat(Memory.text(0)).isEqualTo("0 B");
    assertThat(Memory.text(1023)).isEqualTo("1023 B");
    assertThat(Memory.text(1536)).isEqualTo("1.5 KB");
    assertThat(Memory.text(5L << 20)).isEqualTo("5.0 MB");
    assertThat(Memory.text((5L << 30) / 2)).isEqualTo("2.5 GB");
    assertThat(Memory.text(3L << 40)).isEqualTo("3.0 TB");
    assertThat(Memory.text(2000L << 40)).isEqualTo("2000.0 TB");
  }
}
