package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lanewise.network.Network;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Figures that papers, torchvision and PyTorch agree on.
class WellKnownFiguresTest {

  @ParameterizedTest
  @CsvSource({
    "lenet5-mnist, 61706",
    "alexnet-imagenet, 61100840",
    "alexnet-2012-imagenet, 60965224",
    "vgg11-imagenet, 132863336",
    "vgg13-imagenet, 133047848",
    "vgg16-imagenet, 138357544",
    "vgg19-imagenet, 143667240",
    "vgg11-bn-imagenet, 132868840",
    "vgg13-bn-imagenet, 133053736",
    "vgg16-bn-imagenet, 138365992",
    "vgg19-bn-imagenet, 143678248",
    "googlenet-imagenet, 13378280",
    "resnet18-imagenet, 11689512",
    "resnet34-imagenet, 21797672",
    "resnet50-imagenet, 25557032",
    "resnet101-imagenet, 44549160",
    "resnet152-imagenet, 60192808",
    "resnet50-2015-imagenet, 25557032",
    "resnet101-2015-imagenet, 44549160",
    "resnet152-2015-imagenet, 60192808",
    "resnet20-cifar10, 269722",
    "resnet32-cifar10, 464154",
    "resnet44-cifar10, 658586",
    "resnet56-cifar10, 853018",
    "resnet110-cifar10, 1727962",
  })
  void parameters(String model, long parameters) {
    assertThat(Models.create(model).trainedParameters()).isEqualTo(parameters);
  }

  /// torchvision's 6,624,904 and 13,004,888 are of 3x3 convolutions where the paper has 5x5.
  @ParameterizedTest
  @CsvSource({"googlenet-imagenet, 6998552, 0", "googlenet-bn-imagenet, 6624904, 16"})
  void googLeNetWithoutAuxiliaryClassifiers(String model, long parameters, int missingTaps) {
    int pairs = // bottleneck times 5x5 filters, over the nine modules
        16 * 32 + 32 * 96 + 16 * 48 + 24 * 64 + 24 * 64 + 32 * 64 + 32 * 128 + 32 * 128 + 48 * 128;
    assertThat(Models.create(model).withoutAuxiliaryOutputs().trainedParameters())
        .isEqualTo(parameters + (long) missingTaps * pairs);
  }

  /// Computed with `torch_train.py` of the comparison with PyTorch 1.13.
  @ParameterizedTest
  @CsvSource({
    "lenet5, 69656, 659280",
    "alexnet, 5963684, 182312960",
    "vgg16, 15032868, 313509888",
    "googlenet, 6075652, 479793152",
    "resnet20, 278324, 40818944",
    "resnet18, 11220132, 555468800",
    "resnet10-thin, 1252100, 63824896",
  })
  void cifarVariantsAreThoseOfThePeer(String model, long parameters, long multiplyAdds) {
    Network network = Models.create(model);
    assertThat(network.trainedParameters()).isEqualTo(parameters);
    assertThat(network.multiplyAdds()).isEqualTo(multiplyAdds);
  }

  /// In thousand millions with two decimals, as torchvision's documentation lists them.
  @ParameterizedTest
  @CsvSource({
    "vgg11-imagenet, 7.61",
    "vgg13-imagenet, 11.31",
    "vgg16-imagenet, 15.47",
    "vgg19-imagenet, 19.63",
    "vgg16-bn-imagenet, 15.47",
    "resnet18-imagenet, 1.81",
    "resnet34-imagenet, 3.66",
    "resnet50-imagenet, 4.09",
    "resnet101-imagenet, 7.80",
    "resnet152-imagenet, 11.51",
  })
  void multiplyAdds(String model, double billions) {
    long rounded = Math.round(Models.create(model).multiplyAdds() / 1e7);
    assertThat(rounded / 100.0).isEqualTo(billions);
  }

  /// The number in a name counts the convolutions and linear layers on the way through.
  @ParameterizedTest
  @CsvSource({
    "vgg11-imagenet",
    "vgg13-imagenet",
    "vgg16-imagenet",
    "vgg19-imagenet",
    "resnet18-imagenet",
    "resnet34-imagenet",
    "resnet50-imagenet",
    "resnet101-imagenet",
    "resnet152-imagenet",
    "plain34-imagenet",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
    "plain20",
    "resnet110-cifar10",
    "resnet18",
    "resnet10-thin",
    "resnet152",
  })
  void theNameTellsTheDepth(String model) {
    List<String> weighted =
        Models.create(model).layers().stream()
            .filter(layer -> layer.cost().multiplyAdds() > 0)
            .map(layer -> layer.node().name())
            .filter(name -> !name.contains("shortcut"))
            .toList();
    String depth = Arrays.asList(model.split("\\D+")).get(1);
    assertThat(weighted).hasSize(Integer.parseInt(depth));
  }
}
