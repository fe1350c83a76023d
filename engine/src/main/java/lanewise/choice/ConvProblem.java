package lanewise.choice;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;

/// A convolution as a program runs it: what an algorithm may refuse, and what its speed depends on.
///
/// @param plainImage whether the source is a plain image, its channels side by side for each pixel
/// @param constantWeights whether the weights stay as they are from run to run, as in inference
/// @param batch samples at a time
public record ConvProblem(
    ConvSpec spec, boolean plainImage, boolean constantWeights, int batch, int threads) {

  /// Why an algorithm cannot run a pass; empty if it can.
  public Optional<String> refusal(ConvAlgorithm algorithm, ConvPass pass) {
    Optional<String> shape = algorithm.refuses(spec, pass);
    if (shape.isPresent()) {
      return shape;
    }
    boolean takesImage = algorithm.sourceLanes(spec) != Cpu.lanes();
    if (pass.readsSource() && takesImage != plainImage) {
      return Optional.of(
          plainImage ? "the source is a plain image" : "the source lies in blocks of channels");
    }
    return Optional.empty();
  }

  /// The algorithms that can run a pass, best first; at least one.
  public List<ConvAlgorithm> candidates(ConvPass pass) {
    return Arrays.stream(ConvAlgorithm.values())
        .filter(algorithm -> refusal(algorithm, pass).isEmpty())
        .toList();
  }

  /// What an algorithm's code depends on: problems for which this is equal run the same methods, so
  /// that these are compiled once one of them has run for a while. Others may need register tiles
  /// of other sizes.
  List<Object> kernels(ConvAlgorithm algorithm, ConvPass pass) {
    return List.of(
        algorithm,
        pass,
        constantWeights,
        spec.kernelHeight(),
        spec.stride(),
        tiles(spec.channelsPerGroup()),
        tiles(spec.filtersPerGroup()));
  }

  /// Blocks of so many channels, as far as the sizes of register tiles go, which are 4 at most.
  private static int tiles(int channels) {
    int blocks = Math.ceilDiv(channels, Cpu.lanes());
    return blocks <= 4 ? blocks : 4 + blocks % 4;
  }

  /// `64x32x32 -> 64, 3x3/1 pad 1; batch 128, 2 threads, 16 lanes`.
  @Override
  public String toString() {
    return "%s%s%s; batch %d, %d threads, %d lanes"
        .formatted(
            spec,
            plainImage ? " from a plain image" : "",
            constantWeights ? ", constant weights" : "",
            batch,
            threads,
            Cpu.lanes());
  }
}
