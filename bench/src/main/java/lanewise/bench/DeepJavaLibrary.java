package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import lanewise.error.InvalidModelException;
import lanewise.layer.LocalResponseNorm;
import lanewise.network.Network;

/// PyTorch through the Deep Java Library, with a network of its blocks built from our description.
final class DeepJavaLibrary implements Peer {

  private final JavaPeer program;

  DeepJavaLibrary(JavaPeer program) {
    this.program = program;
  }

  @Override
  public String name() {
    return program.name();
  }

  @Override
  public Set<Suite> suites() {
    return Set.of(Suite.TRAINING, Suite.INFERENCE);
  }

  @Override
  public void prepare(Network network) {
    NetworkJson.of(network);
    for (Network.Node node : network.nodes()) {
      if (node.layer() instanceof LocalResponseNorm) {
        throw new InvalidModelException(
            "DJL has no local response normalization (layer %s)".formatted(node.name()));
      }
    }
  }

  @Override
  public Contestant model(Suite suite, Network network, int batch, int threads) {
    Network described = suite == Suite.TRAINING ? network : network.withoutAuxiliaryOutputs();
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", suite.toString());
    request.put("network", NetworkJson.of(described));
    request.put("batch", batch);
    return program.start(request, threads, batch);
  }

  @Override
  public void close() {
    // what it starts is closed by who asked for it
  }
}
