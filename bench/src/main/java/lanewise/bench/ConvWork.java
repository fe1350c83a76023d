package lanewise.bench;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
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

  private final ConvSpec spec;
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

  ConvWork(ConvSpec spec, ConvAlgorithm algorithm, int batch, int threads) {
    this.spec = spec;
    int lanes = Cpu.lanes();
    // Kernels for plain images read up to a vector beyond the last pixel.
    int srcLanes = algorithm.sourceLanes(spec);
    long srcFloats = batch * Tensor.imageFloats(spec.input(), srcLanes) + 16;
    MemorySegment image = memory.allocate("src", srcFloats * Float.BYTES);
    src = Tensor.dense(image, batch, spec.input(), srcLanes);
    dst = Tensor.allocate(memory, "dst", batch, spec.output(), lanes);
    dSrc = Tensor.allocate(memory, "dSrc", batch, spec.input(), lanes);
    dDst = Tensor.allocate(memory, "dDst", batch, spec.output(), lanes);
    long weightBytes = WeightPacking.floats(spec) * Float.BYTES;
    weights = memory.allocate("weights", weightBytes);
    dWeights = memory.allocate("dWeights", weightBytes);
    int channels = Math.max(spec.channels(), spec.filters());
    zeros = memory.allocate("zeros", Math.ceilDiv(channels, 64) * 64L * Float.BYTES);
    workspace =
        memory.allocate(
            "workspace",
            Convolution.workspaceBytes(spec, batch, threads, ConvAlgorithms.of(algorithm)));
    parallel = new Parallel(threads);
    convolution =
        new Convolution(
            spec,
            batch,
            src.imageStride(),
            dSrc.imageStride(),
            dst.imageStride(),
            threads,
            true,
            ConvAlgorithms.of(algorithm));
    src.copyFrom(Noise.values(1, batch * spec.input().elements()), batch);
    dDst.copyFrom(Noise.values(2, batch * spec.output().elements()), batch);
    WeightPacking.pack(spec, Noise.values(3, spec.weights()), weights);
  }

  void forward() {
    convolution.forward(src, weights, zeros, dst, Float.NEGATIVE_INFINITY, workspace, parallel);
  }

  void backwardData() {
    convolution.backwardData(dDst, weights, dSrc, false, zeros, workspace, parallel);
  }

  void backwardWeights() {
    convolution.backwardWeights(src, dDst, dWeights, workspace, parallel);
  }

  /// Floating point operations of one pass, two per multiply-add of the direct algorithm.
  long flops() {
    return 2 * spec.multiplyAdds() * src.batch();
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
