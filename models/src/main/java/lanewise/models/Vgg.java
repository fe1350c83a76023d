package lanewise.models;

import java.util.ArrayList;
import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// VGG: Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image
/// Recognition", <https://arxiv.org/abs/1409.1556>, configurations A, B, D and E (table 1). Batch
/// normalization came later and stands between convolution and ReLU.
public final class Vgg {

  private static final Source PAPER =
      new Source("VGG", "Simonyan and Zisserman 2014", "https://arxiv.org/abs/1409.1556");

  private static final List<Integer> DEPTHS = List.of(11, 13, 16, 19);
  private static final int[] FILTERS = {64, 128, 256, 512, 512};

  private Vgg() {}

  /// 3x3 convolutions per stage.
  private static int[] convolutions(int depth) {
    return switch (depth) {
      case 11 -> new int[] {1, 1, 2, 2, 2};
      case 13 -> new int[] {2, 2, 2, 2, 2};
      case 16 -> new int[] {2, 2, 3, 3, 3};
      case 19 -> new int[] {2, 2, 4, 4, 4};
      default -> throw new InvalidModelException("VGG has 11, 13, 16 or 19 layers, not " + depth);
    };
  }

  /// The paper's, without or with batch normalization; its convolutions keep their biases with it.
  public static Network imagenet(
      String name, Shape input, int classes, int depth, boolean batchNorm) {
    Flow x = Flow.input(input);
    for (int stage = 0; stage < FILTERS.length; stage++) {
      x.in("stage" + (stage + 1));
      for (int i = 0; i < convolutions(depth)[stage]; i++) {
        x = x.convBias(FILTERS[stage], 3, 1, 1);
        x = batchNorm ? x.batchNorm().relu() : x.relu();
      }
      x = x.maxPool(2, 2, 0);
    }
    x = x.in("head").flatten();
    x = x.linear(4096).relu().dropout(0.5);
    x = x.linear(4096).relu().dropout(0.5);
    return x.classScores(classes).network(name);
  }

  /// For small images: with batch normalization, and one linear layer of 512 units before the last.
  public static Network cifar(String name, Shape input, int classes, int depth) {
    Flow x = Flow.input(input);
    for (int stage = 0; stage < FILTERS.length; stage++) {
      x.in("stage" + (stage + 1));
      for (int i = 0; i < convolutions(depth)[stage]; i++) {
        x = x.conv(FILTERS[stage], 3, 1, 1).batchNorm().relu();
      }
      x = x.maxPool(2, 2, 0);
    }
    x = x.in("head").flatten().linear(512).relu().dropout(0.5);
    return x.classScores(classes).network(name);
  }

  static List<ModelInfo> models() {
    List<ModelInfo> models = new ArrayList<>();
    for (int depth : DEPTHS) {
      models.add(
          PAPER
              .with("batch norm")
              .cifar100("vgg" + depth, (name, in, classes) -> cifar(name, in, classes, depth)));
    }
    for (boolean batchNorm : new boolean[] {false, true}) {
      for (int depth : DEPTHS) {
        Source source = batchNorm ? PAPER.with("batch norm") : PAPER;
        String model = "vgg" + depth + (batchNorm ? "-bn-imagenet" : "-imagenet");
        models.add(
            source.imagenet(
                model, (name, in, classes) -> imagenet(name, in, classes, depth, batchNorm)));
      }
    }
    return models;
  }
}
