package lanewise.layer;

import java.util.List;
import java.util.Optional;
import lanewise.error.InvalidModelException;
import lanewise.kernel.simd.BatchNormalization;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Batch normalization per channel over samples and pixels (Ioffe and Szegedy 2015): in training
/// with the batch's mean and biased variance, which move the running statistics (variance
/// unbiased); in evaluation with the running ones.
///
/// @param epsilon added to the variance
/// @param momentum weight of the new batch in the running statistics, as PyTorch counts it
/// @param residual whether a second input is added before the activation (a fused Add)
/// @param relu whether negative results become 0 (a fused ReLU)
public record BatchNorm2d(double epsilon, double momentum, boolean residual, boolean relu)
    implements Layer {

  /// PyTorch's defaults: epsilon 1e-5, momentum 0.1.
  public BatchNorm2d() {
    this(1e-5, 0.1, false, false);
  }

  @Override
  public String kind() {
    return "bn";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (!residual) {
      return Shapes.only(this, inputs);
    }
    if (inputs.size() != 2 || !inputs.get(0).equals(inputs.get(1))) {
      throw new InvalidModelException("bn with residual: two inputs of one shape, got " + inputs);
    }
    return inputs.get(0);
  }

  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    int channels = inputs.get(0).channels();
    Initialization one = Initialization.constant(1);
    Initialization zero = Initialization.constant(0);
    return List.of(
        Parameter.vector("weight", channels, Parameter.Role.NO_DECAY, one),
        Parameter.vector("bias", channels, Parameter.Role.NO_DECAY, zero),
        Parameter.vector("running_mean", channels, Parameter.Role.STATISTIC, zero),
        Parameter.vector("running_var", channels, Parameter.Role.STATISTIC, one));
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
  public boolean normalizes() {
    return true;
  }

  @Override
  public boolean backwardReadsOutput() {
    return relu && residual;
  }

  @Override
  public int gradientInPlace() {
    // With a residual its gradient comes first, and x's is made of it.
    return residual ? 1 : 0;
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    if (relu) {
      return Optional.empty();
    }
    return switch (next) {
      case ReLU r -> Optional.of(new BatchNorm2d(epsilon, momentum, residual, true));
      case Add a when !residual -> Optional.of(new BatchNorm2d(epsilon, momentum, true, false));
      default -> Optional.empty();
    };
  }

  @Override
  public Operation compile(Binding binding) {
    return new BatchNormOperation(this, binding);
  }

  private static final class BatchNormOperation implements Operation {
    private final BatchNorm2d layer;
    private final Binding b;
    private final BatchNormalization kernel;
    private final Tensor residual;
    private final Tensor dResidual;

    BatchNormOperation(BatchNorm2d layer, Binding b) {
      this.layer = layer;
      this.b = b;
      kernel = new BatchNormalization(b.output().shape(), b.batch(), layer.epsilon, layer.relu);
      residual = layer.residual ? b.inputs().get(1) : null;
      dResidual = layer.residual ? b.inputGradients().get(1) : null;
    }

    @Override
    public void forward() {
      var values = b.values();
      if (b.training()) {
        kernel.forwardTraining(
            b.input(),
            b.inputHandover().statistics(),
            residual,
            values.get("weight"),
            values.get("bias"),
            values.get("running_mean"),
            values.get("running_var"),
            layer.momentum,
            b.output(),
            b.outputHandover().value(),
            b.parallel());
      } else {
        kernel.forwardInference(
            b.input(),
            residual,
            values.get("weight"),
            values.get("bias"),
            values.get("running_mean"),
            values.get("running_var"),
            b.output(),
            b.parallel());
      }
    }

    @Override
    public void backward() {
      kernel.backward(
          b.input(),
          b.output(),
          b.outputGradient(),
          b.values().get("weight"),
          b.gradients().get("weight"),
          b.gradients().get("bias"),
          b.inputGradient(),
          b.addsToInputGradient(),
          dResidual,
          layer.residual && b.adds().get(1),
          b.inputHandover().gradient(),
          b.parallel());
    }
  }
}
