package lanewise.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.tensor.Shape;

/// Several convolutions of one input as one with all their filters, as the 1x1 convolutions at the
/// start of an inception module are: the input is read once instead of once for each, its gradient
/// written once instead of added up, and few filters cost no more than many.
///
/// The filters of each start with a whole block of channels; those between are zero, and stay so.
///
/// @param parts 1x1, of one stride, without groups, padding, bias and ReLU
record JoinedConv2d(List<Conv2d> parts) implements Layer {

  JoinedConv2d {
    parts = List.copyOf(parts);
  }

  /// The first of several.
  static JoinedConv2d of(Conv2d first) {
    return new JoinedConv2d(List.of(first));
  }

  /// Whether a convolution can be one of these.
  static boolean takes(Conv2d conv) {
    return conv.kernel() == 1
        && conv.padding() == 0
        && conv.groups() == 1
        && !conv.bias()
        && !conv.relu();
  }

  @Override
  public Optional<Layer> beside(Layer other) {
    if (!(other instanceof Conv2d conv) || !takes(conv) || conv.stride() != parts.get(0).stride()) {
      return Optional.empty();
    }
    List<Conv2d> more = new ArrayList<>(parts);
    more.add(conv);
    return Optional.of(new JoinedConv2d(more));
  }

  @Override
  public String kind() {
    return "conv";
  }

  private ConvSpec spec(Shape in) {
    int lanes = Cpu.lanes();
    int filters = 0;
    for (Conv2d part : parts) {
      filters = Math.ceilDiv(filters, lanes) * lanes + part.filters();
    }
    int stride = parts.get(0).stride();
    return new ConvSpec(in.channels(), in.height(), in.width(), filters, 1, 1, stride, 0, 1);
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return spec(Shapes.only(this, inputs)).output();
  }

  /// One: the weights of all, one behind the other.
  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    ConvSpec spec = spec(Shapes.only(this, inputs));
    List<Integer> shape = List.of(spec.filters(), spec.channels(), 1, 1);
    return List.of(Parameter.weights(spec, shape, Initialization.constant(0)));
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return new Cost(parts.stream().mapToLong(p -> p.cost(inputs).multiplyAdds()).sum(), 0);
  }

  @Override
  public boolean backwardReadsInputs() {
    return true;
  }

  @Override
  public boolean takesStatistics() {
    return true;
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return Product.workspaceBytes(spec(inputs.get(0)), batch, training, threads, chooser);
  }

  @Override
  public Operation compile(Binding binding) {
    return new Product(spec(binding.input().shape()), false, false, binding);
  }
}
