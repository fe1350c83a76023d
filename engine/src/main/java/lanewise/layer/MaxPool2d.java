package lanewise.layer;

import java.util.List;
import lanewise.kernel.PoolSpec;
import lanewise.kernel.simd.MaxPool;
import lanewise.tensor.Shape;

/// Maximum pooling: `C x H x W -> C x H' x W'` with `H' = (H + 2 padding - kernel) / stride + 1`,
/// rounded down, or up in ceil mode. Padding never wins; the first of equal maxima in row-major
/// order gets the gradient.
///
/// @param kernel rows and columns of the window
/// @param stride step in both directions
/// @param padding rows and columns added on every side, at most half the kernel
/// @param ceilMode round the output size up; see [PoolSpec]
public record MaxPool2d(int kernel, int stride, int padding, boolean ceilMode) implements Layer {

  /// No padding, output size rounded down.
  public static MaxPool2d of(int kernel, int stride) {
    return new MaxPool2d(kernel, stride, 0, false);
  }

  @Override
  public String kind() {
    return "pool";
  }

  /// Sizes for an input.
  public PoolSpec spec(Shape in) {
    return new PoolSpec(in.channels(), in.height(), in.width(), kernel, stride, padding, ceilMode);
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return spec(Shapes.only(this, inputs)).output();
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return new Cost(0, outputShape(inputs).elements() * kernel * kernel);
  }

  @Override
  public boolean backwardReadsInputs() {
    return true;
  }

  @Override
  public boolean backwardReadsOutput() {
    return true;
  }

  @Override
  public Operation compile(Binding binding) {
    return new MaxPoolOperation(spec(binding.input().shape()), binding);
  }

  private static final class MaxPoolOperation implements Operation {
    private final Binding b;
    private final MaxPool kernel;

    MaxPoolOperation(PoolSpec spec, Binding b) {
      this.b = b;
      kernel = new MaxPool(spec, b.batch(), b.parallel().threads());
    }

    @Override
    public void forward() {
      kernel.forward(b.input(), b.output(), b.parallel());
    }

    @Override
    public void backward() {
      if (b.inputGradient() != null) {
        kernel.backward(
            b.input(),
            b.output(),
            b.outputGradient(),
            b.inputGradient(),
            b.addsToInputGradient(),
            b.parallel());
      }
    }
  }
}
