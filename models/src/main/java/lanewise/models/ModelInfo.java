package lanewise.models;

import lanewise.error.InvalidModelException;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// One entry of the list of models.
///
/// @param name the name under which [Models] finds it
/// @param family LeNet, AlexNet, VGG, GoogLeNet, ResNet or Plain (a ResNet without shortcuts)
/// @param origin where the topology comes from
/// @param link address of that paper
/// @param input shape of one input sample, unless asked otherwise
/// @param classes number of classes, unless asked otherwise
/// @param architecture describes the network
public record ModelInfo(
    String name,
    String family,
    String origin,
    String link,
    Shape input,
    int classes,
    Architecture architecture) {

  /// Describes a network of one architecture.
  @FunctionalInterface
  public interface Architecture {
    /// The network of this name for an input shape and a number of classes.
    Network describe(String name, Shape input, int classes);
  }

  /// The network at its own input shape and number of classes.
  public Network create() {
    return create(input, classes);
  }

  /// The network with another number of classes.
  public Network create(int otherClasses) {
    return create(input, otherClasses);
  }

  /// The network with another input shape and number of classes.
  ///
  /// @throws InvalidModelException if the number of classes is less than 1, or the input is too
  ///     small for the network; names the layer at which it vanishes
  public Network create(Shape otherInput, int otherClasses) {
    if (otherClasses < 1) {
      throw new InvalidModelException(
          "%s: the number of classes must be at least 1, got %d".formatted(name, otherClasses));
    }
    return architecture.describe(name, otherInput, otherClasses);
  }
}
