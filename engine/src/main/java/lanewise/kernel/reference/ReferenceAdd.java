package lanewise.kernel.reference;

/// The element-wise sum of tensors of one shape. Its backward pass hands dDst unchanged to every
/// source.
public final class ReferenceAdd {

  private ReferenceAdd() {}

  /// `dst = sources[0] + sources[1] + ...`.
  public static double[] forward(double[]... sources) {
    double[] dst = sources[0].clone();
    for (int t = 1; t < sources.length; t++) {
      Sizes.check("source " + t, sources[t].length, dst.length);
      for (int o = 0; o < dst.length; o++) {
        dst[o] += sources[t][o];
      }
    }
    return dst;
  }
}
