package lanewise.layer;

import java.util.List;
import lanewise.kernel.simd.GlobalAveragePool;
import lanewise.tensor.Shape;

/// Global average pooling: the mean of every channel, `C x H x W -> C x 1 x 1`.
public record GlobalAvgPool2d() implements Layer {

  @Override
  public String kind() {
    return "pool";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Shape.vector(Shapes.only(this, inputs).channels());
  }

  /// As a pooling layer whose window is the map.
  @Override
  public Cost cost(List<Shape> inputs) {
    return new Cost(0, Shapes.only(this, inputs).elements());
  }

  @Override
  public Operation compile(Binding binding) {
    return new GlobalAvgPoolOperation(binding);
  }

  private static final class GlobalAvgPoolOperation implements Operation {
    private final Binding b;
    private final GlobalAveragePool kernel;

    GlobalAvgPoolOperation(Binding b) {
      this.b = b;
      kernel = new GlobalAveragePool(b.input().shape(), b.batch());
    }

    @Override
    public void forward() {
      kernel.forward(b.input(), b.output(), b.parallel());
    }

    @Override
    public void backward() {
      if (b.inputGradient() != null) {
        kernel.backward(
            b.outputGradient(), b.inputGradient(), b.addsToInputGradient(), b.parallel());
      }
    }
  }
}
