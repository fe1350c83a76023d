package lanewise.models;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// The list of all models by name.
///
/// A bare name (`resnet18`) is the CIFAR-100 variant: 3x32x32, 100 classes. A name that ends in a
/// data set (`resnet18-imagenet`, `resnet20-cifar10`, `lenet5-mnist`) is the architecture at its
/// original input and number of classes. What stands between tells variants apart: `vgg16-bn` has
/// batch normalization, `alexnet-2012` and `resnet50-2015` are the papers' own where the widely
/// used
/// form differs. `plain20` is `resnet20` without its shortcuts.
public final class Models {

  private static final Map<String, ModelInfo> BY_NAME = new LinkedHashMap<>();

  static {
    Stream.of(LeNet5.models(), AlexNet.models(), Vgg.models(), GoogLeNet.models(), ResNet.models())
        .flatMap(List::stream)
        .forEach(Models::register);
  }

  private Models() {}

  private static void register(ModelInfo model) {
    if (BY_NAME.put(model.name(), model) != null) {
      throw new IllegalStateException("two models are named " + model.name());
    }
  }

  /// All models, family by family.
  public static List<ModelInfo> all() {
    return List.copyOf(BY_NAME.values());
  }

  /// The model of this name.
  ///
  /// @throws InvalidModelException if there is none; suggests the nearest names
  public static ModelInfo find(String name) {
    ModelInfo model = BY_NAME.get(name);
    if (model == null) {
      List<String> nearest = NearestNames.of(name, BY_NAME.keySet());
      throw new InvalidModelException(
          "no model is named \"%s\"; the nearest names are %s and %s"
              .formatted(
                  name,
                  String.join(", ", nearest.subList(0, nearest.size() - 1)),
                  nearest.getLast()));
    }
    return model;
  }

  /// A network at its own input shape and number of classes.
  ///
  /// @throws InvalidModelException if no model has this name; suggests the nearest names
  public static Network create(String name) {
    return find(name).create();
  }

  /// A network with another number of classes.
  ///
  /// @throws InvalidModelException if no model has this name, or there are no classes
  public static Network create(String name, int classes) {
    return find(name).create(classes);
  }

  /// A network with another input shape and number of classes.
  ///
  /// @throws InvalidModelException if no model has this name, there are no classes, or the input is
  ///     too small for the network; names the layer at which it vanishes
  public static Network create(String name, Shape input, int classes) {
    return find(name).create(input, classes);
  }
}
