package lanewise.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import lanewise.error.InvalidModelException;
import lanewise.kernel.Parallel;
import lanewise.layer.BatchNorm2d;
import lanewise.layer.MaxPool2d;
import lanewise.layer.ReLU;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.storage.SafeTensorsReader;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;
import lanewise.train.SoftmaxCrossEntropy;

/// Our results with the weights of a reference, and how far they are from the reference's: outputs,
/// loss, running statistics and gradients.
final class PeerDifferences {

  /// How far values are apart: the largest difference over the largest value of the second.
  ///
  /// @param what the values: `eval.output`, `gradient.conv1.weight`
  /// @param peer ours from the peer's
  /// @param exact ours from the peer's in double precision
  /// @param peerExact the peer's from its own in double precision
  record Difference(String what, double peer, double exact, double peerExact) {}

  private final Network network;
  private final SafeTensorsReader reference;
  private final Memory memory;
  private final Parallel parallel;
  private final Parameters parameters;
  private final float[] images;
  private final int[] labels;
  private byte[] choices;
  private final List<Difference> differences = new ArrayList<>();

  private PeerDifferences(
      Network network, SafeTensorsReader reference, Memory memory, Parallel parallel) {
    this.network = network;
    this.reference = reference;
    this.memory = memory;
    this.parallel = parallel;
    parameters = Parameters.create(network, memory, 1);
    for (Parameters.Entry entry : parameters.entries()) {
      parameters.set(entry.name(), reference.readFloats("parameter." + entry.name()));
    }
    images = reference.readFloats("input");
    labels = LongStream.of(reference.readLongs("labels")).mapToInt(Math::toIntExact).toArray();
  }

  /// Computes with the weights of the reference and holds all results against it.
  ///
  /// @param network without the effect of dropout
  /// @param reference a file as `bench/peers/torch_reference.py` writes it
  /// @throws InvalidModelException if the file is not that of the network
  static PeerDifferences of(Network network, SafeTensorsReader reference) {
    int threads = Runtime.getRuntime().availableProcessors();
    try (Memory memory = Memory.withDefaultBudget();
        Parallel parallel = new Parallel(threads)) {
      PeerDifferences found = new PeerDifferences(network, reference, memory, parallel);
      // First, as training changes the running statistics.
      found.evaluate();
      found.train();
      found.record();
      return found;
    }
  }

  /// The differences of all values, in the order in which they are computed.
  List<Difference> all() {
    return List.copyOf(differences);
  }

  /// What decides over the path of the gradients in the training pass: the values that come out of
  /// every ReLU and go into every max pooling, fp32 little-endian; empty if the network has
  /// neither.
  byte[] choices() {
    return choices;
  }

  /// Runs once more, as a program that gives these values away fuses less.
  private void record() {
    List<Integer> wanted = new ArrayList<>();
    for (int i = 0; i < network.nodes().size(); i++) {
      Network.Node node = network.nodes().get(i);
      int from = node.inputs().get(0);
      if (node.layer() instanceof ReLU) {
        wanted.add(i);
      } else if (node.layer() instanceof MaxPool2d && from != Network.INPUT) {
        wanted.add(from); // once more, where it is a ReLU's
      }
    }
    List<Network.Output> values = new ArrayList<>(network.outputs());
    wanted.stream().distinct().forEach(node -> values.add(new Network.Output(node, 0)));
    Network open = new Network(network.name(), network.input(), network.nodes(), values);
    List<Tensor> outputs = run(open, Mode.TRAINING).outputs();
    List<Integer> given = values.stream().map(Network.Output::node).toList();
    List<Tensor> chosen = wanted.stream().map(node -> outputs.get(given.indexOf(node))).toList();
    long floats = chosen.stream().mapToLong(t -> t.batch() * t.shape().elements()).sum();
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(floats * Float.BYTES));
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (Tensor tensor : chosen) {
      for (float value : tensor.toArray()) {
        bytes.putFloat(value);
      }
    }
    choices = bytes.array();
  }

  private Program run(Network network, Mode mode) {
    Program program = Program.compile(network, labels.length, mode, parameters, memory, parallel);
    program.setInput(images, labels.length);
    program.forward();
    return program;
  }

  private void evaluate() {
    add("eval.output", run(network, Mode.INFERENCE).outputs().get(0).toArray());
  }

  private void train() {
    Program program = run(network, Mode.TRAINING);
    SoftmaxCrossEntropy crossEntropy = new SoftmaxCrossEntropy(0);
    double loss = 0;
    for (int i = 0; i < program.outputs().size(); i++) {
      add("train.output." + i, program.outputs().get(i).toArray());
      double weight = network.outputs().get(i).weight();
      loss +=
          weight
              * crossEntropy
                  .bind(
                      program.outputs().get(i), program.outputGradients().get(i), weight, parallel)
                  .compute(labels, labels.length);
    }
    add("loss", new float[] {(float) loss});
    program.backward();
    for (Parameters.Entry entry : parameters.entries()) {
      if (entry.parameter().role().trained()) {
        float[] gradient = new float[Math.toIntExact(entry.parameter().elements())];
        entry
            .parameter()
            .packing()
            .unpack(
                program
                    .gradients()
                    .asSlice(entry.offset() * Float.BYTES, entry.floats() * Float.BYTES),
                gradient);
        if (!isNormalizedAway(network, entry.name())) {
          add("gradient." + entry.name(), gradient);
        }
      } else {
        add("statistic." + entry.name(), parameters.get(entry.name()));
      }
    }
  }

  /// Whether a parameter is the bias of a layer that a batch normalization follows: it changes
  /// nothing, so its gradient is zero but for rounding, and two of them have nothing to compare.
  static boolean isNormalizedAway(Network network, String parameter) {
    List<Network.Node> nodes = network.nodes();
    return nodes.stream()
        .filter(node -> node.layer() instanceof BatchNorm2d)
        .map(node -> node.inputs().get(0))
        .anyMatch(from -> from >= 0 && parameter.equals(nodes.get(from).name() + ".bias"));
  }

  private void add(String name, float[] ours) {
    float[] peer = reference.readFloats(name);
    float[] exact = reference.readFloats("exact." + name);
    if (peer.length != ours.length || exact.length != ours.length) {
      throw new InvalidModelException(
          "%s: %s has %d values, that of %s %d; compute the reference again"
              .formatted(reference.file(), name, peer.length, network.name(), ours.length));
    }
    differences.add(
        new Difference(
            name, difference(ours, peer), difference(ours, exact), difference(peer, exact)));
  }

  /// The largest difference over the largest value of the second; NaN if either holds one.
  static double difference(float[] values, float[] reference) {
    double distance = 0;
    double size = 0;
    for (int i = 0; i < values.length; i++) {
      distance = Math.max(distance, Math.abs((double) values[i] - reference[i]));
      size = Math.max(size, Math.abs(reference[i]));
    }
    return distance == 0 ? 0 : distance / size;
  }
}
