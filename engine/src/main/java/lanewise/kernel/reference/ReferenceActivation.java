package lanewise.kernel.reference;

/// Element-wise activations. The backward passes take the input of the forward pass.
public final class ReferenceActivation {

  private ReferenceActivation() {}

  /// `max(0, src)`; NaN stays NaN.
  public static double[] reluForward(double[] src) {
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dst[s] = Math.max(0, src[s]);
    }
    return dst;
  }

  /// `dDst` where `src > 0`, else 0; so the derivative at 0 is 0, as in PyTorch.
  public static double[] reluBackward(double[] src, double[] dDst) {
    Sizes.check("dDst", dDst.length, src.length);
    double[] dSrc = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dSrc[s] = src[s] > 0 ? dDst[s] : 0;
    }
    return dSrc;
  }

  /// `1 / (1 + exp(-src))`.
  public static double[] sigmoidForward(double[] src) {
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dst[s] = 1 / (1 + Math.exp(-src[s]));
    }
    return dst;
  }

  /// `dDst * y * (1 - y)` with y the sigmoid of src.
  public static double[] sigmoidBackward(double[] src, double[] dDst) {
    Sizes.check("dDst", dDst.length, src.length);
    double[] y = sigmoidForward(src);
    double[] dSrc = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dSrc[s] = dDst[s] * y[s] * (1 - y[s]);
    }
    return dSrc;
  }

  /// `tanh(src)`.
  public static double[] tanhForward(double[] src) {
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dst[s] = Math.tanh(src[s]);
    }
    return dst;
  }

  /// `dDst * (1 - y * y)` with y the hyperbolic tangent of src.
  public static double[] tanhBackward(double[] src, double[] dDst) {
    Sizes.check("dDst", dDst.length, src.length);
    double[] y = tanhForward(src);
    double[] dSrc = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dSrc[s] = dDst[s] * (1 - y[s] * y[s]);
    }
    return dSrc;
  }
}
