package lanewise.testing;

import java.util.function.ToDoubleFunction;

/// Numerical gradients, to hold a backward pass against nothing but its forward pass.
public final class FiniteDifferences {

  /// With values around 1 this leaves an error of some 1e-10, from the step's square and from the
  /// digits lost.
  private static final double STEP = 1e-5;

  private FiniteDifferences() {}

  /// The gradient of `function` at `point` by central differences. `function` must not keep or
  /// change its argument; `point` is left as it was.
  public static double[] gradient(ToDoubleFunction<double[]> function, double[] point) {
    double[] moved = point.clone();
    double[] gradient = new double[point.length];
    for (int i = 0; i < point.length; i++) {
      moved[i] = point[i] + STEP;
      double above = function.applyAsDouble(moved);
      moved[i] = point[i] - STEP;
      double below = function.applyAsDouble(moved);
      moved[i] = point[i];
      gradient[i] = (above - below) / (2 * STEP);
    }
    return gradient;
  }

  /// The scalar product: `dot(dDst, forward(src))` is the scalar whose gradient by src is what a
  /// backward pass makes of dDst.
  public static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
