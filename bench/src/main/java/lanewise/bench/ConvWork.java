package lanewise.bench;

import java.lang.foreign.MemorySegment;
import java.util.List;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.choice.ConvProblem;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.kernel.simd.Convolution;
import lanewise.kernel.simd.WeightPacking;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;

/// One convolution with its tensors, ready to run any pass. Kernels are measured without bias and
/// activation.
final class ConvWork implements AutoCloseable {

  private final ConvProblem problem;
  private final Convolution convolution;
  private final Tensor src;
  private final Tensor dst;
  private final Tensor dSrc;
  private final Tensor dDst;
  private final MemorySegment weights;
  private final MemorySegment dWeights;
  private final MemorySegment zeros;
  private final MemorySegment workspace;
  private final Parallel parallel;
  private final Memory memory = Memory.withDefaultBudget();

  ConvWork(ConvProblem problem, ConvChooser chooser) {
    this.problem = problem;
    ConvSpec spec = problem.spec();
    int batch = problem.batch();
    int lanes = Cpu.lanes();
    int srcLanes = problem.plainImage() ? spec.channels() : lanes;
    src = Tensor.allocate(memory, "src", batch, spec.input(), srcLanes);
    dst = Tensor.allocate(memory, "dst", batch, spec.output(), lanes);
    dSrc = Tensor.allocate(memory, "dSrc", batch, spec.input(), lanes);
    dDst = Tensor.allocate(memory, "dDst", batch, spec.output(), lanes);
    long weightBytes = WeightPacking.floats(spec) * Float.BYTES;
    weights = memory.allocate("weights", weightBytes + Tensor.ROOM);
    dWeights = memory.allocate("dWeights", weightBytes);
    int channels = Math.max(spec.channels(), spec.filters());
    zeros = memory.allocate("zeros", Math.ceilDiv(channels, 64) * 64L * Float.BYTES);
    workspace = memory.allocate("workspace", workspaceBytes(chooser));
    parallel = new Parallel(problem.threads());
    src.copyFrom(Noise.values(1, batch * spec.input().elements()), batch);
    dDst.copyFrom(Noise.values(2, batch * spec.output().elements()), batch);
    WeightPacking.pack(spec, Noise.values(3, spec.weights()), weights);
    ConvChoice choice =
        ConvChoice.of(
            problem,
            List.of(ConvPass.values()),
            chooser,
            (algorithm, pass) -> {
              Convolution tried = convolution(ConvAlgorithms.of(algorithm, spec));
              return () -> run(tried, pass);
            });
    convolution = convolution(choice.algorithms());
  }

  private long workspaceBytes(ConvChooser chooser) {
    long bytes = 0;
    for (ConvPass pass : ConvPass.values()) {
      for (ConvAlgorithm algorithm : chooser.candidates(problem, pass)) {
        bytes =
            Math.max(
                bytes,
                Convolution.workspaceBytes(
                    problem.spec(), problem.batch(), problem.threads(), true, pass, algorithm));
      }
    }
    return bytes;
  }

  private Convolution convolution(ConvAlgorithms algorithms) {
    return new Convolution(
        problem.spec(),
        problem.batch(),
        src.imageStride(),
        dSrc.imageStride(),
        dst.imageStride(),
        problem.threads(),
        true,
        algorithms);
  }

  void forward() {
    run(convolution, ConvPass.FORWARD);
  }

  void backwardData() {
    run(convolution, ConvPass.BACKWARD_DATA);
  }

  void backwardWeights() {
    run(convolution, ConvPass.BACKWARD_WEIGHTS);
  }

  /// Both gradients, as a training step makes them.
  void backward() {
    convolution.backward(
        src, dDst, null, weights, dSrc, false, zeros, dWeights, workspace, parallel);
  }

  private void run(Convolution conv, ConvPass pass) {
    switch (pass) {
      case FORWARD ->
          conv.forward(
              src, null, weights, zeros, dst, Float.NEGATIVE_INFINITY, null, workspace, parallel);
      case BACKWARD_DATA ->
          conv.backwardData(dDst, null, weights, dSrc, false, zeros, workspace, parallel);
      case BACKWARD_WEIGHTS -> conv.backwardWeights(src, dDst, dWeights, workspace, parallel);
    }
  }

  /// Floating point operations of one pass, two per multiply-add of the direct algorithm.
  long flops() {
    return 2 * problem.spec().multiplyAdds() * src.batch();
  }

  Tensor dst() {
    return dst;
  }

  Tensor dSrc() {
    return dSrc;
  }

  MemorySegment dWeights() {
    return dWeights;
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
