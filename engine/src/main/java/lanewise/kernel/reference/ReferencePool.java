package lanewise.kernel.reference;

import lanewise.kernel.PoolSpec;

/// Maximum, average and global average pooling. Windows, padding and divisors are those of
/// [PoolSpec].
///
/// Shapes: src and dSrc `N x C x H x W`; dst and dDst `N x C x outHeight x outWidth`.
public final class ReferencePool {

  private ReferencePool() {}

  /// The largest value of every window. A NaN in a window is its maximum, as in PyTorch.
  public static double[] maxForward(PoolSpec spec, int batch, double[] src) {
    int[] winners = maxIndices(spec, batch, src);
    double[] dst = new double[winners.length];
    for (int o = 0; o < dst.length; o++) {
      dst[o] = src[winners[o]];
    }
    return dst;
  }

  /// For every output its winner's index in src. Among equals the first in row-major order wins,
  /// among NaNs the last, both as in PyTorch.
  public static int[] maxIndices(PoolSpec spec, int batch, double[] src) {
    checkSrc(spec, batch, src);
    int[] winners = new int[dstSize(spec, batch)];
    int o = 0;
    for (int plane = 0; plane < batch * spec.channels(); plane++) {
      for (int y = 0; y < spec.outHeight(); y++) {
        for (int x = 0; x < spec.outWidth(); x++) {
          int winner = -1;
          for (int i = 0; i < spec.kernel(); i++) {
            for (int j = 0; j < spec.kernel(); j++) {
              int at = src(spec, plane, y, x, i, j);
              if (at >= 0 && (winner < 0 || src[at] > src[winner] || Double.isNaN(src[at]))) {
                winner = at;
              }
            }
          }
          winners[o++] = winner;
        }
      }
    }
    return winners;
  }

  /// The gradient of [#maxForward]: every output hands its gradient to its winner.
  public static double[] maxBackward(PoolSpec spec, int batch, double[] src, double[] dDst) {
    checkDst(spec, batch, dDst);
    int[] winners = maxIndices(spec, batch, src);
    double[] dSrc = new double[src.length];
    for (int o = 0; o < winners.length; o++) {
      dSrc[winners[o]] += dDst[o];
    }
    return dSrc;
  }

  /// The sum of every window divided by its positions inside the padded map.
  public static double[] averageForward(PoolSpec spec, int batch, double[] src) {
    checkSrc(spec, batch, src);
    double[] dst = new double[dstSize(spec, batch)];
    int o = 0;
    for (int plane = 0; plane < batch * spec.channels(); plane++) {
      for (int y = 0; y < spec.outHeight(); y++) {
        for (int x = 0; x < spec.outWidth(); x++) {
          double sum = 0;
          for (int i = 0; i < spec.kernel(); i++) {
            for (int j = 0; j < spec.kernel(); j++) {
              int at = src(spec, plane, y, x, i, j);
              sum += at < 0 ? 0 : src[at];
            }
          }
          dst[o++] = sum / divisor(spec, y, x);
        }
      }
    }
    return dst;
  }

  /// The gradient of [#averageForward]: every output hands an equal part of its gradient to each of
  /// its sources.
  public static double[] averageBackward(PoolSpec spec, int batch, double[] dDst) {
    checkDst(spec, batch, dDst);
    double[] dSrc = new double[Sizes.product(batch, spec.channels(), spec.height(), spec.width())];
    int o = 0;
    for (int plane = 0; plane < batch * spec.channels(); plane++) {
      for (int y = 0; y < spec.outHeight(); y++) {
        for (int x = 0; x < spec.outWidth(); x++) {
          double part = dDst[o++] / divisor(spec, y, x);
          for (int i = 0; i < spec.kernel(); i++) {
            for (int j = 0; j < spec.kernel(); j++) {
              int at = src(spec, plane, y, x, i, j);
              if (at >= 0) {
                dSrc[at] += part;
              }
            }
          }
        }
      }
    }
    return dSrc;
  }

  /// The mean of every channel of every sample: `N x C x pixels` to `N x C`.
  public static double[] globalAverageForward(int batch, int channels, int pixels, double[] src) {
    Sizes.check("src", src.length, batch, channels, pixels);
    double[] dst = new double[batch * channels];
    for (int s = 0; s < src.length; s++) {
      dst[s / pixels] += src[s];
    }
    for (int o = 0; o < dst.length; o++) {
      dst[o] /= pixels;
    }
    return dst;
  }

  /// The gradient of [#globalAverageForward]: `dSrc[n,c,p] = dDst[n,c] / pixels`.
  public static double[] globalAverageBackward(int batch, int channels, int pixels, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, channels);
    double[] dSrc = new double[Sizes.product(batch, channels, pixels)];
    for (int s = 0; s < dSrc.length; s++) {
      dSrc[s] = dDst[s / pixels] / pixels;
    }
    return dSrc;
  }

  /// The index in src of position (i, j) of the window of output (y, x), or -1 outside of the map.
  private static int src(PoolSpec spec, int plane, int y, int x, int i, int j) {
    int row = y * spec.stride() - spec.padding() + i;
    int column = x * spec.stride() - spec.padding() + j;
    boolean inside = row >= 0 && row < spec.height() && column >= 0 && column < spec.width();
    return inside ? (plane * spec.height() + row) * spec.width() + column : -1;
  }

  /// Positions of the window that lie in the map or its padding; ceil mode can reach beyond on the
  /// far sides.
  private static int divisor(PoolSpec spec, int y, int x) {
    int paddedHeight = spec.height() + 2 * spec.padding();
    int paddedWidth = spec.width() + 2 * spec.padding();
    int rows = Math.min(spec.kernel(), paddedHeight - y * spec.stride());
    int columns = Math.min(spec.kernel(), paddedWidth - x * spec.stride());
    return rows * columns;
  }

  private static int dstSize(PoolSpec spec, int batch) {
    return Sizes.product(batch, spec.channels(), spec.outHeight(), spec.outWidth());
  }

  private static void checkSrc(PoolSpec spec, int batch, double[] src) {
    Sizes.check("src", src.length, batch, spec.channels(), spec.height(), spec.width());
  }

  private static void checkDst(PoolSpec spec, int batch, double[] dDst) {
    Sizes.check("dDst", dDst.length, batch, spec.channels(), spec.outHeight(), spec.outWidth());
  }
}
