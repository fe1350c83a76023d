package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import lanewise.layer.Conv2d;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.MaxPool2d;
import lanewise.layer.Parameter;
import lanewise.network.Network.LayerInfo;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every row of the lecture's tables against the descriptions, to the printed rounding. What the
/// lecture misprints is expected to differ, and by how much.
class TheoryTest {

  @Test
  void alexNetRowForRow() {
    List<LayerInfo> layers =
        layers("alexnet-imagenet", info -> weightsOrPools(info.node().layer()));
    assertThat(differences("alexnet", layers, false))
        .containsExactly("conv4 flop_m: the lecture prints 145, computed 150");
  }

  @Test
  void vgg16RowForRow() {
    List<LayerInfo> layers =
        layers("vgg16-imagenet", info -> info.node().name().matches("head\\.(flatten|fc)\\d"));
    assertThat(differences("vgg16", layers, false)).isEmpty();
  }

  @Test
  void googLeNetRowForRow() {
    List<LayerInfo> layers =
        layers(
            "googlenet-imagenet",
            info ->
                info.node().name().matches("(stem|head).*") && weightsOrPools(info.node().layer()));
    assertThat(differences("googlenet", layers, true))
        .containsExactly("fc memory_kb: the lecture prints 0, computed 4");
  }

  /// The slide's text says padding 2, with which every convolution would grow the map.
  @Test
  void vggKeepsHeightAndWidth() {
    List<LayerInfo> convolutions =
        layers("vgg16-imagenet", info -> info.node().layer() instanceof Conv2d);
    assertThat(convolutions).hasSize(13);
    for (LayerInfo info : convolutions) {
      Conv2d conv = (Conv2d) info.node().layer();
      Shape in = info.inputs().get(0);
      assertThat(conv.padding()).isEqualTo(1);
      assertThat(info.output()).isEqualTo(new Shape(conv.filters(), in.height(), in.width()));
      assertThat(conv.padding(2).outputShape(info.inputs()).height()).isEqualTo(in.height() + 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"alexnet", "vgg16", "googlenet"})
  void theResourcesHoldTheLecturesFigures(String network) {
    assertThat(TheoryTable.fromResources(network)).isEqualTo(TheoryTable.of(network));
  }

  private static List<LayerInfo> layers(String model, Predicate<LayerInfo> wanted) {
    return Models.create(model).layers().stream().filter(wanted).toList();
  }

  private static boolean weightsOrPools(Layer layer) {
    return switch (layer) {
      case Conv2d c -> true;
      case Linear l -> true;
      case Flatten f -> true;
      case MaxPool2d p -> true;
      case GlobalAvgPool2d g -> true;
      default -> false;
    };
  }

  /// Figures that the lecture prints and that come out otherwise.
  private static List<String> differences(
      String network, List<LayerInfo> layers, boolean linearWithBias) {
    List<TheoryTable.Row> rows = TheoryTable.of(network).rows();
    assertThat(layers).hasSameSizeAs(rows);
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      TheoryTable.Row row = rows.get(i);
      Map<String, Long> computed = figures(layers.get(i), linearWithBias);
      assertThat(computed)
          .as(row.layer())
          .containsKeys(row.figures().keySet().toArray(String[]::new));
      new TreeMap<>(row.figures())
          .forEach(
              (column, printed) -> {
                long value = computed.get(column);
                if (value != printed) {
                  differences.add(
                      "%s %s: the lecture prints %d, computed %d"
                          .formatted(row.layer(), column, printed, value));
                }
              });
    }
    return differences;
  }

  /// What the description says, under the names of the table's columns.
  private static Map<String, Long> figures(LayerInfo info, boolean linearWithBias) {
    Map<String, Long> figures = new TreeMap<>();
    Shape in = info.inputs().get(0);
    figures.put("in_c", (long) in.channels());
    figures.put("in_hw", (long) in.height());
    figures.put("out_c", (long) info.output().channels());
    figures.put("out_hw", (long) info.output().height());
    switch (info.node().layer()) {
      case Conv2d c -> window(figures, c.filters(), c.kernel(), c.stride(), c.padding());
      case MaxPool2d p -> window(figures, 0, p.kernel(), p.stride(), p.padding());
      case GlobalAvgPool2d g -> window(figures, 0, in.height(), 1, 0);
      case Linear l -> figures.put("filters", (long) l.outputs());
      default -> {}
    }
    figures.put("memory_kb", Math.round(info.output().elements() * 4 / 1024.0));
    boolean withBias = linearWithBias || info.node().layer() instanceof Conv2d;
    long parameters =
        info.parameters().stream()
            .filter(parameter -> withBias || !parameter.name().equals("bias"))
            .mapToLong(Parameter::elements)
            .sum();
    figures.put("params_k", Math.round(parameters / 1e3));
    long operations = info.cost().multiplyAdds() + info.cost().otherOperations();
    figures.put("flop_m", Math.round(operations / 1e6));
    return figures;
  }

  private static void window(
      Map<String, Long> figures, int filters, int kernel, int stride, int padding) {
    figures.put("filters", (long) filters);
    figures.put("kernel", (long) kernel);
    figures.put("stride", (long) stride);
    figures.put("pad", (long) padding);
  }
}
