package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.layer.Add;
import lanewise.layer.Conv2d;
import lanewise.network.Network;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelsTest {

  static Stream<ModelInfo> all() {
    return Models.all().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyOutputHasOneValuePerClass(ModelInfo model) {
    for (int classes : new int[] {model.classes(), 7}) {
      Network network = model.create(classes);
      List<Shape> shapes = network.shapes();
      assertThat(network.outputs())
          .extracting(output -> shapes.get(output.node()))
          .containsOnly(Shape.vector(classes));
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void carriesItsNameInputAndOrigin(ModelInfo model) {
    Network network = model.create();
    assertThat(network.name()).isEqualTo(model.name());
    assertThat(network.input()).isEqualTo(model.input());
    assertThat(model.origin()).isNotBlank();
    assertThat(model.link()).matches("https?://\\S+");
  }

  @ParameterizedTest
  @MethodSource("all")
  void takesAnotherInputAndNumberOfClasses(ModelInfo model) {
    Shape in = new Shape(5, model.input().height() + 9, model.input().width() + 40);
    Network network = model.create(in, 3);
    assertThat(network.input()).isEqualTo(in);
    assertThat(network.output()).isEqualTo(Shape.vector(3));
  }

  @ParameterizedTest
  @CsvSource({
    "lenet5-mnist, 1x32x32, 10",
    "alexnet-imagenet, 3x227x227, 1000",
    "vgg16-bn-imagenet, 3x224x224, 1000",
    "resnet56-cifar10, 3x32x32, 10",
    "resnet50, 3x32x32, 100",
  })
  void theNameTellsTheDataSet(String name, String input, int classes) {
    ModelInfo model = Models.find(name);
    assertThat(model.input()).hasToString(input);
    assertThat(model.classes()).isEqualTo(classes);
  }

  @Test
  void everyResNetHasItsPlainTwin() {
    List<ModelInfo> residual =
        all()
            .filter(model -> model.family().equals("ResNet") && !model.name().contains("2015"))
            .toList();
    assertThat(residual).hasSize(21);
    for (ModelInfo model : residual) {
      Network twin = Models.create(model.name().replace("resnet", "plain"));
      assertThat(twin.nodes()).noneMatch(node -> node.layer() instanceof Add);
      assertThat(layers(model.create(), false)).isEqualTo(layers(twin, false));
      assertThat(layers(twin, true)).isEmpty();
    }
  }

  private static List<Conv2d> layers(Network network, boolean shortcuts) {
    return network.nodes().stream()
        .filter(node -> node.name().contains("shortcut") == shortcuts)
        .filter(node -> node.layer() instanceof Conv2d)
        .map(node -> (Conv2d) node.layer())
        .toList();
  }

  @Test
  void googLeNetHasTwoAuxiliaryClassifiersInTrainingOnly() {
    Network network = Models.create("googlenet-imagenet");
    assertThat(network.outputs()).extracting(Network.Output::weight).containsExactly(1.0, 0.3, 0.3);
    assertThat(network.withoutAuxiliaryOutputs().outputs()).hasSize(1);
    assertThat(Models.create("googlenet").outputs()).hasSize(1);
  }

  @Test
  void theInceptionModulesBottlenecksSave() {
    Shape in = new Shape(192, 28, 28);
    Network module = GoogLeNet.module("module", in, GoogLeNet.MODULE_3A);
    Network naive = GoogLeNet.naiveModule("naive", in, GoogLeNet.MODULE_3A);
    assertThat(module.output()).isEqualTo(new Shape(256, 28, 28));
    assertThat(naive.output()).isEqualTo(new Shape(416, 28, 28));
    long positions = 28 * 28;
    assertThat(module.multiplyAdds())
        .isEqualTo(positions * (192 * (64 + 96 + 16 + 32) + 96 * 128 * 9 + 16 * 32 * 25));
    assertThat(naive.multiplyAdds()).isEqualTo(positions * 192 * (64 + 128 * 9 + 32 * 25));
  }

  @Test
  void anUnknownNameSuggestsTheNearest() {
    assertThatThrownBy(() -> Models.find("resnet19"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "no model is named \"resnet19\"; the nearest names are resnet18, resnet20 and"
                + " resnet32");
    assertThatThrownBy(() -> Models.create("VGG16-BN"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no model is named \"VGG16-BN\"; the nearest names are vgg16");
    assertThatThrownBy(() -> Models.create("", 10)).isInstanceOf(InvalidModelException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', 0",
    "'', abc, 3",
    "kitten, sitting, 3",
    "vgg16, vgg19, 1",
    "alex, alexnet, 3"
  })
  void editDistance(String a, String b, int distance) {
    assertThat(NearestNames.distance(a, b)).isEqualTo(distance);
    assertThat(NearestNames.distance(b, a)).isEqualTo(distance);
  }

  @Test
  void anInputTooSmallNamesTheLayerAtWhichItVanishes() {
    assertThatThrownBy(() -> Models.create("vgg16", new Shape(3, 8, 8), 10))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("vgg16, layer stage4.")
        .hasMessageContaining("does not fit into the 1x1 map");
    assertThatThrownBy(() -> Models.create("googlenet-imagenet", new Shape(3, 32, 32), 10))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("googlenet-imagenet, layer auxiliary1.")
        .hasMessageContaining("the 5x5 window does not fit into the 2x2 map");
    assertThatThrownBy(() -> Models.create("lenet5", new Shape(3, 12, 12), 10))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("lenet5, layer conv2 (input [6x4x4])");
  }

  @Test
  void noClassesAreRefused() {
    assertThatThrownBy(() -> Models.create("resnet20", 0))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("resnet20: the number of classes must be at least 1, got 0");
  }

  @Test
  void vggHasOnlyTheFourDepthsOfThePaper() {
    assertThatThrownBy(() -> Vgg.imagenet("vgg12", new Shape(3, 224, 224), 10, 12, false))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("VGG has 11, 13, 16 or 19 layers, not 12");
  }
}
