package lanewise.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.tensor.Shape;

/// 2-d convolution: `C x H x W -> filters x H' x W'` with `H' = (H + 2 padding - kernel) / stride +
/// 1`, rounded down.
///
/// @param filters output channels
/// @param kernel rows and columns of the kernel
/// @param stride step in both directions
/// @param padding zeros on every side
/// @param groups groups of channels that do not see each other
/// @param bias whether a bias per filter is added
/// @param relu whether negative results become 0 (a fused ReLU)
/// @param scheme how the weights start
public record Conv2d(
    int filters,
    int kernel,
    int stride,
    int padding,
    int groups,
    boolean bias,
    boolean relu,
    Initialization.Scheme scheme)
    implements Layer {

  /// Stride 1, no padding, one group, with bias.
  public static Conv2d of(int filters, int kernel) {
    return new Conv2d(filters, kernel, 1, 0, 1, true, false, Initialization.Scheme.KAIMING_NORMAL);
  }

  /// The same with another stride.
  public Conv2d stride(int newStride) {
    return new Conv2d(filters, kernel, newStride, padding, groups, bias, relu, scheme);
  }

  /// The same with another padding.
  public Conv2d padding(int newPadding) {
    return new Conv2d(filters, kernel, stride, newPadding, groups, bias, relu, scheme);
  }

  /// The same with another number of groups.
  public Conv2d groups(int newGroups) {
    return new Conv2d(filters, kernel, stride, padding, newGroups, bias, relu, scheme);
  }

  /// The same without bias, as before batch normalization.
  public Conv2d withoutBias() {
    return new Conv2d(filters, kernel, stride, padding, groups, false, relu, scheme);
  }

  /// The same with weights that start otherwise.
  public Conv2d scheme(Initialization.Scheme newScheme) {
    return new Conv2d(filters, kernel, stride, padding, groups, bias, relu, newScheme);
  }

  @Override
  public String kind() {
    return "conv";
  }

  /// Sizes for an input.
  public ConvSpec spec(Shape in) {
    return new ConvSpec(
        in.channels(), in.height(), in.width(), filters, kernel, kernel, stride, padding, groups);
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return spec(Shapes.only(this, inputs)).output();
  }

  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    ConvSpec spec = spec(Shapes.only(this, inputs));
    long fanIn = (long) spec.channelsPerGroup() * kernel * kernel;
    List<Parameter> result = new ArrayList<>();
    result.add(
        Parameter.weights(
            spec,
            List.of(filters, spec.channelsPerGroup(), kernel, kernel),
            scheme.of(fanIn, (long) spec.filtersPerGroup() * kernel * kernel)));
    if (bias) {
      result.add(
          Parameter.vector("bias", filters, Parameter.Role.NO_DECAY, Initialization.constant(0)));
    }
    return result;
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return new Cost(spec(Shapes.only(this, inputs)).multiplyAdds(), 0);
  }

  @Override
  public boolean backwardReadsInputs() {
    return true;
  }

  @Override
  public boolean convolves() {
    return true;
  }

  @Override
  public boolean backwardReadsOutput() {
    return relu;
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    if (next instanceof ReLU && !relu) {
      return Optional.of(new Conv2d(filters, kernel, stride, padding, groups, bias, true, scheme));
    }
    return training ? Optional.empty() : FoldedConv2d.of(this, next);
  }

  /// In training alone: in inference a normalization may have to be folded first.
  @Override
  public Optional<Layer> beside(Layer other, boolean training) {
    return training && other instanceof Conv2d conv
        ? with(conv).map(Layer.class::cast)
        : Optional.empty();
  }

  /// One with the filters of both, those of the other from a whole block on, if both are pointwise:
  /// the input is read once, its gradient written once, and few filters cost no more than many. The
  /// filters between are zero, and stay so.
  Optional<Conv2d> with(Conv2d other) {
    if (!isPointwiseProduct() || !other.isPointwiseProduct() || other.stride != stride) {
      return Optional.empty();
    }
    int before = Math.ceilDiv(filters, Cpu.lanes()) * Cpu.lanes();
    return Optional.of(
        new Conv2d(before + other.filters, 1, stride, 0, 1, false, false, other.scheme));
  }

  private boolean isPointwiseProduct() {
    return kernel == 1 && padding == 0 && groups == 1 && !bias && !relu;
  }

  @Override
  public boolean takesPlainImage(List<Shape> inputs) {
    return ConvAlgorithm.takesPlainImage(spec(inputs.get(0)));
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return Product.workspaceBytes(spec(inputs.get(0)), batch, training, threads, chooser);
  }

  @Override
  public long preparedBytes(List<Shape> inputs, int batch, int threads, ConvChooser chooser) {
    return Product.preparedBytes(spec(inputs.get(0)), batch, threads, chooser);
  }

  @Override
  public Operation compile(Binding binding) {
    return new Product(spec(binding.input().shape()), bias, relu, binding);
  }
}
