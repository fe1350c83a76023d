package lanewise.network;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Small networks for the tests of this package.
final class TestNetworks {

  private TestNetworks() {}

  /// A chain without branches: convolutions with and without normalization, pooling, linear layers.
  static Network chain() {
    return Flow.input(3, 12, 12)
        .conv(16, 3, 1, 1)
        .batchNorm()
        .relu()
        .maxPool(2, 2, 0)
        .convBias(20, 3, 1, 0)
        .sigmoid()
        .avgPool(2, 2)
        .flatten()
        .linear(12)
        .relu()
        .linear(5)
        .network("chain");
  }

  /// Concatenations whose parts are whole blocks of channels: parts that nobody else reads, one
  /// that
  /// is read again, a concatenation within another, and an output.
  static Network joined() {
    Flow stem = Flow.input(3, 8, 8).conv(16, 3, 1, 1).batchNorm().relu();
    Flow read = stem.conv(16, 3, 1, 1).batchNorm().relu();
    Flow inner = Flow.concat(stem.convBias(16, 1, 1, 0), read);
    Flow pooled = read.maxPool(3, 1, 1).conv(7, 3, 1, 1).batchNorm().relu();
    Flow all = Flow.concat(stem.conv(32, 3, 1, 1).relu(), inner, stem.maxPool(3, 1, 1), pooled);
    all.avgPool(2, 2).flatten().linear(3).auxiliaryOutput(0.3);
    return Flow.concat(all.convBias(16, 3, 2, 1), all.conv(9, 1, 2, 0).batchNorm().relu())
        .globalAvgPool()
        .linear(4)
        .network("joined");
  }

  /// A residual block, a fork into three that are concatenated, and a second output.
  static Network branched() {
    Flow stem = Flow.input(3, 8, 8).conv(17, 3, 1, 1).batchNorm().relu();
    Flow block = stem.conv(17, 3, 1, 1).batchNorm().add(stem).relu();
    Flow narrow = block.convBias(5, 1, 1, 0).relu();
    Flow pooled = block.maxPool(3, 1, 1).conv(4, 3, 1, 1);
    Flow all = Flow.concat(narrow, pooled, block);
    all.avgPool(2, 2).flatten().linear(3).auxiliaryOutput(0.3);
    return all.convBias(18, 3, 2, 1)
        .relu()
        .add(all.conv(18, 1, 2, 0).batchNorm())
        .globalAvgPool()
        .linear(4)
        .network("branched");
  }

  /// 1x1 convolutions of one value, which training runs as one: three whose channels end within a
  /// block or with it, one of them read twice and without normalization, and three with stride 2,
  /// of
  /// one of which the normalization comes out. One with a bias and one that comes out stay alone.
  static Network siblings() {
    Flow stem = Flow.input(3, 8, 8).conv(20, 3, 1, 1).batchNorm().relu();
    Flow first = stem.conv(17, 1, 1, 0).batchNorm().relu();
    Flow reduced = stem.conv(16, 1, 1, 0).batchNorm().relu().conv(5, 3, 1, 1).batchNorm().relu();
    Flow bare = stem.conv(5, 1, 1, 0);
    stem.conv(6, 1, 1, 0).auxiliaryOutput(0.4);
    Flow strided = stem.conv(3, 1, 2, 0).batchNorm().relu();
    Flow wide = stem.conv(33, 1, 2, 0).batchNorm();
    stem.conv(9, 1, 2, 0).batchNorm().auxiliaryOutput(0.2);
    Flow all = Flow.concat(bare, reduced, first, bare.maxPool(3, 1, 1), stem.convBias(8, 1, 1, 0));
    return Flow.concat(all.conv(7, 3, 2, 1).batchNorm(), strided, wide)
        .globalAvgPool()
        .linear(4)
        .network("siblings");
  }

  /// Residual blocks: of two convolutions, of two with a stride and a shortcut, and of one whose
  /// source is what is added. A normalization is read by a convolution behind it, by a pooling, and
  /// by a convolution that others come before.
  static Network blocks() {
    Flow stem = Flow.input(3, 8, 8).conv(17, 3, 1, 1).batchNorm().relu();
    Flow one = stem.conv(17, 3, 1, 1).batchNorm().relu().conv(17, 3, 1, 1).batchNorm();
    Flow first = one.add(stem).relu();
    Flow two = first.conv(20, 3, 2, 1).batchNorm().relu().conv(20, 3, 1, 1).batchNorm();
    Flow second = two.add(first.conv(20, 1, 2, 0).batchNorm()).relu();
    Flow third = second.conv(20, 3, 1, 1).batchNorm().add(second).relu();
    Flow waiting = third.conv(5, 1, 1, 0).batchNorm().relu();
    Flow pooled = third.conv(6, 3, 1, 1).batchNorm().relu().maxPool(2, 2, 0);
    return Flow.concat(waiting.conv(7, 3, 2, 1).batchNorm().relu(), pooled)
        .globalAvgPool()
        .linear(4)
        .network("blocks");
  }

  /// A value that comes out and is taken by another layer as well.
  static Network inner() {
    Flow x = Flow.input(3, 6, 6).convBias(6, 3, 1, 1).relu();
    x.auxiliaryOutput(0.7);
    return x.globalAvgPool().linear(3).network("inner");
  }

  /// Outputs that are the same value: a layer's, and two that only pass it on.
  static Network identities() {
    Flow x = Flow.input(5, 1, 1).linear(6).relu().linear(4);
    x.auxiliaryOutput(0.7);
    x.flatten().auxiliaryOutput(0.4);
    return x.flatten().network("identities");
  }

  /// The same layers, but every value comes out, so that nothing can be fused. The outputs that
  /// were
  /// there come first; the others have weight 0.
  static Network unfused(Network network) {
    List<Network.Output> outputs = new ArrayList<>(network.outputs());
    IntStream.range(0, network.nodes().size())
        .filter(i -> network.outputs().stream().noneMatch(o -> o.node() == i))
        .forEach(i -> outputs.add(new Network.Output(i, 0)));
    return new Network(network.name(), network.input(), network.nodes(), outputs);
  }
}
