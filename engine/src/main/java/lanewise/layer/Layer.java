package lanewise.layer;

import java.util.List;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.tensor.Shape;

/// One layer of a network, described: immutable, without tensors, threads or mode. What it
/// computes, its output's shape, its parameters and its theoretical cost follow from the shapes of
/// its inputs.
///
/// To add a layer, write one record that implements this and its test.
public interface Layer {

  /// Short name for numbering layers of this kind: `conv`, `bn`, `relu`.
  String kind();

  /// Shape of one sample's output.
  ///
  /// @throws lanewise.error.InvalidModelException if the layer cannot take these inputs; says which
  ///     and why
  Shape outputShape(List<Shape> inputs);

  /// Parameters in the order in which they are stored; none by default.
  default List<Parameter> parameters(List<Shape> inputs) {
    return List.of();
  }

  /// What one sample's forward pass costs in theory.
  Cost cost(List<Shape> inputs);

  /// Whether backward reads the values of the inputs, which must then be kept that long.
  default boolean backwardReadsInputs() {
    return false;
  }

  /// Whether backward reads the values of the output.
  default boolean backwardReadsOutput() {
    return false;
  }

  /// The input whose gradient may lie where the output's does, since backward makes it value by
  /// value and reads nothing of the output's after that; -1 if there is none.
  default int gradientInPlace() {
    return -1;
  }

  /// Whether the output is the first input, the same values in the same order: then both share
  /// their memory and the layer is never compiled.
  default boolean isIdentity(List<Shape> inputs, boolean training) {
    return false;
  }

  /// The layer that does this and then `next` in one go, if there is one. `next` takes the output
  /// of this layer as one of its inputs; the fused layer's inputs are this layer's, followed by the
  /// other inputs of `next`, and its parameters are this layer's, followed by those of `next`,
  /// under
  /// whatever names.
  default Optional<Layer> fuse(Layer next, boolean training) {
    return Optional.empty();
  }

  /// The layer that does this and `other`, which takes the same input, in one go, if there is one.
  /// Its output is theirs one behind the other along the channels, that of `other` from a whole
  /// block on. In training its parameters are as many as each of them has, and each is this layer's
  /// with that of `other` behind it in memory; in inference they are this layer's, followed by
  /// those of `other`, under whatever names.
  default Optional<Layer> beside(Layer other, boolean training) {
    return Optional.empty();
  }

  /// Whether the output is the inputs one behind the other along the channels. An input may then
  /// lie in the output's memory from the start, as a slice, and so may its gradient.
  default boolean concatenates() {
    return false;
  }

  /// Whether in training it is the normalization of a [Handover]: it reads statistics of its first
  /// input, and may leave its output and the gradients of its inputs to be made sample by sample by
  /// who reads them next.
  default boolean normalizes() {
    return false;
  }

  /// Whether in training it is the convolution of a [Handover]: it takes statistics of its output
  /// while it is in the cache, and makes the samples of its input and of its output's gradient just
  /// before it reads them.
  default boolean convolves() {
    return false;
  }

  /// Whether the network's input may come as a plain image, its channels side by side for each
  /// pixel
  /// (lanes = channels), instead of in blocks of channels.
  default boolean takesPlainImage(List<Shape> inputs) {
    return false;
  }

  /// Bytes of scratch memory that the operation needs while it runs; shared by all operations of a
  /// program. With several algorithms to choose from, enough for any of them.
  default long workspaceBytes(
      List<Shape> inputs, int batch, boolean training, int threads, ConvChooser chooser) {
    return 0;
  }

  /// Bytes of memory of its own that the operation fills in [Operation#prepare()] and reads in
  /// forward: weights in a form that follows from the parameters. In inference only. With several
  /// algorithms to choose from, enough for any of them.
  default long preparedBytes(List<Shape> inputs, int batch, int threads, ConvChooser chooser) {
    return 0;
  }

  /// Binds the layer to memory and threads.
  Operation compile(Binding binding);
}
