package lanewise.layer;

import java.util.List;
import lanewise.kernel.simd.Activation;
import lanewise.tensor.Shape;

/// Logistic function, any shape: `1 / (1 + exp(-x))`, between 0 and 1.
public record Sigmoid() implements Layer {

  @Override
  public String kind() {
    return "sigmoid";
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
    return new ActivationOperation(Activation.Function.SIGMOID, binding);
  }
}
