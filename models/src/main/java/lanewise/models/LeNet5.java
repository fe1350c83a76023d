package lanewise.models;

import java.util.List;
import lanewise.layer.Conv2d;
import lanewise.layer.Initialization;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-Based Learning Applied to Document
/// Recognition", <http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf>.
///
/// As it is taught: average pooling and then the sigmoid. The paper's own scales and shifts each
/// pooled map, connects the second convolution to some of the maps only, and ends in radial basis
/// functions.
public final class LeNet5 {

  private static final Source PAPER =
      new Source(
          "LeNet", "LeCun et al. 1998", "http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf");

  private LeNet5() {}

  /// The network; for a 32x32 input the maps are 28, 14, 10 and 5 pixels wide.
  public static Network network(String name, Shape input, int classes) {
    Flow x = Flow.input(input);
    x = x.then(conv(6)).avgPool(2, 2).sigmoid();
    x = x.then(conv(16)).avgPool(2, 2).sigmoid().flatten();
    x = x.linear(120).sigmoid();
    x = x.linear(84).sigmoid();
    return x.linear(classes).network(name);
  }

  /// 5x5 before a sigmoid, so Xavier's initialization.
  private static Conv2d conv(int filters) {
    return Conv2d.of(filters, 5).scheme(Initialization.Scheme.XAVIER_UNIFORM);
  }

  static List<ModelInfo> models() {
    return List.of(
        PAPER.cifar100("lenet5", LeNet5::network),
        PAPER.model("lenet5-mnist", new Shape(1, 32, 32), 10, LeNet5::network));
  }
}
