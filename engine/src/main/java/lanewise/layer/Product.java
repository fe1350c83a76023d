package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import lanewise.choice.ConvChoice;
import lanewise.choice.ConvChooser;
import lanewise.choice.ConvProblem;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.kernel.simd.ChannelSums;
import lanewise.kernel.simd.Convolution;
import lanewise.kernel.simd.Epilogue;
import lanewise.tensor.Shape;

/// The operation of convolutions and linear layers (which are the 1x1 convolution of a 1x1 map):
/// product, bias and activation forward; bias, weights and input gradient backward.
final class Product implements Operation {

  private final Binding b;
  private final boolean bias;
  private final boolean relu;
  private final Epilogue epilogue;
  private final ConvChoice choice;
  private final Convolution conv;
  private final ChannelSums sums;
  private final MemorySegment weights;
  private final MemorySegment offsets;

  Product(ConvSpec spec, boolean bias, boolean relu, Binding b) {
    this(spec, bias, relu, b.outputHandover().statistics(), b);
  }

  /// @param epilogue takes the results of forward, or null
  Product(ConvSpec spec, boolean bias, boolean relu, Epilogue epilogue, Binding b) {
    this.b = b;
    this.epilogue = epilogue;
    this.bias = bias;
    this.relu = relu;
    sums = b.training() ? new ChannelSums(b.output().shape(), b.batch()) : null;
    weights = b.values().get("weight");
    offsets = bias ? b.values().get("bias") : b.zeros();
    choice = choose(spec);
    conv = convolution(spec, choice.algorithms());
  }

  private ConvChoice choose(ConvSpec spec) {
    boolean plainImage = b.input().lanes() != Cpu.lanes();
    return ConvChoice.of(
        new ConvProblem(spec, plainImage, !b.training(), b.batch(), b.parallel().threads()),
        passes(b.training(), b.inputGradient() != null),
        b.chooser(),
        (algorithm, pass) -> {
          Convolution tried = convolution(spec, ConvAlgorithms.of(algorithm, spec));
          prepare(tried);
          return () -> run(tried, pass);
        });
  }

  private static List<ConvPass> passes(boolean training, boolean inputGradient) {
    if (!training) {
      return List.of(ConvPass.FORWARD);
    }
    return inputGradient
        ? List.of(ConvPass.values())
        : List.of(ConvPass.FORWARD, ConvPass.BACKWARD_WEIGHTS);
  }

  private Convolution convolution(ConvSpec spec, ConvAlgorithms algorithms) {
    return new Convolution(
        spec,
        b.batch(),
        b.input().imageStride(),
        b.inputGradient() == null ? 0 : b.inputGradient().imageStride(),
        b.output().imageStride(),
        b.parallel().threads(),
        b.training(),
        algorithms);
  }

  static long workspaceBytes(
      ConvSpec spec, int batch, boolean training, int threads, ConvChooser chooser) {
    return passes(training, true).stream()
        .mapToLong(
            pass ->
                most(
                    spec,
                    batch,
                    training,
                    threads,
                    chooser,
                    pass,
                    a -> Convolution.workspaceBytes(spec, batch, threads, training, pass, a)))
        .max()
        .orElseThrow();
  }

  static long preparedBytes(ConvSpec spec, int batch, int threads, ConvChooser chooser) {
    return most(
        spec,
        batch,
        false,
        threads,
        chooser,
        ConvPass.FORWARD,
        algorithm -> Convolution.preparedBytes(spec, batch, threads, algorithm));
  }

  /// The most bytes that any algorithm which may be chosen needs.
  private static long most(
      ConvSpec spec,
      int batch,
      boolean training,
      int threads,
      ConvChooser chooser,
      ConvPass pass,
      ToLongFunction<ConvAlgorithm> bytes) {
    // Whether it reads a plain image is not known here.
    boolean image = ConvAlgorithm.takesPlainImage(spec);
    return Stream.of(false, true)
        .filter(plainImage -> image || !plainImage)
        .map(plainImage -> new ConvProblem(spec, plainImage, !training, batch, threads))
        .flatMap(problem -> chooser.candidates(problem, pass).stream())
        .mapToLong(bytes)
        .max()
        .orElseThrow();
  }

  /// Multiply-adds of a linear layer as those of a convolution.
  static ConvSpec linear(int inputs, int outputs) {
    return ConvSpec.of(Shape.vector(inputs), outputs, 1, 1, 0);
  }

  @Override
  public void prepare() {
    prepare(conv);
  }

  private void prepare(Convolution c) {
    if (!b.training()) {
      c.prepare(weights, b.prepared(), b.workspace(), b.parallel());
    }
  }

  @Override
  public void forward() {
    run(conv, ConvPass.FORWARD);
  }

  @Override
  public void backward() {
    if (bias || relu) {
      b.outputHandover().finishGradient(b.parallel());
      sums.maskedGradient(
          b.outputGradient(),
          relu ? b.output() : null,
          bias ? b.gradients().get("bias") : null,
          b.parallel());
    }
    conv.backward(
        b.input(),
        b.outputGradient(),
        b.outputHandover().gradient(),
        weights,
        b.inputGradient(),
        b.inputGradient() != null && b.addsToInputGradient(),
        b.zeros(),
        b.gradients().get("weight"),
        b.workspace(),
        b.parallel());
  }

  private void run(Convolution c, ConvPass pass) {
    switch (pass) {
      case FORWARD -> {
        float floor = relu ? 0 : Float.NEGATIVE_INFINITY;
        c.forward(
            b.input(),
            b.inputHandover().value(),
            weights,
            offsets,
            b.output(),
            floor,
            epilogue,
            b.workspace(),
            b.parallel());
      }
      case BACKWARD_DATA ->
          c.backwardData(
              b.outputGradient(),
              null,
              weights,
              b.inputGradient(),
              b.addsToInputGradient(),
              b.zeros(),
              b.workspace(),
              b.parallel());
      case BACKWARD_WEIGHTS ->
          c.backwardWeights(
              b.input(),
              b.outputGradient(),
              b.gradients().get("weight"),
              b.workspace(),
              b.parallel());
    }
  }

  @Override
  public Optional<ConvChoice> choice() {
    return Optional.of(choice);
  }
}
