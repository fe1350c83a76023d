package lanewise.bench;

import java.util.List;
import lanewise.models.ModelInfo;
import lanewise.models.Models;

/// Which models are measured, and with how many images at a time.
final class ModelCase {

  /// The CIFAR-100 variants that have a peer.
  static final List<String> COMPARED =
      List.of("lenet5", "alexnet", "vgg16", "googlenet", "resnet20", "resnet18", "resnet10-thin");

  /// Models of 224 and 227 pixels whose inference is compared with peers.
  static final List<String> LARGE_INFERENCE =
      List.of("resnet50-imagenet", "vgg16-imagenet", "alexnet-imagenet");

  private static final int LARGE_IMAGE = 64;
  private static final long HEAVY = 200_000_000;

  private ModelCase() {}

  /// Images per step unless asked otherwise: 128, 64 for models of more than 200 million
  /// multiply-adds per image, 8 for images of more than 64 pixels.
  static int defaultBatch(String model) {
    ModelInfo info = Models.find(model);
    if (info.input().height() > LARGE_IMAGE) {
      return 8;
    }
    return info.create().multiplyAdds() > HEAVY ? 64 : 128;
  }

  /// Batches that inference is compared with peers at: 1 and 64, or 1 and 8 for images of more than
  /// 64 pixels.
  static List<Integer> inferenceBatches(String model) {
    return Models.find(model).input().height() > LARGE_IMAGE ? List.of(1, 8) : List.of(1, 64);
  }
}
