package lanewise.bench;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import lanewise.error.LanewiseException;
import lanewise.layer.Dropout;
import lanewise.models.Models;
import lanewise.network.Network;
import lanewise.storage.SafeTensorsReader;

/// Compares networks with PyTorch at equal weights: outputs, loss, running statistics, gradients.
/// `docs/equal-weights.md` says how to start it.
final class PeerComparison {

  private static final int BATCH = 8;
  private static final int LARGE_IMAGE = 64;
  private static final int LARGE_BATCH = 2;
  private static final long SEED = 1;

  private PeerComparison() {}

  /// Prints a table of the models named, or of all CIFAR-100 variants that have a peer.
  public static void main(String[] models) {
    PrintStream out = System.out;
    out.println("| model | values | from PyTorch | from double | PyTorch from double |");
    out.println("|---|---|---:|---:|---:|");
    try {
      for (String model : models.length == 0 ? ModelCase.COMPARED : List.of(models)) {
        Network network = withoutDropout(Models.create(model));
        int batch = network.input().height() > LARGE_IMAGE ? LARGE_BATCH : BATCH;
        try (PeerReference peer = PeerReference.compute(network, batch, SEED)) {
          compare(network, peer, out);
        }
      }
    } catch (LanewiseException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void compare(Network network, PeerReference peer, PrintStream out) {
    byte[] choices;
    try (SafeTensorsReader reference = peer.open()) {
      PeerDifferences found = PeerDifferences.of(network, reference);
      for (String kind : List.of("eval", "train", "loss", "statistic", "gradient")) {
        printWorst(network.name(), kind, "", found, out);
      }
      choices = found.choices();
    }
    if (choices.length == 0) {
      return;
    }
    peer.recompute(choices);
    try (SafeTensorsReader reference = peer.open()) {
      String flips =
          Text.format(
              " (choices as ours: %d changed, %d for double)",
              reference.readLongs("flips")[0], reference.readLongs("exact.flips")[0]);
      printWorst(network.name(), "gradient", flips, PeerDifferences.of(network, reference), out);
    }
  }

  /// A row for one kind of values: the one that is furthest from the peer's.
  private static void printWorst(
      String model, String kind, String remark, PeerDifferences found, PrintStream out) {
    found.all().stream()
        .filter(d -> d.what().startsWith(kind))
        .max(Comparator.comparingDouble(PeerDifferences.Difference::peer))
        .ifPresent(
            d ->
                out.println(
                    Text.format(
                        "| %s | %s%s | %.1e | %.1e | %.1e |",
                        model, d.what(), remark, d.peer(), d.exact(), d.peerExact())));
  }

  /// The same network without the effect of dropout, whose masks no two programs share.
  static Network withoutDropout(Network network) {
    List<Network.Node> nodes =
        network.nodes().stream()
            .map(
                node ->
                    node.layer() instanceof Dropout
                        ? new Network.Node(node.name(), new Dropout(0), node.inputs())
                        : node)
            .toList();
    return new Network(network.name(), network.input(), nodes, network.outputs());
  }
}
