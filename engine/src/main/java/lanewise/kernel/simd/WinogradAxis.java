package lanewise.kernel.simd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// One axis (rows or columns) of a convolution as a sum of convolutions with stride 1 and a few
/// taps, which minimal filters can run. Result `i` of phase `f` is
///
/// `sum over parts p and taps j of w[taps[f][p][j]] * src[srcStride * i + offsets[p] + j *
/// srcStride]`
///
/// and lies at `dstStride * i + f`. Parts are what long kernels and strides are cut into, summed in
/// the domain of the points; phases are pixels of a source's gradient a stride apart.
///
/// @param size results of all phases
/// @param taps of the kernel, -1 where a part has none
record WinogradAxis(int size, int srcStride, int dstStride, int[] offsets, int[][][] taps) {

  /// For `dst = conv(src)`: taps a stride apart see source pixels side by side, and those are cut
  /// into runs of `length`.
  static WinogradAxis forward(int size, int kernel, int stride, int padding, int length) {
    List<Integer> offsets = new ArrayList<>();
    List<int[]> taps = new ArrayList<>();
    for (int first = 0; first < Math.min(stride, kernel); first++) {
      for (int from = first; from < kernel; from += stride * length) {
        int[] run = new int[length];
        for (int j = 0; j < length; j++) {
          int tap = from + stride * j;
          run[j] = tap < kernel ? tap : -1;
        }
        offsets.add(from - padding);
        taps.add(run);
      }
    }
    int[][] parts = taps.toArray(int[][]::new);
    return new WinogradAxis(size, stride, 1, ints(offsets), new int[][][] {parts});
  }

  /// For the source's gradient of a convolution with a stride: one part for all phases, which see
  /// the same run of the result's gradient.
  ///
  /// @throws IllegalArgumentException if they see more than `length`
  static WinogradAxis strided(int size, int kernel, int stride, int padding, int length) {
    int start = Integer.MAX_VALUE;
    for (int phase = 0; phase < stride; phase++) {
      start = Math.min(start, seen(phase, last(phase, kernel, stride, padding), stride, padding));
    }
    int[][][] taps = new int[stride][1][length];
    for (int phase = 0; phase < stride; phase++) {
      Arrays.fill(taps[phase][0], -1);
      for (int tap = (phase + padding) % stride; tap < kernel; tap += stride) {
        int j = seen(phase, tap, stride, padding) - start;
        if (j >= length) {
          throw new IllegalArgumentException("phases see more than %d pixels".formatted(length));
        }
        taps[phase][0][j] = tap;
      }
    }
    return new WinogradAxis(size, 1, stride, new int[] {start}, taps);
  }

  /// The largest tap of a phase.
  private static int last(int phase, int kernel, int stride, int padding) {
    int first = (phase + padding) % stride;
    return first + (kernel - 1 - first) / stride * stride;
  }

  /// Which result's gradient pixel `phase` of the source sees through a tap.
  private static int seen(int phase, int tap, int stride, int padding) {
    return Math.floorDiv(phase + padding - tap, stride);
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(i -> i).toArray();
  }

  int parts() {
    return offsets.length;
  }

  /// Whether a part has no last tap, which alone the point at infinity sees.
  boolean lacksLast(int phase, int part) {
    return taps[phase][part][taps[phase][part].length - 1] < 0;
  }

  int phases() {
    return taps.length;
  }

  /// Results of one phase; the first has the most.
  int results(int phase) {
    return Math.ceilDiv(size - phase, dstStride);
  }

  int tiles() {
    return Math.ceilDiv(results(0), 4);
  }
}
