package lanewise.layer;

import java.util.Optional;
import lanewise.choice.ConvChoice;

/// A layer bound to its memory: the hot path. No method allocates.
public interface Operation {

  /// Computes what follows from the parameters alone into [Binding#prepared()]. In inference it
  /// runs
  /// before the first forward and again whenever a parameter has changed since; in training never.
  default void prepare() {}

  /// Computes the output from the inputs and the parameters.
  void forward();

  /// Computes the gradients of the parameters (overwriting them) and those of the inputs
  /// (overwriting or adding, as [Binding#adds] says) from the gradient of the output. Runs after
  /// forward, in training only.
  void backward();

  /// The algorithms that it runs with, if it is a convolution or a linear layer.
  default Optional<ConvChoice> choice() {
    return Optional.empty();
  }
}
