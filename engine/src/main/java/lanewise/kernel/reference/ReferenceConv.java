package lanewise.kernel.reference;

import lanewise.kernel.ConvSpec;

/// Convolution, the twin of every convolution algorithm. Each pass works on a copy of the map that
/// carries its border of zeros, so the loops are the formula of [ConvSpec] without a special case.
///
/// Shapes: src and dSrc `N x C x H x W`; weights and dWeights
/// `K x (C/groups) x kernelHeight x kernelWidth`; bias and dBias `K`; dst and dDst
/// `N x K x outHeight x outWidth`.
public final class ReferenceConv {

  private ReferenceConv() {}

  /// `dst[n,k,y,x] = bias[k] +` the sum over c, i and j of
  /// `weights[k,c,i,j] * padded[n,c,y*stride+i,x*stride+j]`.
  ///
  /// @param biasOrNull `K` values, or null for none
  public static double[] forward(
      ConvSpec spec, int batch, double[] src, double[] weights, double[] biasOrNull) {
    checkSrc(spec, batch, src);
    checkWeights(spec, weights);
    double[] padded = pad(spec, batch, src);
    double[] dst = new double[dstSize(spec, batch)];
    if (biasOrNull != null) {
      Sizes.check("bias", biasOrNull.length, spec.filters());
      int pixels = spec.outHeight() * spec.outWidth();
      for (int o = 0; o < dst.length; o++) {
        dst[o] = biasOrNull[o / pixels % spec.filters()];
      }
    }
    // Locals because the inner loop is three times as fast with them.
    int stride = spec.stride();
    int outWidth = spec.outWidth();
    for (int n = 0; n < batch; n++) {
      for (int k = 0; k < spec.filters(); k++) {
        for (int c = 0; c < spec.channelsPerGroup(); c++) {
          for (int i = 0; i < spec.kernelHeight(); i++) {
            for (int j = 0; j < spec.kernelWidth(); j++) {
              double weight = weights[weight(spec, k, c, i, j)];
              for (int y = 0; y < spec.outHeight(); y++) {
                int dstRow = dst(spec, n, k, y);
                int srcRow = padded(spec, n, k, c, y * stride + i) + j;
                for (int x = 0; x < outWidth; x++) {
                  dst[dstRow + x] += weight * padded[srcRow + x * stride];
                }
              }
            }
          }
        }
      }
    }
    return dst;
  }

  /// The gradient of the input: every product of the forward pass hands `weight * dDst` back to its
  /// source.
  public static double[] backwardData(ConvSpec spec, int batch, double[] dDst, double[] weights) {
    checkDst(spec, batch, dDst);
    checkWeights(spec, weights);
    double[] dPadded = new double[paddedSize(spec, batch)];
    int stride = spec.stride();
    int outWidth = spec.outWidth();
    for (int n = 0; n < batch; n++) {
      for (int k = 0; k < spec.filters(); k++) {
        for (int c = 0; c < spec.channelsPerGroup(); c++) {
          for (int i = 0; i < spec.kernelHeight(); i++) {
            for (int j = 0; j < spec.kernelWidth(); j++) {
              double weight = weights[weight(spec, k, c, i, j)];
              for (int y = 0; y < spec.outHeight(); y++) {
                int dstRow = dst(spec, n, k, y);
                int srcRow = padded(spec, n, k, c, y * stride + i) + j;
                for (int x = 0; x < outWidth; x++) {
                  dPadded[srcRow + x * stride] += weight * dDst[dstRow + x];
                }
              }
            }
          }
        }
      }
    }
    return crop(spec, batch, dPadded);
  }

  /// The gradient of the weights: every product of the forward pass hands `src * dDst` back to its
  /// weight.
  public static double[] backwardWeights(ConvSpec spec, int batch, double[] src, double[] dDst) {
    checkSrc(spec, batch, src);
    checkDst(spec, batch, dDst);
    double[] padded = pad(spec, batch, src);
    double[] dWeights = new double[Math.toIntExact(spec.weights())];
    int stride = spec.stride();
    int outWidth = spec.outWidth();
    for (int n = 0; n < batch; n++) {
      for (int k = 0; k < spec.filters(); k++) {
        for (int c = 0; c < spec.channelsPerGroup(); c++) {
          for (int i = 0; i < spec.kernelHeight(); i++) {
            for (int j = 0; j < spec.kernelWidth(); j++) {
              double sum = 0;
              for (int y = 0; y < spec.outHeight(); y++) {
                int dstRow = dst(spec, n, k, y);
                int srcRow = padded(spec, n, k, c, y * stride + i) + j;
                for (int x = 0; x < outWidth; x++) {
                  sum += padded[srcRow + x * stride] * dDst[dstRow + x];
                }
              }
              dWeights[weight(spec, k, c, i, j)] += sum;
            }
          }
        }
      }
    }
    return dWeights;
  }

  /// The gradient of the bias: `dBias[k]` is the sum of `dDst[n,k,y,x]` over n, y and x.
  public static double[] backwardBias(ConvSpec spec, int batch, double[] dDst) {
    checkDst(spec, batch, dDst);
    double[] dBias = new double[spec.filters()];
    int pixels = spec.outHeight() * spec.outWidth();
    for (int o = 0; o < dDst.length; o++) {
      dBias[o / pixels % spec.filters()] += dDst[o];
    }
    return dBias;
  }

  private static double[] pad(ConvSpec spec, int batch, double[] src) {
    double[] padded = new double[paddedSize(spec, batch)];
    for (int row = 0; row < batch * spec.channels() * spec.height(); row++) {
      System.arraycopy(src, row * spec.width(), padded, insidePadded(spec, row), spec.width());
    }
    return padded;
  }

  private static double[] crop(ConvSpec spec, int batch, double[] padded) {
    double[] map = new double[Sizes.product(batch, spec.channels(), spec.height(), spec.width())];
    for (int row = 0; row < batch * spec.channels() * spec.height(); row++) {
      System.arraycopy(padded, insidePadded(spec, row), map, row * spec.width(), spec.width());
    }
    return map;
  }

  /// Where row `row` of all rows of src (N x C x H) begins in the padded map.
  private static int insidePadded(ConvSpec spec, int row) {
    int plane = row / spec.height();
    int y = row % spec.height() + spec.padding();
    return (plane * paddedHeight(spec) + y) * paddedWidth(spec) + spec.padding();
  }

  private static int paddedHeight(ConvSpec spec) {
    return spec.height() + 2 * spec.padding();
  }

  private static int paddedWidth(ConvSpec spec) {
    return spec.width() + 2 * spec.padding();
  }

  private static int paddedSize(ConvSpec spec, int batch) {
    return Sizes.product(batch, spec.channels(), paddedHeight(spec), paddedWidth(spec));
  }

  private static int dstSize(ConvSpec spec, int batch) {
    return Sizes.product(batch, spec.filters(), spec.outHeight(), spec.outWidth());
  }

  /// Row `y` of the padded map that filter k sees as its c-th channel.
  private static int padded(ConvSpec spec, int n, int k, int c, int y) {
    int channel = k / spec.filtersPerGroup() * spec.channelsPerGroup() + c;
    return ((n * spec.channels() + channel) * paddedHeight(spec) + y) * paddedWidth(spec);
  }

  private static int dst(ConvSpec spec, int n, int k, int y) {
    return ((n * spec.filters() + k) * spec.outHeight() + y) * spec.outWidth();
  }

  private static int weight(ConvSpec spec, int k, int c, int i, int j) {
    return ((k * spec.channelsPerGroup() + c) * spec.kernelHeight() + i) * spec.kernelWidth() + j;
  }

  private static void checkSrc(ConvSpec spec, int batch, double[] src) {
    Sizes.check("src", src.length, batch, spec.channels(), spec.height(), spec.width());
  }

  private static void checkDst(ConvSpec spec, int batch, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, spec.filters(), spec.outHeight(), spec.outWidth());
  }

  private static void checkWeights(ConvSpec spec, double[] weights) {
    Sizes.check(
        "weights",
        weights.length,
        spec.filters(),
        spec.channelsPerGroup(),
        spec.kernelHeight(),
        spec.kernelWidth());
  }
}
