package lanewise.kernel.reference;

/// Tensors with the same batch and map, one behind the other along the channels.
///
/// Shapes: source t `N x channels[t] x pixels`; dst `N x (sum of channels) x pixels`.
public final class ReferenceConcat {

  private ReferenceConcat() {}

  /// For every sample all channels of the first source, then all of the second, and so on.
  public static double[] forward(int batch, int pixels, int[] channels, double[]... sources) {
    Sizes.check("sources", sources.length, channels.length);
    double[] dst = new double[Sizes.product(batch, sum(channels), pixels)];
    int o = 0;
    for (int n = 0; n < batch; n++) {
      for (int t = 0; t < sources.length; t++) {
        int size = channels[t] * pixels;
        Sizes.check("source " + t, sources[t].length, batch, size);
        System.arraycopy(sources[t], n * size, dst, o, size);
        o += size;
      }
    }
    return dst;
  }

  /// The gradient of every source: its own channels of dDst.
  public static double[][] backward(int batch, int pixels, int[] channels, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, sum(channels), pixels);
    double[][] gradients = new double[channels.length][];
    int first = 0;
    for (int t = 0; t < channels.length; t++) {
      int size = channels[t] * pixels;
      gradients[t] = new double[batch * size];
      for (int n = 0; n < batch; n++) {
        int from = (n * sum(channels) + first) * pixels;
        System.arraycopy(dDst, from, gradients[t], n * size, size);
      }
      first += channels[t];
    }
    return gradients;
  }

  private static int sum(int[] channels) {
    int sum = 0;
    for (int c : channels) {
      sum += c;
    }
    return sum;
  }
}
