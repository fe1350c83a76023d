package lanewise.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Parallel;
import lanewise.layer.Binding;
import lanewise.layer.Handover;
import lanewise.layer.Layer;
import lanewise.layer.Operation;
import lanewise.layer.Parameter;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// One layer on memory and threads of its own, run by hand: set inputs and parameters, run
/// [#forward()] and [#backward()], read what came out. All arrays are in plain NCHW order, the
/// parameters' in plain order.
///
/// The layer is compiled by the first [#forward()]; [#addTo], [#withoutInputGradient] and [#slices]
/// come before. Everything that the layer must write starts as NaN, padding lanes and workspace
/// included, and reading a tensor checks that its padding lanes are zeros and that nothing around
/// it was written.
public final class LayerHarness implements AutoCloseable {

  private final Memory memory = Memory.withBudget(1L << 30);
  private final Binding.StepClock clock = new Binding.StepClock();
  private final Layer layer;
  private final List<Shape> shapes;
  private final int batch;
  private final boolean training;
  private final Parallel parallel;
  private final GuardedTensor[] inputs;
  private final GuardedTensor[] inputGradients;
  private final Boolean[] adds;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, MemorySegment> values = new LinkedHashMap<>();
  private final Map<String, MemorySegment> gradients = new LinkedHashMap<>();
  private GuardedTensor output;
  private GuardedTensor outputGradient;
  private ConvChooser chooser = ConvChooser.rule();
  private Operation operation;

  /// Dense tensors, gradients of all inputs, parameters at zero.
  public LayerHarness(Layer layer, List<Shape> inputs, int batch, int threads, boolean training) {
    this.layer = layer;
    this.shapes = inputs;
    this.batch = batch;
    this.training = training;
    this.parallel = new Parallel(threads);
    this.inputs = new GuardedTensor[inputs.size()];
    this.inputGradients = new GuardedTensor[inputs.size()];
    this.adds = Collections.nCopies(inputs.size(), false).toArray(Boolean[]::new);
    allocate(0);
    for (Parameter parameter : layer.parameters(inputs)) {
      String name = parameter.name();
      long bytes = parameter.packing().floats() * Float.BYTES;
      parameters.put(name, parameter);
      values.put(name, memory.allocate(name, bytes + Tensor.ROOM));
      if (training && parameter.role().trained()) {
        gradients.put(name, memory.allocate("gradient of " + name, bytes));
        float[] unwritten = new float[Math.toIntExact(parameter.elements())];
        Arrays.fill(unwritten, Float.NaN);
        parameter.packing().pack(unwritten, gradients.get(name));
      }
    }
  }

  private void allocate(int guardBlocks) {
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = tensor("input", shapes.get(i), guardBlocks);
      inputGradients[i] = training ? tensor("gradient", shapes.get(i), guardBlocks) : null;
    }
    Shape shape = layer.outputShape(shapes);
    output = tensor("output", shape, guardBlocks);
    outputGradient = training ? tensor("gradient of the output", shape, guardBlocks) : null;
  }

  private GuardedTensor tensor(String name, Shape shape, int guardBlocks) {
    return new GuardedTensor(memory, name, batch, shape, guardBlocks);
  }

  /// Makes every tensor a slice of a concatenation: one block of channels lies before and one
  /// behind each sample. Forgets inputs that were set.
  public LayerHarness slices() {
    requireNotCompiled();
    allocate(1);
    return this;
  }

  /// Sets an input.
  public LayerHarness input(int index, float[] plain) {
    inputs[index].set(plain);
    return this;
  }

  /// Sets the gradient of the output.
  public LayerHarness outputGradient(float[] plain) {
    outputGradient.set(plain);
    return this;
  }

  /// The layer shall add to this gradient of an input instead of overwriting it. Sets the gradient;
  /// call it again before another backward.
  public LayerHarness addTo(int index, float[] plain) {
    if (!adds[index]) {
      requireNotCompiled();
    }
    adds[index] = true;
    inputGradients[index].set(plain);
    return this;
  }

  /// No gradient of this input is wanted.
  public LayerHarness withoutInputGradient(int index) {
    requireNotCompiled();
    inputGradients[index] = null;
    return this;
  }

  /// Sets a parameter.
  public LayerHarness parameter(String name, float[] plain) {
    parameters.get(name).packing().pack(plain, values.get(name));
    return this;
  }

  /// Sets who chooses the algorithms of convolutions, the fixed rule at first.
  public LayerHarness chooser(ConvChooser newChooser) {
    requireNotCompiled();
    chooser = newChooser;
    return this;
  }

  /// Sets the training step, 0 at first.
  public LayerHarness step(long step) {
    clock.set(step);
    return this;
  }

  /// Runs the layer forward, compiling it first if need be, and prepares it in inference.
  public LayerHarness forward() {
    if (operation == null) {
      operation = layer.compile(binding());
    }
    if (!training) {
      operation.prepare();
    }
    operation.forward();
    return this;
  }

  /// Runs the layer backward.
  public LayerHarness backward() {
    operation.backward();
    return this;
  }

  private Binding binding() {
    int channels =
        Stream.concat(shapes.stream(), Stream.of(layer.outputShape(shapes)))
            .mapToInt(Shape::channels)
            .max()
            .orElseThrow();
    MemorySegment zeros = memory.allocate("zeros", Math.ceilDiv(channels, 64) * 64L * Float.BYTES);
    long bytes = layer.workspaceBytes(shapes, batch, training, parallel.threads(), chooser);
    MemorySegment workspace = memory.allocate("workspace", bytes).asSlice(0, bytes);
    workspace.fill((byte) 0xFF);
    List<Tensor> wanted = new ArrayList<>();
    for (GuardedTensor gradient : inputGradients) {
      wanted.add(gradient == null ? null : gradient.tensor());
    }
    return new Binding(
        training,
        Stream.of(inputs).map(GuardedTensor::tensor).toList(),
        output.tensor(),
        wanted,
        List.of(adds),
        training ? outputGradient.tensor() : null,
        values,
        gradients,
        Handover.NONE,
        Handover.NONE,
        zeros,
        workspace,
        memory.allocate(
            "prepared",
            layer.preparedBytes(shapes, batch, parallel.threads(), chooser) + Tensor.ROOM),
        parallel,
        chooser,
        clock,
        42);
  }

  /// The output.
  public float[] output() {
    return output.get();
  }

  /// The gradient of an input.
  public float[] inputGradient(int index) {
    return inputGradients[index].get();
  }

  /// A parameter's values, as for running statistics.
  public float[] parameter(String name) {
    return unpacked(name, values.get(name));
  }

  /// The gradient of a trained parameter; checks that its padding is still zero.
  public float[] parameterGradient(String name) {
    float[] plain = unpacked(name, gradients.get(name));
    MemorySegment repacked = memory.allocate("check", gradients.get(name).byteSize());
    parameters.get(name).packing().pack(plain, repacked);
    long difference = repacked.mismatch(gradients.get(name));
    if (difference >= 0) {
      float found = gradients.get(name).get(ValueLayout.JAVA_FLOAT, difference / 4 * 4);
      throw new AssertionError(
          "the padding of the gradient of %s holds %s at float %d"
              .formatted(name, found, difference / 4));
    }
    return plain;
  }

  private float[] unpacked(String name, MemorySegment packed) {
    float[] plain = new float[Math.toIntExact(parameters.get(name).elements())];
    parameters.get(name).packing().unpack(packed, plain);
    return plain;
  }

  private void requireNotCompiled() {
    if (operation != null) {
      throw new IllegalStateException("the layer is compiled already");
    }
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
