package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lanewise.error.InvalidModelException;
import lanewise.layer.Cost;
import lanewise.layer.Layer;
import lanewise.models.ModelInfo;
import lanewise.models.Models;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.storage.Json;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NetworkJsonTest {

  static Stream<ModelInfo> models() {
    return Models.all().stream();
  }

  /// The script of the peer has to know every kind of layer that a model uses.
  @ParameterizedTest
  @MethodSource("models")
  void everyModelCanBeDescribedToThePeer(ModelInfo model) throws Exception {
    Network network = model.create();
    Map<String, Object> json = Json.parseObject(Json.write(NetworkJson.of(network)));
    assertThat((List<?>) json.get("nodes")).hasSameSizeAs(network.nodes());
    assertThat(json).containsEntry("parameters", network.trainedParameters());
    String script = script();
    for (Object node : (List<?>) json.get("nodes")) {
      assertThat(script).contains("\"" + ((Map<?, ?>) node).get("kind") + "\"");
    }
  }

  private static String script() throws IOException {
    try (InputStream in = TorchPeer.class.getResourceAsStream("peers/torch_peer.py")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void layersCarryTheirSizes() throws Exception {
    Network network = Flow.input(3, 8, 8).convBias(4, 3, 2, 1).flatten().linear(5).network("n");
    assertThat(Json.write(NetworkJson.of(network)))
        .isEqualTo(
            "{\"input\":[3,8,8],\"classes\":5,\"parameters\":437,\"nodes\":["
                + "{\"kind\":\"conv\",\"channels\":3,\"filters\":4,\"kernel\":3,\"stride\":2,"
                + "\"padding\":1,\"groups\":1,\"bias\":true,\"inputs\":[-1]},"
                + "{\"kind\":\"flatten\",\"inputs\":[0]},"
                + "{\"kind\":\"linear\",\"inputs_n\":64,\"outputs\":5,\"bias\":true,"
                + "\"inputs\":[1]}],\"outputs\":[2],\"weights\":[1.0]}");
  }

  @Test
  void aLayerThatThePeerDoesNotKnowIsNamed() {
    Layer unknown =
        new Layer() {
          @Override
          public String kind() {
            return "mystery";
          }

          @Override
          public Shape outputShape(List<Shape> inputs) {
            return inputs.get(0);
          }

          @Override
          public Cost cost(List<Shape> inputs) {
            return Cost.NONE;
          }

          @Override
          public lanewise.layer.Operation compile(lanewise.layer.Binding binding) {
            throw new UnsupportedOperationException();
          }
        };
    Network network = Flow.input(3, 4, 4).then(unknown).network("n");
    assertThatThrownBy(() -> NetworkJson.of(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("mystery");
  }
}
