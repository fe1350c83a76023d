package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.kernel.Cpu;
import lanewise.kernel.simd.NormFolding;
import lanewise.kernel.simd.ResidualSum;
import lanewise.tensor.Shape;

/// A convolution and the batch normalization behind it as one convolution, in inference only: the
/// running statistics are constants there, so that scale and offset go into weights and biases
/// ([NormFolding]). They are folded again whenever a parameter has changed.
///
/// Several pointwise ones of one input may be one operation ([#beside]), whose results lie one
/// behind the other along the channels: the input is read once, and few filters cost no more than
/// many.
///
/// Its parameters are, of each part, those of the convolution, and those of the normalization with
/// `norm.` before their names; from the second part on, all with its number before that.
///
/// @param parts the convolutions, each with its normalization; with several, all are pointwise
/// @param residual whether the second input is added to the results (a fused [Add]), while these
///     are in the cache ([ResidualSum])
/// @param relu whether negative results become 0 (a fused ReLU)
record FoldedConv2d(List<Part> parts, boolean residual, boolean relu) implements Layer {

  private static final String NORM = "norm.";

  /// A convolution and its normalization.
  ///
  /// @param conv without activation; a linear layer is the 1x1 convolution of a 1x1 map
  /// @param norm without residual; its activation is that of the whole
  record Part(Conv2d conv, BatchNorm2d norm) {

    private long weightBytes(List<Shape> source) {
      return conv.parameters(source).get(0).packing().floats() * Float.BYTES;
    }

    private long biasBytes(List<Shape> source) {
      Shape result = conv.outputShape(source);
      return norm.parameters(List.of(result)).get(0).packing().floats() * Float.BYTES;
    }
  }

  /// What a convolution and the layer behind it become.
  static Optional<Layer> of(Conv2d conv, Layer next) {
    return next instanceof BatchNorm2d norm && !conv.relu() && !norm.residual()
        ? Optional.of(new FoldedConv2d(List.of(new Part(conv, norm)), false, norm.relu()))
        : Optional.empty();
  }

  /// The convolution that all parts together are.
  private Conv2d conv() {
    Conv2d whole = parts.get(0).conv();
    for (Part part : parts.subList(1, parts.size())) {
      whole = whole.with(part.conv()).orElseThrow();
    }
    return whole;
  }

  @Override
  public String kind() {
    return conv().kind();
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return conv().outputShape(source(inputs));
  }

  /// What the convolution reads.
  private static List<Shape> source(List<Shape> inputs) {
    return inputs.subList(0, 1);
  }

  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    List<Parameter> result = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      String prefix = prefix(i);
      Part part = parts.get(i);
      List<Shape> normalized = List.of(part.conv().outputShape(source(inputs)));
      part.conv().parameters(source(inputs)).forEach(p -> result.add(p.named(prefix + p.name())));
      part.norm()
          .parameters(normalized)
          .forEach(p -> result.add(p.named(prefix + NORM + p.name())));
    }
    return result;
  }

  private static String prefix(int part) {
    return part == 0 ? "" : part + ".";
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return parts.stream()
        .map(part -> part.conv().cost(source(inputs)))
        .reduce(Cost.NONE, Cost::plus);
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    if (relu) {
      return Optional.empty();
    }
    return switch (next) {
      case Add _ when !residual -> Optional.of(new FoldedConv2d(parts, true, false));
      case ReLU _ -> Optional.of(new FoldedConv2d(parts, residual, true));
      default -> Optional.empty();
    };
  }

  /// One with the parts of both, if they are pointwise and end alike.
  @Override
  public Optional<Layer> beside(Layer other, boolean training) {
    if (!(other instanceof FoldedConv2d folded)
        || residual
        || folded.residual
        || folded.relu != relu
        || conv().with(folded.conv()).isEmpty()) {
      return Optional.empty();
    }
    List<Part> all = new ArrayList<>(parts);
    all.addAll(folded.parts);
    return Optional.of(new FoldedConv2d(all, false, relu));
  }

  @Override
  public boolean takesPlainImage(List<Shape> inputs) {
    // A residual may be the network's input too, and is in blocks of channels.
    return !residual && conv().takesPlainImage(inputs);
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return conv().workspaceBytes(source(inputs), batch, training, threads, chooser);
  }

  @Override
  public long preparedBytes(List<Shape> inputs, int batch, int threads, ConvChooser chooser) {
    return weightBytes(inputs)
        + biasBytes(inputs)
        + conv().preparedBytes(source(inputs), batch, threads, chooser);
  }

  private long weightBytes(List<Shape> inputs) {
    return parts.stream().mapToLong(part -> part.weightBytes(source(inputs))).sum();
  }

  private long biasBytes(List<Shape> inputs) {
    return parts.stream().mapToLong(part -> part.biasBytes(source(inputs))).sum();
  }

  @Override
  public Operation compile(Binding binding) {
    return new FoldedOperation(this, binding);
  }

  private static final class FoldedOperation implements Operation {
    private final List<Runnable> foldings = new ArrayList<>();
    private final Product product;

    FoldedOperation(FoldedConv2d layer, Binding b) {
      if (b.training()) {
        throw new IllegalStateException("batch statistics cannot be folded into weights");
      }
      List<Shape> source = List.of(b.input().shape());
      MemorySegment weights = b.prepared();
      MemorySegment offsets = weights.asSlice(layer.weightBytes(source), layer.biasBytes(source));
      long weightsAt = 0;
      long channel = 0;
      for (int i = 0; i < layer.parts.size(); i++) {
        Part part = layer.parts.get(i);
        MemorySegment its = weights.asSlice(weightsAt, part.weightBytes(source));
        MemorySegment itsOffsets = offsets.asSlice(channel * Float.BYTES);
        foldings.add(folding(part, prefix(i), b, its, itsOffsets));
        weightsAt += its.byteSize();
        // From a whole block on, as the weights.
        channel += (long) Math.ceilDiv(part.conv().filters(), Cpu.lanes()) * Cpu.lanes();
      }
      MemorySegment rest = weights.asSlice(weightsAt + offsets.byteSize());
      Binding folded = b.with(Map.of("weight", weights, "bias", offsets), rest);
      float floor = layer.relu ? 0 : Float.NEGATIVE_INFINITY;
      ResidualSum sum =
          layer.residual ? new ResidualSum(b.inputs().get(1), b.output(), floor) : null;
      boolean relu = layer.relu && !layer.residual;
      product = new Product(layer.conv().spec(source.get(0)), true, relu, sum, folded);
    }

    private static Runnable folding(
        Part part, String prefix, Binding b, MemorySegment weights, MemorySegment offsets) {
      NormFolding folding =
          new NormFolding(part.conv().spec(b.input().shape()), part.norm().epsilon());
      Map<String, MemorySegment> values = b.values();
      return () ->
          folding.run(
              values.get(prefix + "weight"),
              values.get(prefix + "bias"),
              values.get(prefix + NORM + "weight"),
              values.get(prefix + NORM + "bias"),
              values.get(prefix + NORM + "running_mean"),
              values.get(prefix + NORM + "running_var"),
              weights,
              offsets,
              b.parallel());
    }

    @Override
    public void prepare() {
      foldings.forEach(Runnable::run);
      product.prepare();
    }

    @Override
    public void forward() {
      product.forward();
    }

    @Override
    public void backward() {
      throw new IllegalStateException("a folded convolution has no backward pass");
    }

    @Override
    public Optional<ConvChoice> choice() {
      return product.choice();
    }
  }
}
