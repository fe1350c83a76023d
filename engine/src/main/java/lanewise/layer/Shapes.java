package lanewise.layer;

import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;

/// Checks of layers' inputs.
final class Shapes {

  private Shapes() {}

  /// The one input of a layer.
  static Shape only(Layer layer, List<Shape> inputs) {
    if (inputs.size() != 1) {
      throw new InvalidModelException(
          "%s takes one input, got %d".formatted(layer.kind(), inputs.size()));
    }
    return inputs.get(0);
  }
}
