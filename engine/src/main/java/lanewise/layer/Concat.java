package lanewise.layer;

import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.kernel.simd.Concatenation;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Two or more inputs one behind the other along the channels:
/// `C1 x H x W, C2 x H x W, ... -> (C1 + C2 + ...) x H x W`.
public record Concat() implements Layer {

  @Override
  public String kind() {
    return "concat";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (inputs.size() < 2) {
      throw new InvalidModelException("concat takes two inputs or more, got " + inputs.size());
    }
    Shape first = inputs.get(0);
    int channels = first.channels();
    for (int i = 1; i < inputs.size(); i++) {
      Shape other = inputs.get(i);
      if (other.height() != first.height() || other.width() != first.width()) {
        throw new InvalidModelException(
            "concat: input 1 is %s, but input %d is %s; all must have one height and width"
                .formatted(first, i + 1, other));
      }
      channels += other.channels();
    }
    return new Shape(channels, first.height(), first.width());
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return Cost.NONE;
  }

  @Override
  public boolean concatenates() {
    return true;
  }

  /// Parts that lie in the result already ([#concatenates]) are not copied.
  @Override
  public Operation compile(Binding binding) {
    List<Shape> shapes = binding.inputs().stream().map(Tensor::shape).toList();
    Concatenation kernel = new Concatenation(binding.batch(), shapes);
    List<Tensor> inputs = apart(binding.inputs(), binding.output());
    List<Tensor> gradients = apart(binding.inputGradients(), binding.outputGradient());
    return new Operation() {
      @Override
      public void forward() {
        kernel.forward(inputs, binding.output(), binding.parallel());
      }

      @Override
      public void backward() {
        kernel.backward(binding.outputGradient(), gradients, binding.adds(), binding.parallel());
      }
    };
  }

  /// The parts, null for those that are slices of the whole.
  private static List<Tensor> apart(List<Tensor> parts, Tensor whole) {
    return parts.stream().map(part -> part == null || isWithin(part, whole) ? null : part).toList();
  }

  private static boolean isWithin(Tensor part, Tensor whole) {
    long at = part.segment().address() - whole.segment().address();
    return at >= 0 && at < whole.bytes();
  }
}
