package lanewise.network;

import java.util.List;
import java.util.stream.IntStream;
import lanewise.kernel.simd.ChannelStatistics;
import lanewise.kernel.simd.Prologue;
import lanewise.layer.Handover;
import lanewise.tensor.Shape;

/// What batch normalizations and convolutions next to them hand each other in training
/// ([Handover]), as far as the order of the operations allows it: what waits to be made is made by
/// the very next operation, so that what it is made of has to stay for that one alone.
final class Handovers {

  private final Fusion fusion;
  private final List<Fusion.Fused> operations;
  private final List<Integer> outputs;
  private final boolean training;
  private final boolean waits;

  /// @param outputs nodes whose gradients the loss makes
  /// @param waits whether there are samples for all threads; if not, nothing waits to be made
  Handovers(Fusion fusion, List<Integer> outputs, boolean training, boolean waits) {
    this.fusion = fusion;
    operations = fusion.operations();
    this.outputs = outputs;
    this.training = training;
    this.waits = training && waits;
  }

  /// Whether an operation's output is made by the next one, in forward.
  boolean valueWaits(int op) {
    if (!waits || op + 1 >= operations.size()) {
      return false;
    }
    Fusion.Fused f = operations.get(op);
    Fusion.Fused next = operations.get(op + 1);
    return f.layer().normalizes() && next.layer().convolves() && next.inputs().get(0) == f.output();
  }

  /// Whether the gradient of an operation's first input is made by the one before, in backward.
  boolean gradientWaits(int op) {
    if (!waits || op == 0) {
      return false;
    }
    Fusion.Fused f = operations.get(op);
    Fusion.Fused before = operations.get(op - 1);
    int node = before.output();
    return f.layer().normalizes()
        && before.layer().convolves()
        && f.inputs().get(0) == node
        && readers(node) == 1
        && !outputs.contains(node);
  }

  private long readers(int node) {
    return operations.stream().filter(f -> f.inputs().contains(node)).count();
  }

  /// What is handed over, per node.
  Handover[] of(List<Shape> shapes, int batch) {
    ChannelStatistics[] statistics = statistics(shapes);
    Prologue[] values = new Prologue[shapes.size()];
    Prologue[] gradients = new Prologue[shapes.size()];
    for (int op = 0; op < operations.size(); op++) {
      Fusion.Fused f = operations.get(op);
      if (valueWaits(op)) {
        values[f.output()] = new Prologue(batch);
      }
      if (gradientWaits(op)) {
        gradients[f.inputs().get(0)] = new Prologue(batch);
      }
    }
    return IntStream.range(0, shapes.size())
        .mapToObj(i -> new Handover(statistics[i], values[i], gradients[i]))
        .toArray(Handover[]::new);
  }

  private ChannelStatistics[] statistics(List<Shape> shapes) {
    ChannelStatistics[] result = new ChannelStatistics[shapes.size()];
    for (Fusion.Fused f : operations) {
      int from = f.inputs().get(0);
      if (!training || !f.layer().normalizes() || from < 0) {
        continue;
      }
      Fusion.Part part = fusion.part(from).orElse(new Fusion.Part(from, from, 0));
      int made = part.whole();
      if (operations.stream().anyMatch(p -> p.output() == made && p.layer().convolves())) {
        if (result[made] == null) {
          result[made] = new ChannelStatistics(shapes.get(made).channels());
        }
        result[from] = made == from ? result[made] : result[made].part(part.channel());
      }
    }
    return result;
  }
}
