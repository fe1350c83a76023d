package lanewise.models;

import java.util.List;
import java.util.function.Consumer;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// GoogLeNet: Szegedy et al. 2014, "Going Deeper with Convolutions",
/// <https://arxiv.org/abs/1409.4842>, table 1 and figure 3. With batch normalization (Ioffe and
/// Szegedy 2015, <https://arxiv.org/abs/1502.03167>) it has no local response normalization and its
/// convolutions have no biases.
public final class GoogLeNet {

  private static final Source PAPER =
      new Source("GoogLeNet", "Szegedy et al. 2014", "https://arxiv.org/abs/1409.4842");

  /// Weight of the auxiliary classifiers' losses (section 5).
  private static final double AUXILIARY_WEIGHT = 0.3;

  private GoogLeNet() {}

  /// The filters of an inception module, as table 1 lists them.
  ///
  /// @param conv1 1x1 convolution of the first branch
  /// @param reduce3 1x1 bottleneck before the 3x3 convolution
  /// @param conv3 3x3 convolution
  /// @param reduce5 1x1 bottleneck before the 5x5 convolution
  /// @param conv5 5x5 convolution
  /// @param poolProjection 1x1 convolution behind the pooling branch
  public record Inception(
      int conv1, int reduce3, int conv3, int reduce5, int conv5, int poolProjection) {}

  /// The first module, on 192x28x28; the others follow in the order of the table.
  public static final Inception MODULE_3A = new Inception(64, 96, 128, 16, 32, 32);
  public static final Inception MODULE_3B = new Inception(128, 128, 192, 32, 96, 64);
  public static final Inception MODULE_4A = new Inception(192, 96, 208, 16, 48, 64);
  public static final Inception MODULE_4B = new Inception(160, 112, 224, 24, 64, 64);
  public static final Inception MODULE_4C = new Inception(128, 128, 256, 24, 64, 64);
  public static final Inception MODULE_4D = new Inception(112, 144, 288, 32, 64, 64);
  public static final Inception MODULE_4E = new Inception(256, 160, 320, 32, 128, 128);
  public static final Inception MODULE_5A = new Inception(256, 160, 320, 32, 128, 128);
  public static final Inception MODULE_5B = new Inception(384, 192, 384, 48, 128, 128);

  /// The paper's, with its two auxiliary classifiers; without or with batch normalization.
  public static Network imagenet(String name, Shape input, int classes, boolean batchNorm) {
    Flow x = unit(Flow.input(input).in("stem"), 64, 7, 2, batchNorm).maxPool(3, 2, 1);
    x = batchNorm ? x : x.then(AlexNet.normalization());
    x = unit(unit(x, 64, 1, 1, batchNorm), 192, 3, 1, batchNorm);
    x = batchNorm ? x : x.then(AlexNet.normalization());
    x = modules(x.maxPool(3, 2, 1), batchNorm, flow -> auxiliary(flow, classes, batchNorm));
    return x.in("head").globalAvgPool().dropout(0.4).classScores(classes).network(name);
  }

  /// For small images: a 3x3 first layer with stride 1, batch normalization, no auxiliary
  /// classifiers.
  public static Network cifar(String name, Shape input, int classes) {
    Flow x = unit(Flow.input(input).in("stem"), 64, 3, 1, true);
    x = unit(unit(x, 64, 1, 1, true), 192, 3, 1, true).maxPool(3, 2, 1);
    x = modules(x, true, flow -> {});
    return x.in("head").globalAvgPool().dropout(0.4).classScores(classes).network(name);
  }

  /// @param branch adds what branches off behind 4a and 4d
  private static Flow modules(Flow stem, boolean batchNorm, Consumer<Flow> branch) {
    Flow x = inception(stem, "3a", MODULE_3A, batchNorm);
    x = inception(x, "3b", MODULE_3B, batchNorm).maxPool(3, 2, 1);
    x = inception(x, "4a", MODULE_4A, batchNorm);
    branch.accept(x.in("auxiliary1"));
    x = inception(x, "4b", MODULE_4B, batchNorm);
    x = inception(x, "4c", MODULE_4C, batchNorm);
    x = inception(x, "4d", MODULE_4D, batchNorm);
    branch.accept(x.in("auxiliary2"));
    x = inception(x, "4e", MODULE_4E, batchNorm).maxPool(3, 2, 1);
    x = inception(x, "5a", MODULE_5A, batchNorm);
    return inception(x, "5b", MODULE_5B, batchNorm);
  }

  /// One inception module alone, without batch normalization.
  public static Network module(String name, Shape input, Inception filters) {
    return inception(Flow.input(input), "inception", filters, false).network(name);
  }

  /// The naive inception module (figure 2a): no bottlenecks, and the pooled input itself.
  public static Network naiveModule(String name, Shape input, Inception filters) {
    Flow x = Flow.input(input).in("inception");
    return Flow.concat(
            unit(x, filters.conv1, 1, 1, false),
            unit(x, filters.conv3, 3, 1, false),
            unit(x, filters.conv5, 5, 1, false),
            x.maxPool(3, 1, 1))
        .network(name);
  }

  /// Figure 2b.
  private static Flow inception(Flow x, String block, Inception filters, boolean batchNorm) {
    x.in(block);
    return Flow.concat(
        unit(x, filters.conv1, 1, 1, batchNorm),
        unit(unit(x, filters.reduce3, 1, 1, batchNorm), filters.conv3, 3, 1, batchNorm),
        unit(unit(x, filters.reduce5, 1, 1, batchNorm), filters.conv5, 5, 1, batchNorm),
        unit(x.maxPool(3, 1, 1), filters.poolProjection, 1, 1, batchNorm));
  }

  private static void auxiliary(Flow x, int classes, boolean batchNorm) {
    Flow y = unit(x.avgPool(5, 3), 128, 1, 1, batchNorm).flatten();
    y = y.linear(1024).relu().dropout(0.7);
    y.classScores(classes).auxiliaryOutput(AUXILIARY_WEIGHT);
  }

  private static Flow unit(Flow x, int filters, int kernel, int stride, boolean batchNorm) {
    return batchNorm
        ? x.conv(filters, kernel, stride, kernel / 2).batchNorm().relu()
        : x.convBias(filters, kernel, stride, kernel / 2).relu();
  }

  static List<ModelInfo> models() {
    Source normalized = PAPER.with("batch norm");
    return List.of(
        normalized.cifar100("googlenet", GoogLeNet::cifar),
        PAPER.imagenet(
            "googlenet-imagenet", (name, in, classes) -> imagenet(name, in, classes, false)),
        normalized.imagenet(
            "googlenet-bn-imagenet", (name, in, classes) -> imagenet(name, in, classes, true)));
  }
}
