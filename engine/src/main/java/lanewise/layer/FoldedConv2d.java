package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.kernel.simd.NormFolding;
import lanewise.kernel.simd.ResidualSum;
import lanewise.tensor.Shape;

/// A convolution and the batch normalization behind it as one convolution, in inference only: the
/// running statistics are constants there, so that scale and offset go into weights and biases
/// ([NormFolding]). They are folded again whenever a parameter has changed.
///
/// Its parameters are those of the convolution, and those of the normalization with `norm.` before
/// their names.
///
/// @param conv without activation; a linear layer is the 1x1 convolution of a 1x1 map
/// @param norm without residual
/// @param residual whether the second input is added to the results (a fused [Add]), while these
///     are in the cache ([ResidualSum])
/// @param relu whether negative results become 0 (a fused ReLU)
record FoldedConv2d(Conv2d conv, BatchNorm2d norm, boolean residual, boolean relu)
    implements Layer {

  private static final String NORM = "norm.";

  /// What a convolution and the layer behind it become.
  static Optional<Layer> of(Conv2d conv, Layer next) {
    return next instanceof BatchNorm2d norm && !conv.relu() && !norm.residual()
        ? Optional.of(new FoldedConv2d(conv, norm, false, norm.relu()))
        : Optional.empty();
  }

  @Override
  public String kind() {
    return conv.kind();
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return conv.outputShape(source(inputs));
  }

  /// What the convolution reads.
  private static List<Shape> source(List<Shape> inputs) {
    return inputs.subList(0, 1);
  }

  @Override
  public List<Parameter> parameters(List<Shape> inputs) {
    List<Parameter> result = new ArrayList<>(conv.parameters(source(inputs)));
    norm.parameters(List.of(outputShape(inputs)))
        .forEach(p -> result.add(p.named(NORM + p.name())));
    return result;
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return conv.cost(source(inputs));
  }

  @Override
  public Optional<Layer> fuse(Layer next, boolean training) {
    if (relu) {
      return Optional.empty();
    }
    return switch (next) {
      case Add _ when !residual -> Optional.of(new FoldedConv2d(conv, norm, true, false));
      case ReLU _ -> Optional.of(new FoldedConv2d(conv, norm, residual, true));
      default -> Optional.empty();
    };
  }

  @Override
  public boolean takesPlainImage(List<Shape> inputs) {
    // A residual may be the network's input too, and is in blocks of channels.
    return !residual && conv.takesPlainImage(inputs);
  }

  @Override
  public long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return conv.workspaceBytes(source(inputs), batch, training, threads, chooser);
  }

  @Override
  public long preparedBytes(List<Shape> inputs, int batch, int threads, ConvChooser chooser) {
    return weightBytes(inputs)
        + biasBytes(inputs)
        + conv.preparedBytes(source(inputs), batch, threads, chooser);
  }

  private long weightBytes(List<Shape> inputs) {
    return conv.parameters(source(inputs)).get(0).packing().floats() * Float.BYTES;
  }

  private long biasBytes(List<Shape> inputs) {
    return norm.parameters(List.of(outputShape(inputs))).get(0).packing().floats() * Float.BYTES;
  }

  @Override
  public Operation compile(Binding binding) {
    return new FoldedOperation(this, binding);
  }

  private static final class FoldedOperation implements Operation {
    private final Binding b;
    private final NormFolding folding;
    private final MemorySegment weights;
    private final MemorySegment offsets;
    private final Product product;

    FoldedOperation(FoldedConv2d layer, Binding b) {
      if (b.training()) {
        throw new IllegalStateException("batch statistics cannot be folded into weights");
      }
      this.b = b;
      List<Shape> inputs = List.of(b.input().shape());
      var spec = layer.conv.spec(inputs.get(0));
      folding = new NormFolding(spec, layer.norm.epsilon());
      weights = b.prepared();
      offsets = weights.asSlice(layer.weightBytes(inputs), layer.biasBytes(inputs));
      MemorySegment rest = weights.asSlice(layer.weightBytes(inputs) + offsets.byteSize());
      Binding folded = b.with(Map.of("weight", weights, "bias", offsets), rest);
      float floor = layer.relu ? 0 : Float.NEGATIVE_INFINITY;
      ResidualSum sum =
          layer.residual ? new ResidualSum(b.inputs().get(1), b.output(), floor) : null;
      product = new Product(spec, true, layer.relu && !layer.residual, sum, folded);
    }

    @Override
    public void prepare() {
      folding.run(
          b.values().get("weight"),
          b.values().get("bias"),
          b.values().get(NORM + "weight"),
          b.values().get(NORM + "bias"),
          b.values().get(NORM + "running_mean"),
          b.values().get(NORM + "running_var"),
          weights,
          offsets,
          b.parallel());
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
