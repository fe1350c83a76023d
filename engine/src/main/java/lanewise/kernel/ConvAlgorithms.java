package lanewise.kernel;

/// The algorithm of each pass of a convolution.
public record ConvAlgorithms(
    ConvAlgorithm forward, ConvAlgorithm backwardData, ConvAlgorithm backwardWeights) {

  public ConvAlgorithms {
    require(forward, ConvPass.FORWARD);
    require(backwardData, ConvPass.BACKWARD_DATA);
    require(backwardWeights, ConvPass.BACKWARD_WEIGHTS);
  }

  private static void require(ConvAlgorithm algorithm, ConvPass pass) {
    if (!algorithm.has(pass)) {
      throw new IllegalArgumentException("%s has no pass %s".formatted(algorithm, pass));
    }
  }

  /// One algorithm for all passes of a shape, but direct convolution for those that it refuses.
  public static ConvAlgorithms of(ConvAlgorithm algorithm, ConvSpec spec) {
    return new ConvAlgorithms(
        orDirect(algorithm, spec, ConvPass.FORWARD),
        orDirect(algorithm, spec, ConvPass.BACKWARD_DATA),
        orDirect(algorithm, spec, ConvPass.BACKWARD_WEIGHTS));
  }

  private static ConvAlgorithm orDirect(ConvAlgorithm algorithm, ConvSpec spec, ConvPass pass) {
    return algorithm.refuses(spec, pass).isEmpty() ? algorithm : ConvAlgorithm.DIRECT;
  }

  /// The algorithm of a pass.
  public ConvAlgorithm of(ConvPass pass) {
    return switch (pass) {
      case FORWARD -> forward;
      case BACKWARD_DATA -> backwardData;
      case BACKWARD_WEIGHTS -> backwardWeights;
    };
  }

  /// Whether any pass runs with this algorithm.
  public boolean uses(ConvAlgorithm algorithm) {
    return forward == algorithm || backwardData == algorithm || backwardWeights == algorithm;
  }
}
