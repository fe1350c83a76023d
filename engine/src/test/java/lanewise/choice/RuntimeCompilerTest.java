package lanewise.choice;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RuntimeCompilerTest {

  @Test
  void thisJvmTells() {
    assertThat(RuntimeCompiler.queue()).contains("compile queue");
  }

  @Test
  void kernelsCountWhetherTheyAreCompiledOrWait() {
    String idle = "Current compiles: \n\nC1 compile queue:\nEmpty\n\nC2 compile queue:\nEmpty\n";
    String compiled =
        "Current compiles: \nC2 CompilerThread0  77   4  lanewise.kernel.simd.WideTiles::run\n";
    String waiting =
        idle.replace("Empty", "78   4   jdk.incubator.vector.FloatVector::fma (9 bytes)");
    assertThat(RuntimeCompiler.isBusy(idle)).isFalse();
    assertThat(RuntimeCompiler.isBusy(compiled)).isTrue();
    assertThat(RuntimeCompiler.isBusy(waiting)).isTrue();
  }

  @Test
  void othersDoNot() {
    String other = "C2 compile queue:\n1163   4   java.util.HashMap::getOrDefault (19 bytes)\n";
    assertThat(RuntimeCompiler.isBusy(other)).isFalse();
    assertThat(RuntimeCompiler.isBusy("")).isFalse();
  }
}
