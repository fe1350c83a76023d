package lanewise.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lanewise.error.EnvironmentException;
import lanewise.kernel.ConvSpec;
import lanewise.network.Network;

/// PyTorch through Python, running `bench/peers/torch_peer.py`.
final class TorchPeer implements Peer {

  static final String HOW_TO_INSTALL =
      "PyTorch was not found through python3: apt-get install python3-torch, or pip install torch,"
          + " installs it; going on without";

  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");
  private static final String SCRIPT = "torch_peer.py";

  private final Path folder;
  private String python;
  private String name = "PyTorch";

  private TorchPeer() throws IOException {
    folder = Files.createTempDirectory("lanewise-torch");
    try (InputStream in = TorchPeer.class.getResourceAsStream("peers/" + SCRIPT)) {
      Files.copy(in, folder.resolve(SCRIPT));
    }
  }

  /// PyTorch, if one of the Pythons of this machine has it.
  static Optional<TorchPeer> find() {
    TorchPeer peer;
    try {
      peer = new TorchPeer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String candidate : PYTHONS) {
      peer.python = candidate;
      try {
        Map<String, Object> request = Map.of("task", "name");
        peer.name = (String) PeerProcess.ask(peer.name, peer.command(), request).get("name");
        return Optional.of(peer);
      } catch (EnvironmentException _) {
        // no such Python, or one without PyTorch: the next one
      }
    }
    peer.close();
    return Optional.empty();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Set<Suite> suites() {
    return Set.of(Suite.TRAINING, Suite.INFERENCE, Suite.KERNEL);
  }

  @Override
  public void prepare(Network network) {
    NetworkJson.of(network);
  }

  @Override
  public Contestant model(Suite suite, Network network, int batch, int threads) {
    Network described = suite == Suite.TRAINING ? network : network.withoutAuxiliaryOutputs();
    Map<String, Object> request = request(suite.toString(), batch, threads);
    request.put("network", NetworkJson.of(described));
    return ContestantProcess.start(name, command(), request, List.of((double) batch));
  }

  @Override
  public Contestant layer(ConvSpec spec, boolean first, int batch, int threads) {
    Map<String, Object> request = request("layer", batch, threads);
    request.put("linear", spec.input().isVector() && spec.kernelHeight() == 1);
    request.put("input", List.of(spec.channels(), spec.height(), spec.width()));
    request.put("filters", spec.filters());
    request.put("kernel", spec.kernelHeight());
    request.put("stride", spec.stride());
    request.put("padding", spec.padding());
    request.put("groups", spec.groups());
    request.put("first", first);
    return ContestantProcess.start(
        name, command(), request, ContestantProcess.units(spec, first, batch));
  }

  private static Map<String, Object> request(String task, int batch, int threads) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("task", task);
    request.put("batch", batch);
    request.put("threads", threads);
    return request;
  }

  private List<String> command() {
    return List.of(python, "-B", folder.resolve(SCRIPT).toString());
  }

  @Override
  public void close() {
    PeerProcess.delete(folder);
  }
}
