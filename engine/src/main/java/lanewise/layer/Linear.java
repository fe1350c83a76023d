package lanewise.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Shape;

/// Fully connected layer: `n -> outputs`, `y = W x + b` with `W` of shape `outputs x n`.
///
/// @param outputs output features
/// @param bias whether a bias per output is added
/// @param relu whether negative results become 0 (a fused ReLU)
/// @param scheme how the weights start
public record Linear(int outputs, boolean bias, boolean relu, Initialization.Scheme scheme)
    implements Layer {

  /// With bias.
  public static Linear of(int outputs) {
    return new Linear(outputs, true, false, Initialization.Scheme.XAVIER_UNIFORM);
  }

  /// The same without bias.
  public Linear withoutBias() {
    return new Linear(outputs, false, relu, scheme);
  }

  /// The same with weights that start otherwise.
  public Linear scheme(Initialization.Scheme newScheme) {
    return new Linear(outputs, bias, relu, newScheme);
  }

  @Override
  public String kind() {
    return "fc";
  }

  private ConvSpec spec(List<Shape> inputs) {
    Shape in = Shapes.only(this, inputs);
    if (!in.isVector()) {
      throw new InvalidModelException(
          "linear layer: the input is a map of %s; flatten or pool it to a vector first"
              .formatted(in));
    }
    return Product.linear(in.channels(), outputs);
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return spec(inputs).output();
  }

  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    ConvSpec spec = spec(inputs);
    List<Parameter> result = new ArrayList<>();
    result.add(
        Parameter.weights(
            spec, List.of(outputs, spec.channels()), scheme.of(spec.channels(), outputs)));
    if (bias) {
      result.add(
          Parameter.vector("bias", outputs, Parameter.Role.NO_DECAY, Initialization.constant(0)));
    }
    return result;
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return new Cost(spec(inputs).multiplyAdds(), 0);
  }

  @Override
  public boolean backwardReadsInputs() {
    return true;
  }

  @Override
  public boolean backwardReadsOutput() {
    return relu;
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    if (next instanceof ReLU && !relu) {
      return Optional.of(new Linear(outputs, bias, true, scheme));
    }
    return training
        ? Optional.empty()
        : FoldedConv2d.of(new Conv2d(outputs, 1, 1, 0, 1, bias, relu, scheme), next);
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return Product.workspaceBytes(spec(inputs), batch, training, threads, chooser);
  }

  @Override
  public long preparedBytes(List<Shape> inputs, int batch, int threads, ConvChooser chooser) {
    return Product.preparedBytes(spec(inputs), batch, threads, chooser);
  }

  @Override
  public Operation compile(Binding binding) {
    return new Product(
        Product.linear(binding.input().shape().channels(), outputs), bias, relu, binding);
  }
}
