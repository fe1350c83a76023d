package lanewise.network;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import lanewise.choice.ConvChooser;
import lanewise.layer.Handover;
import lanewise.layer.Layer;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Where every buffer of a program lies, decided before anything is allocated: values and gradients
/// share memory as far as they are not needed at the same time. Time counts the operations forward,
/// the loss, and the operations backward.
public final class MemoryPlan {

  private static final int ALIGNMENT = 64;

  /// One buffer: its bytes, when it is alive (both ends inclusive) and where it lies; or some of
  /// the channels of another one.
  static final class Buffer {
    final long bytes;
    int from;
    int to;
    private long offset = -1;
    private Buffer whole;
    private long imageFloats;

    Buffer(long bytes, int from, int to) {
      this.bytes = Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
      this.from = from;
      this.to = to;
    }

    private boolean overlaps(Buffer other) {
      return from <= other.to && other.from <= to;
    }

    /// Makes this the part of another buffer that starts `at` bytes into each of its samples.
    private void become(Buffer whole, long at, long imageFloats) {
      this.whole = whole;
      this.imageFloats = imageFloats;
      offset = at;
      whole.from = Math.min(whole.from, from);
      whole.to = Math.max(whole.to, to);
    }

    /// Takes over what another buffer of its size was there for.
    private void take(Buffer other) {
      from = Math.min(from, other.from);
      whole.from = Math.min(whole.from, from);
    }

    /// Whether it is part of another buffer.
    boolean isPart() {
      return whole != null;
    }

    /// The first byte of the first sample.
    long offset() {
      return isPart() ? whole.offset + offset : offset;
    }

    /// Bytes from there to the end of what it lies in, and the room behind it, where others lie.
    long reach() {
      return (isPart() ? whole.bytes - offset : bytes) + Tensor.ROOM;
    }

    /// Floats from one sample of a part to the next.
    long imageFloats() {
      return imageFloats;
    }
  }

  private final List<Fusion.Fused> operations;
  private final List<Shape> shapes;
  private final List<Fusion.Part> parts;
  private final Handovers handovers;
  private final int batch;
  private final boolean training;
  private final int lanes;
  private final Buffer input;
  private final int inputLanes;
  private final Buffer[] values;
  private final Buffer[] gradients;
  private final int[] producer;
  private final boolean[] trained;
  private final List<Buffer> buffers = new ArrayList<>();
  private final long bufferBytes;
  private final long[] preparedAt;
  private long workspaceBytes;
  private int maxChannels = 1;

  MemoryPlan(
      Network network,
      Fusion fusion,
      int batch,
      Mode mode,
      int lanes,
      int threads,
      ConvChooser chooser) {
    operations = fusion.operations();
    shapes = fusion.shapes();
    parts = fusion.parts();
    this.batch = batch;
    this.training = mode == Mode.TRAINING;
    this.lanes = lanes;
    values = new Buffer[shapes.size()];
    gradients = new Buffer[shapes.size()];
    producer = new int[shapes.size()];
    trained = new boolean[shapes.size()];
    // The padding lanes of the input are zeroed once and must stay so: its memory is shared with
    // nobody.
    inputLanes = inputLanes(network);
    long bytes = batch * Tensor.imageFloats(network.input(), inputLanes) * Float.BYTES;
    input = new Buffer(bytes, 0, 2 * operations.size() + 3);
    buffers.add(input);
    int[] roots = Fusion.roots(network, training);
    List<Integer> outputs = network.outputs().stream().map(out -> roots[out.node()]).toList();
    handovers = new Handovers(fusion, outputs, training, batch >= threads);
    planValues(network, roots);
    if (training) {
      planGradients(network, roots);
    }
    joinParts(roots, network);
    shareGradients(roots, network);
    bufferBytes = place() + Tensor.ROOM;
    preparedAt = new long[operations.size() + 1];
    for (int i = 0; i < operations.size(); i++) {
      Fusion.Fused op = operations.get(i);
      List<Shape> in = inputShapes(network, op);
      in.forEach(s -> maxChannels = Math.max(maxChannels, s.channels()));
      maxChannels = Math.max(maxChannels, op.shape().channels());
      long workspace = op.layer().workspaceBytes(in, batch, training, threads, chooser);
      workspaceBytes = Math.max(workspaceBytes, Math.ceilDiv(workspace, ALIGNMENT) * ALIGNMENT);
      long prepared = training ? 0 : op.layer().preparedBytes(in, batch, threads, chooser);
      preparedAt[i + 1] = preparedAt[i] + Math.ceilDiv(prepared, ALIGNMENT) * ALIGNMENT;
    }
  }

  private int inputLanes(Network network) {
    List<Shape> shape = List.of(network.input());
    boolean plain =
        operations.stream()
            .filter(op -> op.inputs().contains(Network.INPUT))
            .allMatch(op -> op.inputs().size() == 1 && op.layer().takesPlainImage(shape));
    return plain ? network.input().channels() : lanes;
  }

  private Buffer add(Shape shape, int from, int to) {
    Buffer buffer = new Buffer(batch * Tensor.imageFloats(shape, lanes) * Float.BYTES, from, to);
    buffers.add(buffer);
    return buffer;
  }

  private int forwardTime(int op) {
    return op + 1;
  }

  private int backwardTime(int op) {
    return 2 * operations.size() + 2 - op;
  }

  /// When an operation last reads what it reads in forward.
  private int forwardEnd(int op) {
    return forwardTime(handovers.valueWaits(op) ? op + 1 : op);
  }

  /// When it last reads what it reads in backward.
  private int backwardEnd(int op) {
    return backwardTime(handovers.gradientWaits(op) ? op - 1 : op);
  }

  private void planValues(Network network, int[] roots) {
    for (int op = 0; op < operations.size(); op++) {
      Fusion.Fused f = operations.get(op);
      Layer layer = f.layer();
      producer[f.output()] = op;
      boolean late = training && layer.backwardReadsOutput();
      values[f.output()] =
          add(shapes.get(f.output()), forwardTime(op), late ? backwardEnd(op) : forwardTime(op));
      boolean own =
          layer.parameters(inputShapes(network, f)).stream().anyMatch(p -> p.role().trained());
      trained[f.output()] = own || f.inputs().stream().anyMatch(i -> i >= 0 && trained[i]);
      for (Fusion.Part part : partsOf(f.output())) {
        producer[part.node()] = op;
        values[part.node()] = add(shapes.get(part.node()), forwardTime(op), forwardTime(op));
        trained[part.node()] = trained[f.output()];
      }
      for (int from : f.inputs()) {
        if (from >= 0) {
          boolean read = training && layer.backwardReadsInputs();
          values[from].to = Math.max(values[from].to, read ? backwardEnd(op) : forwardEnd(op));
        }
      }
    }
    for (Network.Output out : network.outputs()) {
      Buffer b = values[roots[out.node()]];
      b.to = Math.max(b.to, operations.size() + 2);
    }
  }

  private List<Shape> inputShapes(Network network, Fusion.Fused f) {
    return f.inputs().stream().map(i -> i < 0 ? network.input() : shapes.get(i)).toList();
  }

  private void planGradients(Network network, int[] roots) {
    for (int op = 0; op < operations.size(); op++) {
      Fusion.Fused f = operations.get(op);
      if (trained[f.output()]) {
        gradients[f.output()] = add(f.shape(), backwardTime(op), backwardEnd(op));
        for (Fusion.Part part : partsOf(f.output())) {
          Shape shape = shapes.get(part.node());
          gradients[part.node()] = add(shape, backwardTime(op), backwardTime(op));
        }
      }
      for (int from : f.inputs()) {
        if (from >= 0 && trained[from]) {
          gradients[from].from = Math.min(gradients[from].from, backwardTime(op));
        }
      }
    }
    for (Network.Output out : network.outputs()) {
      Buffer b = gradients[roots[out.node()]];
      if (b != null) {
        b.from = operations.size() + 1;
      }
    }
  }

  private List<Fusion.Part> partsOf(int node) {
    return parts.stream().filter(part -> part.whole() == node).toList();
  }

  /// What is made as some channels of another value lies there, and so does its gradient. What is
  /// only there to be concatenated lies in the concatenation from the start, where its channels are
  /// whole blocks, and so do the gradients: nothing is copied then.
  private void joinParts(int[] roots, Network network) {
    for (Fusion.Part part : parts) {
      Shape whole = shapes.get(part.whole());
      join(values[part.node()], values[part.whole()], part.channel(), whole);
      if (gradients[part.node()] != null) {
        join(gradients[part.node()], gradients[part.whole()], part.channel(), whole);
      }
    }
    int[] uses = new int[shapes.size()];
    network.outputs().forEach(out -> uses[roots[out.node()]]++);
    operations.forEach(f -> f.inputs().stream().filter(i -> i >= 0).forEach(i -> uses[i]++));
    for (Fusion.Fused f : operations) {
      if (!f.layer().concatenates()) {
        continue;
      }
      int channel = 0;
      for (int from : f.inputs()) {
        if (from < 0) {
          break; // The network's input has a buffer of its own.
        }
        int channels = shapes.get(from).channels();
        boolean starts = channel % lanes == 0;
        boolean last = channel + channels == f.shape().channels();
        boolean nested =
            operations.get(producer[from]).layer().concatenates() || values[from].isPart();
        if (starts && (last || channels % lanes == 0) && uses[from] == 1 && !nested) {
          join(values[from], values[f.output()], channel, f.shape());
          if (gradients[from] != null) {
            join(gradients[from], gradients[f.output()], channel, f.shape());
          }
        }
        channel += channels;
      }
    }
  }

  private void join(Buffer part, Buffer whole, int channel, Shape shape) {
    long at = (long) channel * shape.pixels() * Float.BYTES;
    part.become(whole, at, Tensor.imageFloats(shape, lanes));
    buffers.remove(part);
  }

  /// Gradients that a layer can make in place take the memory of its output's gradient, unless
  /// somebody else writes to them before: that is in the cache, where a second buffer would come
  /// only by way of main memory.
  private void shareGradients(int[] roots, Network network) {
    Set<Integer> outputs =
        network.outputs().stream().map(out -> roots[out.node()]).collect(toSet());
    for (int op = operations.size() - 1; op >= 0; op--) {
      Fusion.Fused f = operations.get(op);
      int input = f.layer().gradientInPlace();
      int from = input < 0 ? Network.INPUT : f.inputs().get(input);
      if (from < 0 || gradients[from] == null) {
        continue;
      }
      Buffer shared = gradients[f.output()];
      boolean first = gradients[from].from == backwardTime(op);
      boolean alone = f.inputs().stream().filter(i -> i == from).count() == 1;
      boolean hasParts = operations.get(producer[from]).layer().concatenates();
      if (!first || !alone || hasParts || shared.isPart()) {
        continue;
      }
      if (!gradients[from].isPart()) {
        shared.to = Math.max(shared.to, gradients[from].to);
        buffers.remove(gradients[from]);
        gradients[from] = shared;
      } else if (!outputs.contains(f.output())
          && Arrays.stream(gradients).filter(g -> g == shared).count() == 1) {
        // The other way round: what lies in a larger gradient stays there. A loss writes to memory
        // without gaps.
        gradients[from].take(shared);
        buffers.remove(shared);
        gradients[f.output()] = gradients[from];
      }
    }
  }

  /// Places the largest buffers first, each at the lowest offset where nothing that lives at the
  /// same time is. Of one size gradients come before values, in the order in which they are made:
  /// they share a few places, which stay in the cache, instead of what values have just left.
  private long place() {
    List<Buffer> placed = new ArrayList<>();
    long end = 0;
    List<Buffer> order = new ArrayList<>(buffers);
    int loss = operations.size() + 1;
    order.sort(
        Comparator.comparingLong((Buffer b) -> -b.bytes)
            .thenComparing(b -> b.from < loss)
            .thenComparing(b -> b.from));
    for (Buffer b : order) {
      long offset = 0;
      placed.sort(Comparator.comparingLong(p -> p.offset));
      for (Buffer p : placed) {
        if (p.overlaps(b) && p.offset < offset + b.bytes && offset < p.offset + p.bytes) {
          offset = p.offset + p.bytes;
        }
      }
      b.offset = offset;
      placed.add(b);
      end = Math.max(end, offset + b.bytes);
    }
    return end;
  }

  /// Bytes of all buffers, scratch memory and prepared values together: what a program allocates
  /// besides parameters and their gradients.
  public long bytes() {
    return bufferBytes + workspaceBytes + preparedBytes() + zeroBytes();
  }

  /// Bytes of values and gradients alone, with the room behind the last one.
  public long bufferBytes() {
    return bufferBytes;
  }

  /// Bytes of scratch memory.
  public long workspaceBytes() {
    return workspaceBytes;
  }

  /// Bytes of what operations prepare from the parameters, such as weights with a folded batch
  /// normalization; none in training.
  public long preparedBytes() {
    long bytes = preparedAt[operations.size()];
    return bytes == 0 ? 0 : bytes + Tensor.ROOM;
  }

  /// Where the memory that an operation prepares starts; it ends where that of the next one starts.
  long preparedAt(int operation) {
    return preparedAt[operation];
  }

  /// Bytes that the same buffers would take if none shared memory.
  public long unsharedBytes() {
    return buffers.stream().mapToLong(b -> b.bytes).sum() + Tensor.ROOM;
  }

  long zeroBytes() {
    return Math.ceilDiv(maxChannels, 64) * 64L * Float.BYTES;
  }

  /// Lanes of the network's input: its channels if all that read it take a plain image.
  int inputLanes() {
    return inputLanes;
  }

  Buffer input() {
    return input;
  }

  Buffer value(int node) {
    return values[node];
  }

  /// Null where no gradient is wanted.
  Buffer gradient(int node) {
    return gradients[node];
  }

  /// What operations hand each other, per node.
  Handover[] handovers() {
    return handovers.of(shapes, batch);
  }

  List<Fusion.Fused> operations() {
    return operations;
  }

  /// Shapes of all nodes.
  List<Shape> shapes() {
    return shapes;
  }
}
