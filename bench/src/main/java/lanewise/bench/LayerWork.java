package lanewise.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.layer.Binding;
import lanewise.layer.Handover;
import lanewise.layer.Layer;
import lanewise.layer.Operation;
import lanewise.layer.Parameter;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// One layer of any kind with its tensors, compiled for training.
final class LayerWork implements AutoCloseable {

  private final Memory memory = Memory.withDefaultBudget();
  private final Parallel parallel;
  private final Operation operation;
  private final Tensor output;
  private final List<Tensor> inputGradients = new ArrayList<>();
  private final long inputBytes;

  LayerWork(Layer layer, List<Shape> shapes, int batch, int threads) {
    parallel = new Parallel(threads);
    ConvChooser rule = ConvChooser.rule(); // no convolution is measured here
    List<Tensor> inputs = new ArrayList<>();
    List<Boolean> adds = new ArrayList<>();
    for (Shape shape : shapes) {
      inputs.add(noise("input", batch, shape, inputs.size()));
      inputGradients.add(Tensor.allocate(memory, "gradient", batch, shape, Cpu.lanes()));
      adds.add(false);
    }
    inputBytes = inputs.stream().mapToLong(Tensor::bytes).sum();
    Shape shape = layer.outputShape(shapes);
    output = Tensor.allocate(memory, "output", batch, shape, Cpu.lanes());
    Map<String, MemorySegment> values = new HashMap<>();
    Map<String, MemorySegment> gradients = new HashMap<>();
    for (Parameter parameter : layer.parameters(shapes)) {
      values.put(parameter.name(), initialized(parameter));
      gradients.put(parameter.name(), allocate("gradient", parameter));
    }
    int channels = shapes.stream().mapToInt(Shape::channels).max().orElse(1);
    channels = Math.max(channels, shape.channels());
    operation =
        layer.compile(
            new Binding(
                true,
                inputs,
                output,
                inputGradients,
                adds,
                noise("output gradient", batch, shape, 99),
                values,
                gradients,
                Handover.NONE,
                Handover.NONE,
                memory.allocate("zeros", Math.ceilDiv(channels, 64) * 64L * Float.BYTES),
                memory.allocate(
                    "scratch", layer.workspaceBytes(shapes, batch, true, threads, rule)),
                memory.allocate(
                    "prepared", layer.preparedBytes(shapes, batch, threads, rule) + Tensor.ROOM),
                parallel,
                rule,
                new Binding.StepClock(),
                CounterRandom.key(1, Purpose.DROPOUT, 0)));
  }

  private Tensor noise(String name, int batch, Shape shape, long seed) {
    Tensor tensor = Tensor.allocate(memory, name, batch, shape, Cpu.lanes());
    tensor.copyFrom(Noise.values(seed, batch * shape.elements()), batch);
    return tensor;
  }

  private MemorySegment allocate(String name, Parameter parameter) {
    return memory.allocate(name, parameter.packing().floats() * Float.BYTES + Tensor.ROOM);
  }

  private MemorySegment initialized(Parameter parameter) {
    MemorySegment packed = allocate(parameter.name(), parameter);
    float[] plain = new float[Math.toIntExact(parameter.elements())];
    parameter.initialization().fill(plain, CounterRandom.key(1, Purpose.INITIALIZATION, 0));
    parameter.packing().pack(plain, packed);
    return packed;
  }

  void forward() {
    operation.forward();
  }

  void backward() {
    operation.backward();
  }

  /// Bytes of the inputs and the output together: what a pass moves at least.
  long bytes() {
    return inputBytes + output.bytes();
  }

  Tensor output() {
    return output;
  }

  List<Tensor> inputGradients() {
    return inputGradients;
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
