package lanewise.kernel.simd;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.kernel.ConvSpec;

/// Cuts the positions of a convolution's result into classes that see the same taps: the interior,
/// each edge, each corner, and for backward-data with a stride each phase. The rim needs no copies
/// and no tests in the inner loop, and taps that would only meet padding are never computed.
///
/// Rows and columns are independent, so the classes are the pairs of a class of rows and a class of
/// columns.
final class Geometry {

  /// One tap along one axis: kernel index and source index relative to the base of the position.
  private record Tap(int kernel, int offset) {}

  private Geometry() {}

  /// For `dst = conv(src)`: positions are output pixels of `images` samples.
  static List<TileSums> forward(ConvSpec c, int images, long srcImage, long dstImage, int lanes) {
    Axes axes =
        new Axes(
            forwardAxis(c.outHeight(), c.height(), c.kernelHeight(), c),
            forwardAxis(c.outWidth(), c.width(), c.kernelWidth(), c),
            c.stride());
    Sizes sizes =
        new Sizes(c.height(), c.width(), c.outHeight(), c.outWidth(), c.channelsPerGroup());
    return classes(c, axes, sizes, images, srcImage, dstImage, lanes);
  }

  /// For `dSrc = conv_transposed(dDst)`: positions are input pixels of `images` samples, sources
  /// are output pixels. With stride 1 the kernel is expected turned by 180 degrees, so that its
  /// taps
  /// lie in the order of the pixels they meet.
  static List<TileSums> backwardData(
      ConvSpec c, int images, long dDstImage, long dSrcImage, int lanes) {
    Axes axes =
        new Axes(
            backwardAxis(c.height(), c.outHeight(), c.kernelHeight(), c),
            backwardAxis(c.width(), c.outWidth(), c.kernelWidth(), c),
            0);
    Sizes sizes =
        new Sizes(c.outHeight(), c.outWidth(), c.height(), c.width(), c.filtersPerGroup());
    return classes(c, axes, sizes, images, dDstImage, dSrcImage, lanes);
  }

  /// Whether [#backwardData] expects the kernel turned.
  static boolean isTurned(ConvSpec c) {
    return c.stride() == 1;
  }

  /// Taps to the positions of an axis that see them; `step` 0 marks backward-data.
  private record Axes(
      Map<List<Tap>, List<Integer>> rows, Map<List<Tap>, List<Integer>> columns, int step) {

    int base(int position, ConvSpec c) {
      return step > 0 ? position * step : Math.floorDiv(position + c.padding(), c.stride());
    }
  }

  private record Sizes(int srcHeight, int srcWidth, int dstHeight, int dstWidth, int srcChannels) {}

  private static Map<List<Tap>, List<Integer>> forwardAxis(
      int outSize, int inSize, int kernel, ConvSpec c) {
    Map<List<Tap>, List<Integer>> result = new LinkedHashMap<>();
    for (int out = 0; out < outSize; out++) {
      List<Tap> taps = new ArrayList<>();
      for (int k = 0; k < kernel; k++) {
        int in = out * c.stride() + k - c.padding();
        if (in >= 0 && in < inSize) {
          taps.add(new Tap(k, k - c.padding()));
        }
      }
      result.computeIfAbsent(taps, t -> new ArrayList<>()).add(out);
    }
    return result;
  }

  private static Map<List<Tap>, List<Integer>> backwardAxis(
      int inSize, int outSize, int kernel, ConvSpec c) {
    Map<List<Tap>, List<Integer>> result = new LinkedHashMap<>();
    for (int in = 0; in < inSize; in++) {
      List<Tap> taps = new ArrayList<>();
      int base = Math.floorDiv(in + c.padding(), c.stride());
      for (int k = kernel - 1; k >= 0; k--) {
        int out = Math.floorDiv(in + c.padding() - k, c.stride());
        boolean hits = out * c.stride() == in + c.padding() - k;
        if (hits && out >= 0 && out < outSize) {
          taps.add(new Tap(isTurned(c) ? kernel - 1 - k : k, out - base));
        }
      }
      result.computeIfAbsent(taps, t -> new ArrayList<>()).add(in);
    }
    return result;
  }

  private static List<TileSums> classes(
      ConvSpec c, Axes axes, Sizes sizes, int images, long srcImage, long dstImage, int lanes) {
    List<TileSums> result = new ArrayList<>();
    int pixel = lanes * Float.BYTES;
    long taps = (long) c.kernelHeight() * c.kernelWidth();
    long pairBytes = taps * lanes * pixel;
    int srcBlocks = Math.ceilDiv(sizes.srcChannels(), lanes);
    for (Map.Entry<List<Tap>, List<Integer>> rows : axes.rows().entrySet()) {
      for (Map.Entry<List<Tap>, List<Integer>> columns : axes.columns().entrySet()) {
        // Whole blocks of neighbouring taps lie side by side in source and weights: one long tap.
        int run = sizes.srcChannels() % lanes == 0 ? run(columns.getKey(), lanes) : 1;
        int tapCount = rows.getKey().size() * columns.getKey().size() / run;
        int[] tapSrc = new int[tapCount];
        int[] tapWeights = new int[tapCount];
        int i = 0;
        for (Tap row : rows.getKey()) {
          for (int x = 0; x < columns.getKey().size(); x += run) {
            Tap column = columns.getKey().get(x);
            tapSrc[i] = (row.offset() * sizes.srcWidth() + column.offset()) * pixel;
            tapWeights[i++] = (row.kernel() * c.kernelWidth() + column.kernel()) * lanes * pixel;
          }
        }
        int positions = images * rows.getValue().size() * columns.getValue().size();
        int[] src = new int[TileSums.padded(positions)];
        int[] dst = new int[src.length];
        int p = 0;
        for (int n = 0; n < images; n++) {
          for (int y : rows.getValue()) {
            for (int x : columns.getValue()) {
              long from = (long) axes.base(y, c) * sizes.srcWidth() + axes.base(x, c);
              long to = (long) y * sizes.dstWidth() + x;
              src[p] = Math.toIntExact(n * srcImage * Float.BYTES + from * pixel);
              dst[p++] = Math.toIntExact(n * dstImage * Float.BYTES + to * pixel);
            }
          }
        }
        java.util.Arrays.fill(src, p, src.length, src[p - 1]);
        java.util.Arrays.fill(dst, p, dst.length, dst[p - 1]);
        result.add(
            TileSums.of(
                positions,
                src,
                dst,
                tapSrc,
                tapWeights,
                lanes * run,
                run > 1 ? lanes * run : sizes.srcChannels() - (srcBlocks - 1) * lanes,
                (long) sizes.srcHeight() * sizes.srcWidth() * pixel,
                pairBytes,
                (long) sizes.dstHeight() * sizes.dstWidth() * pixel,
                srcBlocks * pairBytes));
      }
    }
    return result;
  }

  /// All taps if they are neighbours in the kernel and in the source and not too many, else 1.
  private static int run(List<Tap> taps, int lanes) {
    if (taps.size() * lanes > TileSums.MOST_RUN) {
      return 1;
    }
    for (int i = 1; i < taps.size(); i++) {
      Tap before = taps.get(i - 1);
      if (taps.get(i).kernel() != before.kernel() + 1
          || taps.get(i).offset() != before.offset() + 1) {
        return 1;
      }
    }
    return Math.max(1, taps.size());
  }
}
