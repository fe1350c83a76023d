package lanewise.layer;

import java.util.List;
import java.util.Optional;
import lanewise.error.InvalidModelException;
import lanewise.kernel.simd.Addition;
import lanewise.tensor.Shape;

/// Sum of two or more inputs of one shape, value by value; a residual connection.
public record Add() implements Layer {

  @Override
  public String kind() {
    return "add";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (inputs.size() < 2) {
      throw new InvalidModelException("add takes two inputs or more, got " + inputs.size());
    }
    Shape first = inputs.get(0);
    for (int i = 1; i < inputs.size(); i++) {
      if (!inputs.get(i).equals(first)) {
        throw new InvalidModelException(
            "add: input 1 is %s, but input %d is %s; all must have one shape"
                .formatted(first, i + 1, inputs.get(i)));
      }
    }
    return first;
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return Cost.NONE;
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    return next instanceof ReLU && !training ? Optional.of(new AddReLU()) : Optional.empty();
  }

  @Override
  public Operation compile(Binding binding) {
    return operation(binding, Float.NEGATIVE_INFINITY);
  }

  /// @param floor the least value of the output
  private static Operation operation(Binding binding, float floor) {
    Addition kernel = new Addition(binding.batch(), binding.output().shape(), floor);
    return new Operation() {
      @Override
      public void forward() {
        kernel.forward(binding.inputs(), binding.output(), binding.parallel());
      }

      @Override
      public void backward() {
        kernel.backward(
            binding.outputGradient(), binding.inputGradients(), binding.adds(), binding.parallel());
      }
    };
  }

  /// The sum without what is negative, in inference only: backward would need to know where.
  private record AddReLU() implements Layer {

    @Override
    public String kind() {
      return "add";
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
      return new Add().outputShape(inputs);
    }

    @Override
    public Cost cost(List<Shape> inputs) {
      return Cost.NONE;
    }

    @Override
    public Operation compile(Binding binding) {
      return operation(binding, 0);
    }
  }
}
