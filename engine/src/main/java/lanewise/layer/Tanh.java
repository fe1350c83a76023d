package lanewise.layer;

import java.util.List;
import lanewise.kernel.simd.Activation;
import lanewise.tensor.Shape;

/// Hyperbolic tangent, any shape, between -1 and 1.
public record Tanh() implements Layer {

  @Override
  public String kind() {
    return "tanh";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Shapes.only(this, inputs);
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return Cost.NONE;
  }

  @Override
  public boolean backwardReadsOutput() {
    return true;
  }

  @Override
  public Operation compile(Binding binding) {
    return new ActivationOperation(Activation.Function.TANH, binding);
  }
}
