package lanewise.models;

import lanewise.models.ModelInfo.Architecture;
import lanewise.tensor.Shape;

/// What the models of one paper have in common in the list.
///
/// @param family see [ModelInfo]
/// @param origin author and year
/// @param link address of the paper
record Source(String family, String origin, String link) {

  static final Shape CIFAR = new Shape(3, 32, 32);
  private static final Shape IMAGENET = new Shape(3, 224, 224);

  /// The same paper with a remark on what was changed.
  Source with(String remark) {
    return new Source(family, origin + ", " + remark, link);
  }

  /// A variant for CIFAR-100.
  ModelInfo cifar100(String name, Architecture architecture) {
    return with("CIFAR form").model(name, CIFAR, 100, architecture);
  }

  /// A network for ImageNet's 224x224 images.
  ModelInfo imagenet(String name, Architecture architecture) {
    return model(name, IMAGENET, 1000, architecture);
  }

  ModelInfo model(String name, Shape input, int classes, Architecture architecture) {
    return new ModelInfo(name, family, origin, link, input, classes, architecture);
  }
}
