package lanewise.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Handover;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;
import lanewise.testing.TryingChooser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {

  record Case(Network network, int batch, Mode mode) {
    /// The network that runs.
    Network compiled() {
      return mode == Mode.TRAINING ? network : network.withoutAuxiliaryOutputs();
    }

    MemoryPlan plan() {
      return Program.plan(network, batch, mode, 2);
    }

    @Override
    public String toString() {
      return "%s, batch %d, %s".formatted(network.name(), batch, mode);
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
            TestNetworks.chain(),
            TestNetworks.branched(),
            TestNetworks.joined(),
            TestNetworks.siblings(),
            TestNetworks.blocks(),
            TestNetworks.unfused(TestNetworks.branched()))
        .flatMap(
            network ->
                Stream.of(
                    new Case(network, 1, Mode.TRAINING),
                    new Case(network, 5, Mode.TRAINING),
                    new Case(network, 1, Mode.INFERENCE),
                    new Case(network, 5, Mode.INFERENCE)));
  }

  private static List<MemoryPlan.Buffer> buffers(MemoryPlan plan) {
    List<MemoryPlan.Buffer> buffers = new ArrayList<>(List.of(plan.input()));
    for (int i = 0; i < plan.shapes().size(); i++) {
      if (plan.value(i) != null && !plan.value(i).isPart()) {
        buffers.add(plan.value(i));
      }
      if (plan.gradient(i) != null && !plan.gradient(i).isPart()) {
        buffers.add(plan.gradient(i));
      }
    }
    return buffers.stream().distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void buffersThatLiveAtTheSameTimeDoNotOverlap(Case test) {
    MemoryPlan plan = test.plan();
    List<MemoryPlan.Buffer> buffers = buffers(plan);
    for (int i = 0; i < buffers.size(); i++) {
      MemoryPlan.Buffer a = buffers.get(i);
      assertThat(a.offset()).isNotNegative();
      assertThat(a.offset() % 64).isZero();
      assertThat(a.offset() + a.bytes).isLessThanOrEqualTo(plan.bufferBytes());
      for (MemoryPlan.Buffer b : buffers.subList(0, i)) {
        boolean together = a.from <= b.to && b.from <= a.to;
        boolean apart = a.offset() + a.bytes <= b.offset() || b.offset() + b.bytes <= a.offset();
        assertThat(apart || !together).isTrue();
      }
    }
  }

  /// Parts whose channels are whole blocks and that nobody else reads, nor are concatenations.
  @ParameterizedTest
  @EnumSource(Mode.class)
  void partsOfAConcatenationLieInIt(Mode mode) {
    Case test = new Case(TestNetworks.joined(), 3, mode);
    Network network = test.compiled();
    MemoryPlan plan = test.plan();
    List<Integer> channels = new ArrayList<>();
    for (Fusion.Fused f : plan.operations()) {
      int channel = 0;
      for (int from : f.layer().concatenates() ? f.inputs() : List.<Integer>of()) {
        if (plan.value(from).isPart()) {
          long at = channel * f.shape().pixels() * 4L;
          assertThat(plan.value(from).offset()).isEqualTo(plan.value(f.output()).offset() + at);
          assertThat(plan.value(from).imageFloats())
              .isEqualTo(Tensor.imageFloats(f.shape(), Cpu.lanes()));
          if (mode == Mode.TRAINING) {
            MemoryPlan.Buffer whole = plan.gradient(f.output());
            assertThat(plan.gradient(from).offset()).isEqualTo(whole.offset() + at);
          }
          channels.add(network.shapes().get(from).channels());
        }
        channel += network.shapes().get(from).channels();
      }
    }
    assertThat(channels).containsExactlyInAnyOrder(16, 32, 16, 7, 16, 9);
  }

  /// Values of joined layers are channels of one, each from a whole block on, and so are their
  /// gradients, whether made there or in place.
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void valuesOfJoinedLayersAreParts(int batch) {
    Network network = TestNetworks.siblings();
    MemoryPlan plan = new Case(network, batch, Mode.TRAINING).plan();
    Fusion fusion = Fusion.of(network, true);
    int count = 0;
    for (int node = 0; node < network.nodes().size(); node++) {
      Optional<Fusion.Part> part = fusion.part(node);
      if (part.isPresent()) {
        Shape whole = plan.shapes().get(part.get().whole());
        long at = part.get().channel() * whole.pixels() * 4L;
        long imageFloats = Tensor.imageFloats(whole, Cpu.lanes());
        assertPart(plan.value(node), plan.value(part.get().whole()), at, imageFloats);
        assertPart(plan.gradient(node), plan.gradient(part.get().whole()), at, imageFloats);
        count++;
      }
    }
    assertThat(count).isEqualTo(6);
    for (Network.Output out : network.outputs()) {
      assertThat(plan.gradient(out.node()).isPart()).isFalse();
    }
  }

  private static void assertPart(
      MemoryPlan.Buffer part, MemoryPlan.Buffer whole, long at, long imageFloats) {
    assertThat(part.isPart()).isTrue();
    assertThat(part.offset()).isEqualTo(whole.offset() + at);
    assertThat(part.imageFloats()).isEqualTo(imageFloats);
    alive(whole, part.from, part.to);
  }

  /// Of a batch normalization and of what it adds, unless somebody else writes to it before.
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsThatCanBeMadeInPlaceAre(Case test) {
    MemoryPlan plan = test.plan();
    Fusion fusion = Fusion.of(test.compiled(), test.mode() == Mode.TRAINING);
    int made = 0;
    for (int op = 0; op < plan.operations().size() && test.mode() == Mode.TRAINING; op++) {
      Fusion.Fused f = plan.operations().get(op);
      for (int from : f.inputs()) {
        boolean inPlace = from >= 0 && plan.gradient(from) == plan.gradient(f.output());
        boolean wanted =
            f.layer().gradientInPlace() >= 0
                && from == f.inputs().get(f.layer().gradientInPlace())
                && lastReader(plan, from) == op
                && !comesOut(test, from)
                && (!plan.gradient(from).isPart()
                    || (fusion.part(from).isPresent() && !comesOut(test, f.output())))
                && !plan.value(f.output()).isPart();
        assertThat(inPlace).as("%s", f).isEqualTo(wanted);
        made += inPlace ? 1 : 0;
      }
    }
    boolean everyValueComesOut = test.compiled().outputs().size() == test.compiled().nodes().size();
    boolean normalizes = plan.operations().stream().anyMatch(f -> f.layer() instanceof BatchNorm2d);
    assertThat(made > 0)
        .isEqualTo(normalizes && test.mode() == Mode.TRAINING && !everyValueComesOut);
  }

  private static boolean comesOut(Case test, int node) {
    return test.compiled().outputs().stream().anyMatch(o -> o.node() == node);
  }

  private static int lastReader(MemoryPlan plan, int node) {
    int last = -1;
    for (int op = 0; op < plan.operations().size(); op++) {
      last = plan.operations().get(op).inputs().contains(node) ? op : last;
    }
    return last;
  }

  /// Counted from the operations alone: everything that one reads or writes is alive when it runs,
  /// and what backward reads has been alive ever since.
  @ParameterizedTest
  @MethodSource("cases")
  void buffersLiveAsLongAsTheyAreNeeded(Case test) {
    MemoryPlan plan = test.plan();
    int count = plan.operations().size();
    for (int op = 0; op < count; op++) {
      Fusion.Fused f = plan.operations().get(op);
      int forward = op + 1;
      int backward = 2 * count + 2 - op;
      alive(plan.value(f.output()), forward, forward);
      for (int from : f.inputs()) {
        MemoryPlan.Buffer value = from < 0 ? plan.input() : plan.value(from);
        boolean late = test.mode() == Mode.TRAINING && f.layer().backwardReadsInputs();
        alive(value, forward, late ? backward : forward);
        if (plan.gradient(Math.max(from, 0)) != null && from >= 0) {
          alive(plan.gradient(from), backward, backward);
        }
      }
      if (test.mode() == Mode.TRAINING) {
        assertThat(plan.gradient(f.output())).isNotNull();
        alive(plan.gradient(f.output()), backward, backward);
        if (f.layer().backwardReadsOutput()) {
          alive(plan.value(f.output()), forward, backward);
        }
      }
    }
    for (Network.Output out : test.compiled().outputs()) {
      alive(plan.value(out.node()), count + 1, count + 1);
      if (test.mode() == Mode.TRAINING) {
        alive(plan.gradient(out.node()), count + 1, count + 1);
      }
    }
  }

  /// What the next operation makes is made of memory that nobody has taken by then.
  @ParameterizedTest
  @MethodSource("cases")
  void whatWaitsKeepsWhatItIsMadeOf(Case test) {
    MemoryPlan plan = test.plan();
    Handover[] handovers = plan.handovers();
    int count = plan.operations().size();
    int waiting = 0;
    for (int op = 0; op < count && test.mode() == Mode.TRAINING; op++) {
      Fusion.Fused f = plan.operations().get(op);
      List<Integer> inputs = f.inputs().stream().filter(from -> from >= 0).toList();
      if (f.layer().normalizes() && handovers[f.output()].value() != null) {
        int next = op + 2;
        inputs.forEach(from -> alive(plan.value(from), next, next));
        waiting++;
      }
      if (f.layer().normalizes() && handovers[inputs.getFirst()].gradient() != null) {
        int next = 2 * count + 3 - op;
        inputs.forEach(from -> alive(plan.value(from), next, next));
        alive(plan.gradient(f.output()), next, next);
        if (f.layer().backwardReadsOutput()) {
          alive(plan.value(f.output()), next, next);
        }
        waiting++;
      }
    }
    boolean everyValueComesOut = test.compiled().outputs().size() == test.compiled().nodes().size();
    boolean enough = test.batch() > 1; // the plan is for two threads
    assertThat(waiting > 0)
        .isEqualTo(test.mode() == Mode.TRAINING && enough && !everyValueComesOut);
  }

  private static void alive(MemoryPlan.Buffer buffer, int from, int to) {
    assertThat(buffer.from).isLessThanOrEqualTo(from);
    assertThat(buffer.to).isGreaterThanOrEqualTo(to);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsPlannedIsWhatIsAllocated(Case test) {
    checkAllocated(test, ConvChooser.rule(), test.plan());
    ConvChooser trying = new TryingChooser(ConvChooser.rule());
    MemoryPlan room = Program.plan(test.network(), test.batch(), test.mode(), 2, trying);
    assertThat(room.bufferBytes()).isEqualTo(test.plan().bufferBytes());
    assertThat(room.workspaceBytes()).isGreaterThanOrEqualTo(test.plan().workspaceBytes());
    checkAllocated(test, trying, room);
  }

  private static void checkAllocated(Case test, ConvChooser chooser, MemoryPlan plan) {
    try (Memory memory = Memory.withBudget(1L << 28);
        Parallel parallel = new Parallel(2)) {
      Parameters parameters = Parameters.create(test.network(), memory, 1);
      long before = memory.liveBytes();
      assertThat(before).isEqualTo(Parameters.bytes(test.network()));
      Program program =
          Program.compile(
              test.network(), test.batch(), test.mode(), parameters, memory, parallel, chooser);
      long gradients = test.mode() == Mode.TRAINING ? 4 * parameters.trainedFloats() : 0;
      assertThat(memory.liveBytes() - before).isEqualTo(plan.bytes() + gradients);
      assertThat(program.plan().bytes()).isEqualTo(plan.bytes());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sharingSavesMemory(Case test) {
    MemoryPlan plan = test.plan();
    long sum = buffers(plan).stream().mapToLong(b -> b.bytes).sum();
    assertThat(plan.unsharedBytes()).isEqualTo(sum + Tensor.ROOM);
    boolean everyValueComesOut = test.compiled().outputs().size() == test.compiled().nodes().size();
    if (!everyValueComesOut) {
      assertThat(plan.bufferBytes()).isLessThan(plan.unsharedBytes());
    }
  }

  /// A long chain in inference needs its input and room for the largest value and its neighbour.
  @Test
  void inferenceNeedsTwoValuesAtATime() {
    Flow x = Flow.input(16, 8, 8);
    for (int i = 0; i < 10; i++) {
      x = x.convBias(16, 3, 1, 1).relu();
    }
    Network network = x.network("long");
    long value = 4 * Tensor.imageFloats(network.input(), Cpu.lanes()) * Float.BYTES;
    MemoryPlan plan = Program.plan(network, 4, Mode.INFERENCE, 1);
    assertThat(plan.bufferBytes()).isEqualTo(3 * value + Tensor.ROOM);
    assertThat(plan.unsharedBytes()).isEqualTo(11 * value + Tensor.ROOM);
  }
}
