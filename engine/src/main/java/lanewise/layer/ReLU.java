package lanewise.layer;

import java.util.List;
import lanewise.kernel.simd.Activation;
import lanewise.tensor.Shape;

/// Rectified linear unit, any shape: `max(0, x)`. The gradient at 0 is 0; NaN stays NaN.
public record ReLU() implements Layer {

  @Override
  public String kind() {
    return "relu";
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
    return new ActivationOperation(Activation.Function.RELU, binding);
  }
}
