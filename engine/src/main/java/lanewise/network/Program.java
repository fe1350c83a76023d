package lanewise.network;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.layer.Binding;
import lanewise.layer.Handover;
import lanewise.layer.Operation;
import lanewise.layer.Parameter;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// A network compiled for a batch size and a mode: layers fused, every buffer planned and
/// allocated, kernels bound to memory and threads. Running it allocates nothing. Several programs
/// can share one [Parameters].
///
/// Its memory belongs to the [Memory] it was compiled in. Not safe for use by several threads at
/// once.
public final class Program {

  private final Network network;
  private final Mode mode;
  private final int batch;
  private final Parameters parameters;
  private final MemoryPlan plan;
  private final MemorySegment buffers;
  private final MemorySegment workspace;
  private final MemorySegment prepared;
  private final MemorySegment zeros;
  private final MemorySegment gradients;
  private final Parallel parallel;
  private final ConvChooser chooser;
  private final Binding.StepClock clock = new Binding.StepClock();
  private final Tensor input;
  private final InputCopy inputCopy;
  private final Tensor[] values;
  private final Tensor[] valueGradients;
  private final boolean[] written;
  private final Handover[] handovers;
  private final Operation[] operations;
  private long preparedVersion = -1;
  private final List<Tensor> outputs = new ArrayList<>();
  private final List<Tensor> outputGradients = new ArrayList<>();

  private Program(
      Network network,
      int batch,
      Mode mode,
      Parameters parameters,
      Memory memory,
      Parallel parallel,
      ConvChooser chooser) {
    this.network = network;
    this.mode = mode;
    this.batch = batch;
    this.parameters = parameters;
    this.parallel = parallel;
    this.chooser = chooser;
    plan = plan(network, batch, mode, parallel.threads(), chooser);
    String what = "batch of %d for %s".formatted(batch, network.name());
    buffers = memory.allocate("values of a " + what, plan.bufferBytes());
    workspace = memory.allocate("scratch memory of a " + what, plan.workspaceBytes());
    prepared = memory.allocate("prepared weights of a " + what, plan.preparedBytes());
    zeros = memory.allocate("zeros of a " + what, plan.zeroBytes());
    boolean training = mode == Mode.TRAINING;
    gradients =
        training
            ? memory.allocate(
                "gradients of " + network.name(), parameters.trainedFloats() * Float.BYTES)
            : null;
    List<Shape> shapes = plan.shapes();
    input = tensor(plan.input(), network.input(), plan.inputLanes());
    inputCopy = new InputCopy(input);
    values = new Tensor[shapes.size()];
    valueGradients = new Tensor[shapes.size()];
    written = new boolean[shapes.size()];
    for (int i = 0; i < shapes.size(); i++) {
      values[i] = plan.value(i) == null ? null : tensor(plan.value(i), shapes.get(i), Cpu.lanes());
      valueGradients[i] =
          plan.gradient(i) == null ? null : tensor(plan.gradient(i), shapes.get(i), Cpu.lanes());
    }
    int[] roots = Fusion.roots(network, training);
    for (Network.Output out : network.outputs()) {
      int node = roots[out.node()];
      outputs.add(values[node]);
      outputGradients.add(valueGradients[node]);
      written[node] = true;
    }
    handovers = plan.handovers();
    operations = new Operation[plan.operations().size()];
    // Backward order: the first operation that reaches a gradient writes it, the others add to it.
    for (int i = operations.length - 1; i >= 0; i--) {
      operations[i] = compile(plan.operations().get(i), i);
    }
  }

  /// Compiles a network whose convolutions run as the fixed rule says.
  ///
  /// @see #compile(Network, int, Mode, Parameters, Memory, Parallel, ConvChooser)
  public static Program compile(
      Network network,
      int batch,
      Mode mode,
      Parameters parameters,
      Memory memory,
      Parallel parallel) {
    return compile(network, batch, mode, parameters, memory, parallel, ConvChooser.rule());
  }

  /// Compiles a network. In [Mode#INFERENCE] auxiliary outputs are left out.
  ///
  /// @param parameters parameters of this network (or of one with the same layers)
  /// @param memory who owns the buffers
  /// @param chooser chooses the algorithms of convolutions, once, here
  /// @throws lanewise.error.MemoryBudgetException if the buffers do not fit into the budget
  public static Program compile(
      Network network,
      int batch,
      Mode mode,
      Parameters parameters,
      Memory memory,
      Parallel parallel,
      ConvChooser chooser) {
    return new Program(forMode(network, mode), batch, mode, parameters, memory, parallel, chooser);
  }

  /// The memory that [#compile] would need by the fixed rule, without allocating anything.
  public static MemoryPlan plan(Network network, int batch, Mode mode, int threads) {
    return plan(network, batch, mode, threads, ConvChooser.rule());
  }

  /// The memory that [#compile] would need, without allocating or measuring anything.
  public static MemoryPlan plan(
      Network network, int batch, Mode mode, int threads, ConvChooser chooser) {
    Network n = forMode(network, mode);
    Fusion fusion = Fusion.of(n, mode == Mode.TRAINING);
    return new MemoryPlan(n, fusion, batch, mode, Cpu.lanes(), threads, chooser);
  }

  private static Network forMode(Network network, Mode mode) {
    return mode == Mode.TRAINING ? network : network.withoutAuxiliaryOutputs();
  }

  private Tensor tensor(MemoryPlan.Buffer buffer, Shape shape, int lanes) {
    MemorySegment segment = buffers.asSlice(buffer.offset(), buffer.reach());
    return buffer.isPart()
        ? new Tensor(segment, batch, shape, lanes, buffer.imageFloats())
        : Tensor.dense(segment, batch, shape, lanes);
  }

  private Operation compile(Fusion.Fused f, int index) {
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> inputGradients = new ArrayList<>();
    List<Boolean> adds = new ArrayList<>();
    for (int from : f.inputs()) {
      inputs.add(from < 0 ? input : values[from]);
      Tensor gradient = from < 0 ? null : valueGradients[from];
      inputGradients.add(gradient);
      adds.add(gradient != null && written[from]);
      if (gradient != null) {
        written[from] = true;
      }
    }
    List<Shape> inputShapes = inputs.stream().map(Tensor::shape).toList();
    Map<String, MemorySegment> bound = new HashMap<>();
    Map<String, MemorySegment> boundGradients = new HashMap<>();
    List<Parameter> described = f.layer().parameters(inputShapes);
    for (int i = 0; i < described.size(); i++) {
      Parameter p = described.get(i);
      Parameters.Entry entry = parameters.together(f.parameters().get(i));
      bound.put(p.name(), parameters.withRoom(entry));
      if (gradients != null && p.role().trained()) {
        boundGradients.put(
            p.name(), gradients.asSlice(entry.offset() * Float.BYTES, entry.values().byteSize()));
      }
    }
    long preparedAt = plan.preparedAt(index);
    long preparedEnd = Math.min(plan.preparedAt(index + 1) + Tensor.ROOM, prepared.byteSize());
    long key = CounterRandom.key(parameters.seed(), Purpose.DROPOUT, index);
    return f.layer()
        .compile(
            new Binding(
                mode == Mode.TRAINING,
                inputs,
                values[f.output()],
                inputGradients,
                adds,
                valueGradients[f.output()],
                bound,
                boundGradients,
                f.inputs().get(0) < 0 ? Handover.NONE : handovers[f.inputs().get(0)],
                handovers[f.output()],
                zeros,
                workspace,
                prepared.asSlice(preparedAt, preparedEnd - preparedAt),
                parallel,
                chooser,
                clock,
                key));
  }

  /// Copies samples to the network's input.
  ///
  /// @param images plain NCHW values of at least `count` samples
  /// @param count samples, at most the batch; the others keep their old values
  public void setInput(float[] images, int count) {
    if (count > batch || images.length < count * network.input().elements()) {
      throw new IllegalArgumentException(
          "%d samples of %s in %d values for a batch of %d"
              .formatted(count, network.input(), images.length, batch));
    }
    inputCopy.run(images, count, parallel);
  }

  /// Computes the outputs.
  public void forward() {
    beforeForward();
    for (int i = 0; i < operations.length; i++) {
      operations[i].forward();
    }
  }

  /// In training, forward moves the running statistics; in inference, parameters may have been
  /// changed since they were last prepared.
  private void beforeForward() {
    if (mode == Mode.TRAINING) {
      parameters.markChanged();
    } else if (preparedVersion != parameters.version()) {
      for (Operation operation : operations) {
        operation.prepare();
      }
      preparedVersion = parameters.version();
    }
  }

  /// Computes all gradients of parameters from the gradients at the outputs.
  public void backward() {
    for (int i = operations.length - 1; i >= 0; i--) {
      operations[i].backward();
    }
  }

  /// Number of operations after fusion.
  public int operationCount() {
    return operations.length;
  }

  /// Names of the layers that an operation does, joined by `+`.
  public String operationLabel(int operation) {
    return plan.operations().get(operation).label();
  }

  /// Shape of one sample of an operation's output.
  public Shape operationOutput(int operation) {
    return plan.operations().get(operation).shape();
  }

  /// The algorithms that an operation runs with, if it is a convolution or a linear layer.
  public Optional<ConvChoice> convChoice(int operation) {
    return operations[operation].choice();
  }

  /// Runs one operation forward by itself, leaving nothing to the next one; for profilers.
  public void forward(int operation) {
    beforeForward();
    operations[operation].forward();
    handovers[plan.operations().get(operation).output()].finishValue(parallel);
  }

  /// Runs one operation backward by itself; for profilers.
  public void backward(int operation) {
    operations[operation].backward();
    int input = plan.operations().get(operation).inputs().get(0);
    if (input >= 0) {
      handovers[input].finishGradient(parallel);
    }
  }

  /// The values that come out, in the order of [Network#outputs()]. Valid from [#forward()] to
  /// [#backward()], which reuses their memory.
  public List<Tensor> outputs() {
    return outputs;
  }

  /// Where the loss puts its gradient, per output.
  public List<Tensor> outputGradients() {
    return outputGradients;
  }

  /// Gradients of the trained parameters, laid out like the trained part of [Parameters#values()];
  /// null in inference.
  public MemorySegment gradients() {
    return gradients;
  }

  /// Sets the number of the training step, which dropout masks depend on.
  public void setStep(long step) {
    clock.set(step);
  }

  /// After a loss that is not finite: the first parameter or layer with a value that is not, found
  /// by running forward again layer by layer.
  public Optional<String> firstNonFinite() {
    for (Parameters.Entry entry : parameters.entries()) {
      // In training the forward pass has spoilt the running statistics itself.
      boolean read = mode == Mode.INFERENCE || entry.parameter().role().trained();
      if (read && !isFinite(entry.values(), entry.floats())) {
        return Optional.of("parameter " + entry.name());
      }
    }
    if (!isFinite(input)) {
      return Optional.of("the input");
    }
    for (int i = 0; i < operations.length; i++) {
      forward(i);
      Fusion.Fused f = plan.operations().get(i);
      if (!isFinite(values[f.output()])) {
        return Optional.of("layer " + f.label());
      }
    }
    return Optional.empty();
  }

  /// Of the tensor alone: its buffer may be longer, with what another one left there.
  private static boolean isFinite(Tensor values) {
    return isFinite(values.segment(), values.batch() * values.imageStride());
  }

  private static boolean isFinite(MemorySegment values, long floats) {
    for (long i = 0; i < floats; i++) {
      if (!Float.isFinite(values.getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i))) {
        return false;
      }
    }
    return true;
  }

  /// The network that this program runs (in inference without auxiliary outputs).
  public Network network() {
    return network;
  }

  /// Samples per batch.
  public int batch() {
    return batch;
  }

  /// Training or inference.
  public Mode mode() {
    return mode;
  }

  /// The parameters it computes with.
  public Parameters parameters() {
    return parameters;
  }

  /// Where its buffers lie.
  public MemoryPlan plan() {
    return plan;
  }
}
