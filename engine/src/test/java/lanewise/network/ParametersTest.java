package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;
import lanewise.testing.Fill;
import org.junit.jupiter.api.Test;

class ParametersTest {

  private static final Network NETWORK = TestNetworks.branched();

  @Test
  void trainedOnesComeFirstWithoutGaps() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(NETWORK, memory, 1);
      long offset = 0;
      long trained = 0;
      for (Parameters.Entry entry : parameters.entries()) {
        assertThat(entry.offset()).as(entry.name()).isEqualTo(offset);
        assertThat(entry.floats() % 16).isZero();
        offset += entry.floats();
        if (entry.parameter().role().trained()) {
          trained = offset;
        } else {
          assertThat(entry.offset()).isGreaterThanOrEqualTo(parameters.trainedFloats());
        }
      }
      assertThat(parameters.trainedFloats()).isEqualTo(trained);
      assertThat(parameters.values().byteSize()).isEqualTo(4 * offset);
      assertThat(memory.liveBytes()).isEqualTo(4 * offset + Tensor.ROOM);
      assertThat(Parameters.bytes(parameters.network())).isEqualTo(memory.liveBytes());
      assertThat(parameters.entries().get(0).name()).isEqualTo("conv1.weight");
      assertThat(parameters.entries().getLast().name()).endsWith("running_var");
    }
  }

  @Test
  void plainOrderGoesInAndComesOut() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(NETWORK, memory, 1);
      List<Parameters.Entry> entries = parameters.entries();
      for (int i = 0; i < entries.size(); i++) {
        parameters.set(entries.get(i).name(), values(entries, i));
      }
      for (int i = 0; i < entries.size(); i++) {
        assertThat(parameters.get(entries.get(i).name())).isEqualTo(values(entries, i));
      }
    }
  }

  private static float[] values(List<Parameters.Entry> entries, int index) {
    return Fill.uniform(index, Math.toIntExact(entries.get(index).parameter().elements()));
  }

  /// Each from its own key, whatever the lanes: the same network from the same seed is the same
  /// everywhere.
  @Test
  void startFromTheSeed() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters one = Parameters.create(NETWORK, memory, 5);
      Parameters same = Parameters.create(NETWORK, memory, 5);
      Parameters other = Parameters.create(NETWORK, memory, 6);
      assertThat(one.values().mismatch(same.values())).isEqualTo(-1);
      assertThat(one.get("conv1.weight")).isNotEqualTo(other.get("conv1.weight"));
      assertThat(one.seed()).isEqualTo(5);
      assertThat(one.network()).isEqualTo(NETWORK);
      int index = 0;
      for (Parameters.Entry entry : one.entries()) {
        float[] expected = new float[Math.toIntExact(entry.parameter().elements())];
        long key = CounterRandom.key(5, Purpose.INITIALIZATION, index++);
        entry.parameter().initialization().fill(expected, key);
        assertThat(one.get(entry.name())).as(entry.name()).isEqualTo(expected);
      }
      assertThat(one.get("bn1.weight")).containsOnly(1);
      assertThat(one.get("bn1.running_var")).containsOnly(1);
      assertThat(one.get("bn1.running_mean")).containsOnly(0);
      assertThat(one.get("fc1.bias")).containsOnly(0);
    }
  }

  /// The optimizer passes over everything: padding is zero and its gradients are.
  @Test
  void paddingIsZeroAndStaysSo() {
    try (var run = new ProgramRun(NETWORK, 3, Mode.TRAINING, 2)) {
      run.step();
      for (Parameters.Entry entry : run.parameters.entries()) {
        if (entry.parameter().role().trained()) {
          float[] gradient = run.gradient(entry.name());
          assertThat(nonZeros(run, entry)).as(entry.name()).isLessThanOrEqualTo(gradient.length);
          run.parameters.set(entry.name(), new float[gradient.length]);
          assertThat(entry.values().toArray(ValueLayout.JAVA_FLOAT)).containsOnly(0);
        }
      }
    }
  }

  private static int nonZeros(ProgramRun run, Parameters.Entry entry) {
    int count = 0;
    for (long i = 0; i < entry.floats(); i++) {
      float value = run.program.gradients().getAtIndex(ValueLayout.JAVA_FLOAT, entry.offset() + i);
      count += value != 0 ? 1 : 0;
    }
    return count;
  }

  @Test
  void wrongNamesAndSizesAreRefused() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(NETWORK, memory, 1);
      assertThatThrownBy(() -> parameters.get("conv9.weight"))
          .isInstanceOf(InvalidModelException.class)
          .hasMessage("branched has no parameter conv9.weight");
      assertThatThrownBy(() -> parameters.set("fc2.weight", new float[71]))
          .isInstanceOf(InvalidModelException.class)
          .hasMessage("branched: fc2.weight has 72 values of shape [4, 18], got 71");
    }
  }

  /// Weights of what training joins; no seed gives them other values for that.
  @Test
  void weightsOfJoinedLayersLieTogether() {
    try (Memory memory = Memory.withBudget(1 << 26)) {
      Parameters parameters = Parameters.create(TestNetworks.siblings(), memory, 1);
      List<String> names = List.of("conv2.weight", "conv3.weight", "conv5.weight");
      Parameters.Entry all = parameters.together(names);
      long floats = 0;
      for (String name : names) {
        assertThat(parameters.entry(name).offset()).isEqualTo(all.offset() + floats);
        floats += parameters.entry(name).floats();
      }
      assertThat(all.values().byteSize()).isEqualTo(floats * Float.BYTES);
      assertThat(all.values().address())
          .isEqualTo(parameters.entry(names.get(0)).values().address());
      assertThatThrownBy(() -> parameters.together(List.of("conv2.weight", "conv5.weight")))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("parameter conv5.weight does not lie behind conv2.weight");
      long end = 0;
      for (Parameters.Entry entry : parameters.entries()) {
        end = Math.max(end, entry.offset() + entry.floats());
      }
      assertThat(parameters.values().byteSize()).isEqualTo(end * Float.BYTES);
    }
  }
}
