package lanewise.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The frameworks that ours can be measured beside.
public enum PeerKind {
  /// PyTorch through the machine's own Python.
  PYTORCH {
    @Override
    Optional<Peer> find(Path folder) {
      return TorchPeer.find().map(peer -> peer);
    }

    @Override
    String howToInstall() {
      return TorchPeer.HOW_TO_INSTALL;
    }
  },
  /// ONNX Runtime for Java; inference alone.
  ONNXRUNTIME {
    @Override
    Optional<Peer> find(Path folder) {
      return JavaPeer.find(folder, "lanewise.peers.OnnxRuntimePeer").map(OnnxRuntime::new);
    }
  },
  /// PyTorch 2.7 through the Deep Java Library.
  DJL {
    @Override
    Optional<Peer> find(Path folder) {
      return JavaPeer.find(folder, "lanewise.peers.DjlPeer").map(DeepJavaLibrary::new);
    }
  };

  /// As it is written on the command line.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The peer of this name.
  ///
  /// @throws IllegalArgumentException if there is none
  public static PeerKind of(String name) {
    return Arrays.stream(values())
        .filter(kind -> kind.toString().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name));
  }

  /// The peer, if it is installed.
  ///
  /// @param folder of the peers that run on Java
  /// @throws lanewise.error.EnvironmentException if it is, and does not start
  abstract Optional<Peer> find(Path folder);

  /// One line for those who miss it.
  String howToInstall() {
    return JavaPeer.HOW_TO_INSTALL;
  }
}
