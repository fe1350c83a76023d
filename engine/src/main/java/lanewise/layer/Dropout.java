package lanewise.layer;

import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.kernel.simd.RandomDropout;
import lanewise.random.CounterRandom;
import lanewise.random.Purpose;
import lanewise.tensor.Shape;

/// Inverted dropout, any shape: in training each value becomes 0 with the given probability and
/// is divided by the probability of staying otherwise; in evaluation nothing changes. Srivastava et
/// al. 2014, "Dropout", scaled in training instead of in evaluation.
///
/// The choice depends on the layer's random key, the training step and the value's index alone.
///
/// @param probability chance of becoming 0, at least 0 and below 1
public record Dropout(double probability) implements Layer {

  public Dropout {
    if (!(probability >= 0 && probability < 1)) {
      throw new InvalidModelException(
          "dropout: probability %s must be at least 0 and below 1".formatted(probability));
    }
  }

  @Override
  public String kind() {
    return "dropout";
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
  public boolean isIdentity(List<Shape> inputs, boolean training) {
    return !training || probability == 0;
  }

  @Override
  public Operation compile(Binding binding) {
    return new DropoutOperation(binding.training() ? probability : 0, binding);
  }

  private static final class DropoutOperation implements Operation {

    private final Binding binding;
    private final RandomDropout kernel;

    DropoutOperation(double probability, Binding binding) {
      this.binding = binding;
      kernel = new RandomDropout(probability, binding.batch(), binding.output().shape());
    }

    @Override
    public void forward() {
      kernel.run(binding.input(), binding.output(), false, stepKey(), binding.parallel());
    }

    @Override
    public void backward() {
      if (binding.inputGradient() != null) {
        kernel.run(
            binding.outputGradient(),
            binding.inputGradient(),
            binding.addsToInputGradient(),
            stepKey(),
            binding.parallel());
      }
    }

    private long stepKey() {
      return CounterRandom.key(binding.key(), Purpose.DROPOUT, binding.clock().step());
    }
  }
}
