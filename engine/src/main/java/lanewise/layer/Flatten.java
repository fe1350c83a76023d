package lanewise.layer;

import java.util.List;
import lanewise.kernel.simd.Flattening;
import lanewise.tensor.Shape;

/// A map as a vector of features, `C x H x W -> C * H * W`, in the order channel, row, column.
public record Flatten() implements Layer {

  @Override
  public String kind() {
    return "flatten";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Shape.vector(Math.toIntExact(Shapes.only(this, inputs).elements()));
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return Cost.NONE;
  }

  @Override
  public boolean isIdentity(List<Shape> inputs, boolean training) {
    return Shapes.only(this, inputs).isVector();
  }

  @Override
  public Operation compile(Binding binding) {
    Flattening kernel = new Flattening(binding.batch(), binding.input().shape());
    return new Operation() {
      @Override
      public void forward() {
        kernel.forward(binding.input(), binding.output(), binding.parallel());
      }

      @Override
      public void backward() {
        if (binding.inputGradient() != null) {
          kernel.backward(
              binding.outputGradient(),
              binding.inputGradient(),
              binding.addsToInputGradient(),
              binding.parallel());
        }
      }
    };
  }
}
