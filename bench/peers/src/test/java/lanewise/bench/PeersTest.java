package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.bench.onnx.OnnxModel;
import lanewise.kernel.Parallel;
import lanewise.layer.Add;
import lanewise.layer.AvgPool2d;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.Concat;
import lanewise.layer.Conv2d;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Layer;
import lanewise.layer.Linear;
import lanewise.layer.LocalResponseNorm;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.layer.Sigmoid;
import lanewise.layer.Subsample;
import lanewise.layer.Tanh;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.peers.DjlPeer;
import lanewise.peers.OnnxRuntimePeer;
import lanewise.storage.Json;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The programs of the peers on a network that has every layer.
class PeersTest {

  private static final Path NATIVES = Path.of("target", "natives").toAbsolutePath();

  @FunctionalInterface
  private interface Main {
    void run(String[] args) throws Exception;
  }

  private static Network.Node node(String name, Layer layer, Integer... inputs) {
    return new Network.Node(name, layer, List.of(inputs));
  }

  private static Network network(boolean acrossChannels) {
    Layer conv = Conv2d.of(8, 3).padding(1).groups(2);
    List<Network.Node> nodes =
        List.of(
            node("conv", Conv2d.of(6, 3).padding(1), -1),
            node("norm", acrossChannels ? new LocalResponseNorm(3, 0.5, 0.75, 2) : new Tanh(), 0),
            node("max", new MaxPool2d(3, 2, 0, true), 1),
            node("groups", conv, 2),
            node("bn", new BatchNorm2d(), 3),
            node("relu", new ReLU(), 4),
            node("short", new Subsample(2, 8), 1),
            node("add", new Add(), 5, 6, 5),
            node("average", new AvgPool2d(3, 1, 1, false), 7),
            node("sigmoid", new Sigmoid(), 8),
            node("tanh", new Tanh(), 7),
            node("concat", new Concat(), 9, 10),
            node("global", new GlobalAvgPool2d(), 11),
            node("fc", Linear.of(5), 12));
    return new Network("all", new Shape(4, 12, 12), nodes, List.of(new Network.Output(13, 1)));
  }

  /// What a program answers to one request.
  private static Map<String, Object> ask(Main program, Map<String, Object> request)
      throws Exception {
    List<String> answers = answers(program, Json.write(request));
    assertThat(answers).hasSize(1);
    return Json.parseObject(answers.getFirst());
  }

  /// The rate that a program measures when it is asked to.
  private static double rate(Main program, Map<String, Object> request) throws Exception {
    List<String> answers = answers(program, Json.write(request) + "\n{\"seconds\": 0.01}\n");
    assertThat(answers).hasSize(2);
    assertThat(Json.parseObject(answers.get(0))).containsEntry("ready", true);
    List<?> variants = (List<?>) Json.parseObject(answers.get(1)).get("rates");
    assertThat(variants).hasSize(1);
    return (Double) ((List<?>) variants.getFirst()).getFirst();
  }

  private static List<String> answers(Main program, String requests) throws Exception {
    InputStream in = System.in;
    PrintStream out = System.out;
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try {
      System.setIn(new ByteArrayInputStream(requests.getBytes(StandardCharsets.UTF_8)));
      System.setOut(new PrintStream(answer, true, StandardCharsets.UTF_8));
      program.run(new String[0]);
    } finally {
      System.setIn(in);
      System.setOut(out);
    }
    return answer.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static Map<String, Object> request(String task) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", task);
    request.put("threads", 1);
    request.put("natives", NATIVES.toString());
    return request;
  }

  @Test
  void onnxRuntimeComputesWhatOursDoes(@TempDir Path folder) throws Exception {
    Network network = network(true);
    int batch = 3;
    float[] images = Noise.values(1, batch * network.input().elements());
    ByteBuffer bytes =
        ByteBuffer.allocate(images.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(images);
    Path model = folder.resolve("model");
    float[] ours;
    try (Memory memory = Memory.withDefaultBudget();
        Parallel parallel = new Parallel(1)) {
      Parameters parameters = OnnxRuntime.parameters(network, memory);
      OnnxModel.write(network, parameters, model);
      Program program =
          Program.compile(network, batch, Mode.INFERENCE, parameters, memory, parallel);
      program.setInput(images, batch);
      program.forward();
      ours = program.outputs().get(0).toArray();
    }
    Map<String, Object> request = request("outputs");
    request.put("model", model.toString());
    request.put("shape", List.of(batch, 4, 12, 12));
    request.put("images", Files.write(folder.resolve("images"), bytes.array()).toString());
    request.put("outputs", folder.resolve("outputs").toString());
    assertThat(ask(OnnxRuntimePeer::main, request)).containsEntry("values", (long) batch * 5);
    float[] theirs = new float[ours.length];
    ByteBuffer.wrap(Files.readAllBytes(folder.resolve("outputs")))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(theirs);
    assertThat(OnnxRuntime.distance(ours, theirs)).isLessThan(1e-5);

    request.put("task", "inference");
    assertThat(rate(OnnxRuntimePeer::main, request)).isPositive();
    assertThat(ask(OnnxRuntimePeer::main, request("name")).get("name"))
        .asString()
        .startsWith("ONNX Runtime 1.23");
  }

  @Test
  void djlTrainsAndInfers() throws Exception {
    assertThat(ask(DjlPeer::main, request("name")).get("name"))
        .asString()
        .startsWith("DJL 0.36.0 with PyTorch 2.7");
    Map<String, Object> json = NetworkJson.of(network(false));
    for (String task : List.of("training", "inference")) {
      Map<String, Object> request = request(task);
      request.put("network", json);
      request.put("batch", 2);
      assertThat(rate(DjlPeer::main, request)).as(task).isPositive();
    }
    Map<String, Object> other = new LinkedHashMap<>(json);
    other.put("parameters", 1);
    Map<String, Object> request = request("inference");
    request.put("network", other);
    request.put("batch", 2);
    assertThatThrownBy(() -> ask(DjlPeer::main, request))
        .hasMessageContaining("expected 1: not the same network");
  }
}
