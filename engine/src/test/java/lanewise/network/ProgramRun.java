package lanewise.network;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Parallel;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;
import lanewise.testing.Fill;

/// A compiled network on memory and threads of its own, with parameters that depend on their names
/// alone: scales and variances around 1, everything else around 0.
final class ProgramRun implements AutoCloseable {

  /// Weights of the losses' gradients at the outputs, and the inputs, depend on this.
  private static final long SEED = 11;

  final Memory memory = Memory.withBudget(1L << 28);
  final Parallel parallel;
  final Parameters parameters;
  final Program program;
  private final List<float[]> outputs = new ArrayList<>();

  ProgramRun(Network network, int batch, Mode mode, int threads) {
    this(network, batch, mode, threads, ConvChooser.rule());
  }

  ProgramRun(Network network, int batch, Mode mode, int threads, ConvChooser chooser) {
    parallel = new Parallel(threads);
    parameters = Parameters.create(network, memory, 7);
    for (Parameters.Entry entry : parameters.entries()) {
      parameters.set(entry.name(), start(entry));
    }
    program = Program.compile(network, batch, mode, parameters, memory, parallel, chooser);
    program.setInput(input(network, batch), batch);
  }

  private static float[] start(Parameters.Entry entry) {
    int size = Math.toIntExact(entry.parameter().elements());
    boolean scale = entry.parameter().shape().size() == 1 && !entry.name().endsWith("bias");
    boolean mean = entry.name().endsWith("running_mean");
    float[] values = Fill.uniform(entry.name().hashCode(), size);
    double fan = entry.parameter().elements() / (double) entry.parameter().shape().get(0);
    for (int i = 0; i < size; i++) {
      values[i] = scale && !mean ? 1 + values[i] / 2 : (float) (values[i] / Math.sqrt(fan) * 1.5);
    }
    return values;
  }

  static float[] input(Network network, int batch) {
    return Fill.uniform(SEED, Math.toIntExact(batch * network.input().elements()));
  }

  /// Gradient that the loss puts at an output: `loss = sum over outputs of weight * dot(this,
  /// out)`.
  static float[] lossGradient(Network network, int batch, int output) {
    Network.Output out = network.outputs().get(output);
    long size = batch * network.shapes().get(out.node()).elements();
    return Fill.uniform(SEED + 1 + output, Math.toIntExact(size));
  }

  Map<String, double[]> doubles() {
    Map<String, double[]> result = new LinkedHashMap<>();
    parameters.entries().forEach(e -> result.put(e.name(), Fill.widen(parameters.get(e.name()))));
    return result;
  }

  /// Computes the outputs and keeps a copy: in training, backward uses their memory again.
  ProgramRun forward() {
    program.forward();
    outputs.clear();
    program.outputs().forEach(out -> outputs.add(out.toArray()));
    return this;
  }

  /// One step of training without the update.
  ProgramRun step() {
    forward();
    putLossGradients();
    program.backward();
    return this;
  }

  /// What the loss does between forward and backward.
  void putLossGradients() {
    for (int i = 0; i < program.outputs().size(); i++) {
      Tensor gradient = program.outputGradients().get(i);
      float[] values = lossGradient(program.network(), program.batch(), i);
      for (int j = 0; j < values.length; j++) {
        values[j] *= (float) program.network().outputs().get(i).weight();
      }
      gradient.segment().asSlice(0, gradient.bytes()).fill((byte) 0);
      gradient.copyFrom(values, program.batch());
    }
  }

  /// An output of the last [#forward()] or [#step()].
  float[] output(int index) {
    return outputs.get(index);
  }

  /// A parameter's gradient in plain order.
  float[] gradient(String name) {
    Parameters.Entry entry = parameters.entry(name);
    MemorySegment packed =
        program.gradients().asSlice(entry.offset() * Float.BYTES, entry.floats() * Float.BYTES);
    float[] plain = new float[Math.toIntExact(entry.parameter().elements())];
    entry.parameter().packing().unpack(packed, plain);
    return plain;
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
