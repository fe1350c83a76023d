package lanewise.kernel.reference;

/// Inverted dropout with the random choice already made: what stays is divided by the probability
/// of staying, so that nothing is left to do at inference.
public final class ReferenceDropout {

  private ReferenceDropout() {}

  /// `dst = src / keepProbability` where kept, else 0.
  ///
  /// @param kept one entry per value: whether it stays
  /// @param keepProbability one less the rate of dropout, above 0
  public static double[] forward(double[] src, boolean[] kept, double keepProbability) {
    Sizes.check("kept", kept.length, src.length);
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dst[s] = kept[s] ? src[s] / keepProbability : 0;
    }
    return dst;
  }

  /// The gradient, which passes through the same mask: `dSrc = dDst / keepProbability` where kept,
  /// else 0.
  public static double[] backward(double[] dDst, boolean[] kept, double keepProbability) {
    return forward(dDst, kept, keepProbability);
  }
}
