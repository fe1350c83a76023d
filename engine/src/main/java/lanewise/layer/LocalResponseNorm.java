package lanewise.layer;

import java.util.List;
import lanewise.choice.ConvChooser;
import lanewise.error.InvalidModelException;
import lanewise.kernel.simd.LocalResponseNormalization;
import lanewise.tensor.Shape;

/// Local response normalization across channels (Krizhevsky et al. 2012, section 3.3), as
/// `torch.nn.LocalResponseNorm` defines it: `dst = src / (k + alpha / size * sum of src^2)^beta`,
/// the sum taken over the channels from `c - size / 2` to `c + (size - 1) / 2`. The paper's own
/// alpha is `alpha / size` here.
///
/// @param size channels of the window
/// @param alpha weight of the mean square, at least 0
/// @param beta exponent
/// @param k added to the weighted mean square, more than 0
public record LocalResponseNorm(int size, double alpha, double beta, double k) implements Layer {

  public LocalResponseNorm {
    if (size < 1 || !(alpha >= 0) || !(k > 0) || !Double.isFinite(alpha + beta + k)) {
      throw new InvalidModelException(
          "lrn: size must be at least 1, alpha at least 0, k more than 0 and all finite, got"
              + " size %d, alpha %s, beta %s, k %s".formatted(size, alpha, beta, k));
    }
  }

  @Override
  public String kind() {
    return "lrn";
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
  public boolean backwardReadsInputs() {
    return true;
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return LocalResponseNormalization.workspaceBytes(Shapes.only(this, inputs), size, threads);
  }

  @Override
  public Operation compile(Binding binding) {
    return new LocalResponseNormOperation(this, binding);
  }

  private static final class LocalResponseNormOperation implements Operation {
    private final Binding b;
    private final LocalResponseNormalization kernel;

    LocalResponseNormOperation(LocalResponseNorm layer, Binding b) {
      this.b = b;
      kernel =
          new LocalResponseNormalization(
              b.input().shape(), b.batch(), layer.size, layer.alpha, layer.beta, layer.k);
    }

    @Override
    public void forward() {
      kernel.forward(b.input(), b.output(), b.workspace(), b.parallel());
    }

    @Override
    public void backward() {
      if (b.inputGradient() != null) {
        kernel.backward(
            b.input(),
            b.outputGradient(),
            b.inputGradient(),
            b.addsToInputGradient(),
            b.workspace(),
            b.parallel());
      }
    }
  }
}
