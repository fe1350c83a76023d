package lanewise.models;

import java.util.List;
import lanewise.layer.Conv2d;
import lanewise.layer.Initialization;
import lanewise.layer.LocalResponseNorm;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// AlexNet: Krizhevsky, Sutskever and Hinton 2012, "ImageNet Classification with Deep Convolutional
/// Neural Networks", <https://doi.org/10.1145/3065386>; the form with one tower: Krizhevsky 2014,
/// "One weird trick for parallelizing convolutional neural networks",
/// <https://arxiv.org/abs/1404.5997>.
public final class AlexNet {

  private static final Source PAPER_2012 =
      new Source("AlexNet", "Krizhevsky et al. 2012", "https://doi.org/10.1145/3065386");

  private static final Source PAPER_2014 =
      new Source("AlexNet", "Krizhevsky 2014", "https://arxiv.org/abs/1404.5997");

  /// The paper says 224, which its own figures contradict: (227 - 11) / 4 + 1 = 55.
  private static final Shape INPUT = new Shape(3, 227, 227);

  private AlexNet() {}

  /// The lecture's: one tower, without normalization.
  public static Network oneTower(String name, Shape input, int classes) {
    Flow x = Flow.input(input);
    x = x.then(conv(64, 11).stride(4).padding(2)).relu().maxPool(3, 2, 0);
    x = x.then(conv(192, 5).padding(2)).relu().maxPool(3, 2, 0);
    x = x.then(conv(384, 3).padding(1)).relu();
    x = x.then(conv(256, 3).padding(1)).relu();
    x = x.then(conv(256, 3).padding(1)).relu().maxPool(3, 2, 0);
    return classifier(x, 4096, classes).network(name);
  }

  /// The paper's: two groups, which were one graphics card each, and local response normalization.
  public static Network twoGroups(String name, Shape input, int classes) {
    Flow x = Flow.input(input);
    x = x.then(conv(96, 11).stride(4)).relu().then(normalization()).maxPool(3, 2, 0);
    x = x.then(grouped(256, 5)).relu().then(normalization()).maxPool(3, 2, 0);
    x = x.then(conv(384, 3).padding(1)).relu();
    x = x.then(grouped(384, 3)).relu();
    x = x.then(grouped(256, 3)).relu().maxPool(3, 2, 0);
    x = x.flatten().linear(4096).relu().dropout(0.5);
    x = x.linear(4096).relu().dropout(0.5);
    return x.classScores(classes).network(name);
  }

  /// For small images: a 5x5 first layer with stride 1, and fewer units behind it.
  public static Network cifar(String name, Shape input, int classes) {
    Flow x = Flow.input(input);
    x = x.then(conv(64, 5).padding(2)).relu().maxPool(3, 2, 0);
    x = x.then(conv(192, 5).padding(2)).relu().maxPool(3, 2, 0);
    x = x.then(conv(384, 3).padding(1)).relu();
    x = x.then(conv(256, 3).padding(1)).relu();
    x = x.then(conv(256, 3).padding(1)).relu().maxPool(3, 2, 0);
    return classifier(x, 1024, classes).network(name);
  }

  private static Flow classifier(Flow features, int units, int classes) {
    Flow x = features.flatten();
    x = x.dropout(0.5).linear(units).relu();
    x = x.dropout(0.5).linear(units).relu();
    return x.classScores(classes);
  }

  private static Conv2d grouped(int filters, int kernel) {
    return conv(filters, kernel).padding(kernel / 2).groups(2);
  }

  /// Three poolings raise the values by as much as the ReLUs lower them, so weights start with half
  /// the variance that ReLUs alone need. With all of it the first loss is above 10.
  private static Conv2d conv(int filters, int kernel) {
    return Conv2d.of(filters, kernel).scheme(Initialization.Scheme.LECUN_NORMAL);
  }

  /// Section 3.3: n = 5, k = 2, alpha = 1e-4, beta = 0.75. The layer divides alpha by n, the paper
  /// does not.
  static LocalResponseNorm normalization() {
    return new LocalResponseNorm(5, 5e-4, 0.75, 2);
  }

  static List<ModelInfo> models() {
    return List.of(
        PAPER_2014.cifar100("alexnet", AlexNet::cifar),
        PAPER_2014
            .with("the lecture's table")
            .model("alexnet-imagenet", INPUT, 1000, AlexNet::oneTower),
        PAPER_2012.model("alexnet-2012-imagenet", INPUT, 1000, AlexNet::twoGroups));
  }
}
