package lanewise.layer;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.kernel.simd.ChannelSums;
import lanewise.kernel.simd.ConvAlgorithm;
import lanewise.kernel.simd.Convolution;
import lanewise.tensor.Shape;

/// The operation of convolutions and linear layers (which are the 1x1 convolution of a 1x1 map):
/// product, bias and activation forward; bias, weights and input gradient backward.
final class Product implements Operation {

  private final Binding b;
  private final boolean bias;
  private final boolean relu;
  private final Convolution conv;
  private final ChannelSums sums;
  private final MemorySegment weights;
  private final MemorySegment offsets;

  Product(ConvSpec spec, boolean bias, boolean relu, Binding b) {
    this.b = b;
    this.bias = bias;
    this.relu = relu;
    conv =
        new Convolution(
            spec,
            b.batch(),
            b.input().imageStride(),
            b.inputGradient() == null ? 0 : b.inputGradient().imageStride(),
            b.output().imageStride(),
            b.parallel().threads(),
            b.training(),
            ConvAlgorithm.choose(spec, b.input().lanes()));
    sums = b.training() ? new ChannelSums(b.output().shape(), b.batch()) : null;
    weights = b.values().get("weight");
    offsets = bias ? b.values().get("bias") : b.zeros();
  }

  static long workspaceBytes(ConvSpec spec, int batch, boolean training, int threads) {
    long bytes =
        Convolution.workspaceBytes(
            spec, batch, threads, training, ConvAlgorithm.choose(spec, Cpu.lanes()));
    // Whether it reads a plain image is not known here.
    return ConvAlgorithm.FIRST.refuses(spec).isPresent()
        ? bytes
        : Math.max(
            bytes, Convolution.workspaceBytes(spec, batch, threads, training, ConvAlgorithm.FIRST));
  }

  /// Multiply-adds of a linear layer as those of a convolution.
  static ConvSpec linear(int inputs, int outputs) {
    return ConvSpec.of(Shape.vector(inputs), outputs, 1, 1, 0);
  }

  @Override
  public void forward() {
    float floor = relu ? 0 : Float.NEGATIVE_INFINITY;
    conv.forward(b.input(), weights, offsets, b.output(), floor, b.workspace(), b.parallel());
  }

  @Override
  public void backward() {
    if (bias || relu) {
      sums.maskedGradient(
          b.outputGradient(),
          relu ? b.output() : null,
          bias ? b.gradients().get("bias") : null,
          b.parallel());
    }
    conv.backwardWeights(
        b.input(), b.outputGradient(), b.gradients().get("weight"), b.workspace(), b.parallel());
    if (b.inputGradient() != null) {
      conv.backwardData(
          b.outputGradient(),
          weights,
          b.inputGradient(),
          b.addsToInputGradient(),
          b.zeros(),
          b.workspace(),
          b.parallel());
    }
  }
}
