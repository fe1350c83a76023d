package lanewise.kernel.reference;

/// The fully connected layer.
///
/// Shapes: src and dSrc `N x inFeatures`; weights and dWeights `outFeatures x inFeatures`; bias and
/// dBias `outFeatures`; dst and dDst `N x outFeatures`.
public final class ReferenceLinear {

  private ReferenceLinear() {}

  /// `dst[n,o] = bias[o] + sum over i of weights[o,i] * src[n,i]`.
  ///
  /// @param biasOrNull `outFeatures` values, or null for none
  public static double[] forward(
      int batch,
      int inFeatures,
      int outFeatures,
      double[] src,
      double[] weights,
      double[] biasOrNull) {
    Sizes.check("src", src.length, batch, inFeatures);
    Sizes.check("weights", weights.length, outFeatures, inFeatures);
    double[] dst = new double[Sizes.product(batch, outFeatures)];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outFeatures; o++) {
        double sum = biasOrNull == null ? 0 : biasOrNull[o];
        for (int i = 0; i < inFeatures; i++) {
          sum += weights[o * inFeatures + i] * src[n * inFeatures + i];
        }
        dst[n * outFeatures + o] = sum;
      }
    }
    return dst;
  }

  /// `dSrc[n,i] = sum over o of weights[o,i] * dDst[n,o]`.
  public static double[] backwardData(
      int batch, int inFeatures, int outFeatures, double[] dDst, double[] weights) {
    Sizes.check("dDst", dDst.length, batch, outFeatures);
    Sizes.check("weights", weights.length, outFeatures, inFeatures);
    double[] dSrc = new double[Sizes.product(batch, inFeatures)];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outFeatures; o++) {
        for (int i = 0; i < inFeatures; i++) {
          dSrc[n * inFeatures + i] += weights[o * inFeatures + i] * dDst[n * outFeatures + o];
        }
      }
    }
    return dSrc;
  }

  /// `dWeights[o,i] = sum over n of src[n,i] * dDst[n,o]`.
  public static double[] backwardWeights(
      int batch, int inFeatures, int outFeatures, double[] src, double[] dDst) {
    Sizes.check("src", src.length, batch, inFeatures);
    Sizes.check("dDst", dDst.length, batch, outFeatures);
    double[] dWeights = new double[Sizes.product(outFeatures, inFeatures)];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outFeatures; o++) {
        for (int i = 0; i < inFeatures; i++) {
          dWeights[o * inFeatures + i] += src[n * inFeatures + i] * dDst[n * outFeatures + o];
        }
      }
    }
    return dWeights;
  }

  /// `dBias[o] = sum over n of dDst[n,o]`.
  public static double[] backwardBias(int batch, int outFeatures, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, outFeatures);
    double[] dBias = new double[outFeatures];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outFeatures; o++) {
        dBias[o] += dDst[n * outFeatures + o];
      }
    }
    return dBias;
  }
}
