package lanewise.bench.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lanewise.error.InvalidModelException;
import lanewise.layer.AvgPool2d;
import lanewise.layer.Conv2d;
import lanewise.layer.LocalResponseNorm;
import lanewise.layer.MaxPool2d;
import lanewise.layer.Subsample;
import lanewise.models.Models;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.tensor.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {

  /// Writes a network and takes apart what was written.
  private static ProtoReader written(Network network) {
    try (Memory memory = Memory.withDefaultBudget()) {
      return ProtoReader.of(OnnxModel.of(network, Parameters.create(network, memory, 1)));
    }
  }

  private static List<ProtoReader> nodes(Network network) {
    return written(network).message(7).messages(1);
  }

  private static Map<String, Object> attributes(ProtoReader node) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (ProtoReader attribute : node.messages(5)) {
      Object value =
          switch (((Long) attribute.one(20)).intValue()) {
            case 1 -> attribute.one(2);
            case 2 -> attribute.one(3);
            case 7 -> attribute.all(8);
            default -> throw new IllegalStateException("type " + attribute.one(20));
          };
      values.put(attribute.text(1), value);
    }
    return values;
  }

  private static List<Object> sizes(ProtoReader value) {
    List<Object> sizes = new ArrayList<>();
    for (ProtoReader size : value.message(2).message(1).message(2).messages(1)) {
      sizes.add(size.all(2).isEmpty() ? size.one(1) : size.text(2));
    }
    return sizes;
  }

  @Test
  void aConvolutionAndItsNormalizationCarryTheWeights() {
    Network network =
        Flow.input(4, 9, 9)
            .then(Conv2d.of(6, 3).stride(2).padding(1).groups(2))
            .batchNorm()
            .relu()
            .globalAvgPool()
            .dropout(0.5)
            .linear(5)
            .network("n");
    try (Memory memory = Memory.withDefaultBudget()) {
      Parameters parameters = Parameters.create(network, memory, 1);
      ProtoReader model = ProtoReader.of(OnnxModel.of(network, parameters));
      assertThat(model.one(1)).isEqualTo(8L);
      assertThat(model.message(8).one(2)).isEqualTo(17L);
      ProtoReader graph = model.message(7);
      assertThat(graph.messages(1).stream().map(node -> node.text(4)))
          .containsExactly(
              "Conv", "BatchNormalization", "Relu", "GlobalAveragePool", "Flatten", "Gemm");
      assertThat(sizes(graph.message(11))).containsExactly("N", 4L, 9L, 9L);
      assertThat(sizes(graph.message(12))).containsExactly("N", 5L);
      ProtoReader conv = graph.messages(1).get(0);
      assertThat(conv.texts(1)).containsExactly("images", "conv1.weight", "conv1.bias");
      assertThat(attributes(conv))
          .containsEntry("kernel_shape", List.of(3L, 3L))
          .containsEntry("strides", List.of(2L, 2L))
          .containsEntry("pads", List.of(1L, 1L, 1L, 1L))
          .containsEntry("group", 2L);
      ProtoReader norm = graph.messages(1).get(1);
      assertThat(norm.texts(1))
          .containsExactly(
              "conv1", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var");
      assertThat(attributes(norm)).containsEntry("epsilon", 1e-5f);
      assertThat(attributes(graph.messages(1).get(5))).containsEntry("transB", 1L);
      ProtoReader weights = graph.messages(5).get(0);
      assertThat(weights.text(8)).isEqualTo("conv1.weight");
      assertThat(weights.all(1)).containsExactly(6L, 2L, 3L, 3L);
      assertThat(weights.one(2)).isEqualTo(1L);
      float[] values = new float[6 * 2 * 3 * 3];
      weights.raw(9).asFloatBuffer().get(values);
      assertThat(values).containsExactly(parameters.get("conv1.weight"));
    }
  }

  @Test
  void dropoutIsLeftOut() {
    List<ProtoReader> nodes =
        nodes(Flow.input(2, 4, 4).flatten().dropout(0.5).linear(3).network("n"));
    assertThat(nodes).hasSize(2);
    assertThat(nodes.get(1).texts(1).get(0)).isEqualTo(nodes.get(0).text(2));
  }

  @Test
  void ceilModeBecomesPaddingAtTheEnd() {
    List<ProtoReader> nodes =
        nodes(Flow.input(2, 6, 7).then(new MaxPool2d(3, 2, 0, true)).flatten().network("n"));
    // Rows 0-2, 2-4 and 4-6, of which the map has five; columns end with the map.
    assertThat(attributes(nodes.get(0)))
        .containsEntry("pads", List.of(0L, 0L, 1L, 0L))
        .doesNotContainKey("ceil_mode");
  }

  @Test
  void theShortcutWithoutParametersIsASliceAndZeros() {
    ProtoReader graph =
        written(Flow.input(3, 5, 5).then(new Subsample(2, 8)).globalAvgPool().network("n"))
            .message(7);
    assertThat(graph.messages(1).stream().map(node -> node.text(4)))
        .containsExactly("Slice", "Pad", "GlobalAveragePool", "Flatten");
    ProtoReader pads = graph.messages(5).getLast();
    LongBuffer values = pads.raw(9).asLongBuffer();
    long[] plain = new long[values.remaining()];
    values.get(plain);
    assertThat(plain).containsExactly(0, 0, 0, 0, 0, 5, 0, 0);
    assertThat(pads.all(1)).containsExactly(8L);
    assertThat(pads.one(2)).as("64-bit integers").isEqualTo(7L);
  }

  @Test
  void normalizationAcrossChannelsHasOnnxNames() {
    List<ProtoReader> nodes =
        nodes(
            Flow.input(8, 4, 4)
                .then(new LocalResponseNorm(5, 1e-4, 0.75, 2))
                .globalAvgPool()
                .network("n"));
    assertThat(attributes(nodes.get(0)))
        .containsEntry("size", 5L)
        .containsEntry("alpha", 1e-4f)
        .containsEntry("beta", 0.75f)
        .containsEntry("bias", 2f);
  }

  @Test
  void whatReadersUnderstandDifferentlyIsRefused() {
    Network even =
        Flow.input(8, 4, 4).then(new LocalResponseNorm(4, 1e-4, 0.75, 1)).network("even");
    assertThatThrownBy(() -> written(even))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("windows of an even size");
    Network beyond = Flow.input(2, 6, 6).then(new AvgPool2d(3, 2, 0, true)).network("beyond");
    assertThatThrownBy(() -> written(beyond))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("reaches beyond the padding");
  }

  /// Every input of a node is a constant, the images, or what an earlier node gives.
  @ParameterizedTest
  @ValueSource(strings = {"lenet5", "alexnet", "vgg16", "googlenet", "resnet20", "resnet18"})
  void modelsAreGraphsInOrder(String name) {
    Network network = Models.create(name);
    ProtoReader graph = written(network).message(7);
    Set<String> known = new HashSet<>(Set.of(OnnxModel.INPUT));
    long floats = 0;
    for (ProtoReader constant : graph.messages(5)) {
      assertThat(known.add(constant.text(8))).isTrue();
      long elements =
          constant.all(1).stream().mapToLong(size -> (Long) size).reduce(1, (a, b) -> a * b);
      assertThat(constant.raw(9).remaining())
          .isEqualTo(elements * ((Long) constant.one(2) == 1 ? 4 : 8));
      boolean trained = !constant.text(8).contains("running_") && (Long) constant.one(2) == 1;
      floats += trained ? elements : 0;
    }
    for (ProtoReader node : graph.messages(1)) {
      assertThat(known).containsAll(node.texts(1));
      assertThat(known.add(node.text(2))).isTrue();
    }
    assertThat(known).contains(graph.message(12).text(1));
    assertThat(floats).isEqualTo(network.withoutAuxiliaryOutputs().trainedParameters());
  }

  @Test
  void theFileHoldsTheMessage(@TempDir Path folder) throws Exception {
    Network network = Models.create("lenet5");
    Path file = folder.resolve("model.onnx");
    try (Memory memory = Memory.withDefaultBudget()) {
      Parameters parameters = Parameters.create(network, memory, 1);
      OnnxModel.write(network, parameters, file);
      assertThat(Files.size(file)).isEqualTo(OnnxModel.of(network, parameters).size());
    }
    assertThat(ProtoReader.of(Files.readAllBytes(file)).message(7).text(2)).isEqualTo("lenet5");
  }
}
