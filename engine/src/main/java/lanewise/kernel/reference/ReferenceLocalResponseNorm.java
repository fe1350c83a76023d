package lanewise.kernel.reference;

/// Local response normalization across channels (Krizhevsky et al. 2012), with the constants of
/// `torch.nn.LocalResponseNorm`: alpha is divided by the size of the window, and the window of
/// channel c reaches from `c - size / 2` to `c + (size - 1) / 2`, cut off at the first and the last
/// channel.
///
/// Shapes: src, dst and their gradients `N x C x pixels`.
public final class ReferenceLocalResponseNorm {

  private ReferenceLocalResponseNorm() {}

  /// `dst[n,c,p] = src[n,c,p] / (k + alpha / size * sum over the window of src[n,.,p]^2)^beta`.
  public static double[] forward(
      int batch,
      int channels,
      int pixels,
      int size,
      double alpha,
      double beta,
      double k,
      double[] src) {
    double[] scale = scale(batch, channels, pixels, size, alpha, k, src);
    double[] dst = new double[src.length];
    for (int s = 0; s < src.length; s++) {
      dst[s] = src[s] / Math.pow(scale[s], beta);
    }
    return dst;
  }

  /// With `scale` the base of the power above, channel i hands back to every channel c of its
  /// window `-2 * alpha * beta / size * src[c] * dDst[i] * src[i] / scale[i]^(beta + 1)`, and
  /// `dDst[i] / scale[i]^beta` to itself.
  public static double[] backward(
      int batch,
      int channels,
      int pixels,
      int size,
      double alpha,
      double beta,
      double k,
      double[] src,
      double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, channels, pixels);
    double[] scale = scale(batch, channels, pixels, size, alpha, k, src);
    double[] dSrc = new double[src.length];
    for (int n = 0; n < batch; n++) {
      for (int i = 0; i < channels; i++) {
        for (int p = 0; p < pixels; p++) {
          int at = (n * channels + i) * pixels + p;
          dSrc[at] += dDst[at] / Math.pow(scale[at], beta);
          double dScale = -beta * dDst[at] * src[at] / Math.pow(scale[at], beta + 1);
          for (int c = first(i, size); c <= last(i, size, channels); c++) {
            int source = (n * channels + c) * pixels + p;
            dSrc[source] += dScale * alpha / size * 2 * src[source];
          }
        }
      }
    }
    return dSrc;
  }

  private static double[] scale(
      int batch, int channels, int pixels, int size, double alpha, double k, double[] src) {
    Sizes.check("src", src.length, batch, channels, pixels);
    double[] scale = new double[src.length];
    for (int n = 0; n < batch; n++) {
      for (int i = 0; i < channels; i++) {
        for (int p = 0; p < pixels; p++) {
          double sum = 0;
          for (int c = first(i, size); c <= last(i, size, channels); c++) {
            double value = src[(n * channels + c) * pixels + p];
            sum += value * value;
          }
          scale[(n * channels + i) * pixels + p] = k + alpha / size * sum;
        }
      }
    }
    return scale;
  }

  private static int first(int channel, int size) {
    return Math.max(0, channel - size / 2);
  }

  private static int last(int channel, int size, int channels) {
    return Math.min(channels - 1, channel + (size - 1) / 2);
  }
}
