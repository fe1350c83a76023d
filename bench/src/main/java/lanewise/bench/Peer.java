package lanewise.bench;

import java.util.Optional;
import java.util.Set;
import lanewise.choice.ConvChooser;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvSpec;
import lanewise.network.Network;

/// Another framework, measured on work that we describe.
interface Peer extends AutoCloseable {

  /// Name and version, as in `PyTorch 2.7.1`.
  String name();

  /// What it can be measured at, of [Suite#TRAINING], [Suite#INFERENCE] and [Suite#KERNEL].
  Set<Suite> suites();

  /// Gets ready for a network.
  ///
  /// @throws InvalidModelException if the framework lacks one of its layers; says which
  void prepare(Network network);

  /// Starts what trains or infers: its one pass has images a second.
  ///
  /// @param suite one of [#suites()]
  Contestant model(Suite suite, Network network, int batch, int threads);

  /// Whether its outputs are ours, where it computes with the same weights.
  ///
  /// @param chooser how ours chooses its algorithms
  /// @return how far they are apart, for people; empty where the weights are its own
  /// @throws lanewise.error.EnvironmentException if they are further apart than rounding explains
  default Optional<String> compareOutputs(
      Network network, int batch, int threads, ConvChooser chooser) {
    return Optional.empty();
  }

  /// Starts what runs a convolution, where [#suites()] has [Suite#KERNEL]: its passes forward and
  /// backward have GFLOP/s.
  ///
  /// @param first whether the gradient of the input is not wanted
  default Contestant layer(ConvSpec spec, boolean first, int batch, int threads) {
    throw new UnsupportedOperationException(name() + " is not measured layer by layer");
  }

  @Override
  void close();
}
