package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The source's gradient of a convolution with a stride as products over patches: pixels of the
/// source a stride apart see the same taps, so each of the `stride x stride` phases is a
/// convolution
/// of the result's gradient with stride 1 and some of the taps ([PatchTransform]). The kernel is at
/// least as large as the stride, so every phase has taps.
final class StridedData {

  private static final long PAIR = (long) Lanes.COUNT * Lanes.BYTES;

  /// One phase.
  ///
  /// @param taps indices of its taps in the kernel, in the order of its patches
  private record Phase(TransformSums sums, int[] taps) {}

  private final List<Phase> phases = new ArrayList<>();
  private final int kernelTaps;
  private final int pairs;
  private final long sumsBytes;
  private final Parallel.Body copyTaps = this::copyTaps;

  private Phase phase;
  private MemorySegment workspace;
  private long at;

  StridedData(ConvSpec c, int batch, int threads) {
    kernelTaps = c.kernelHeight() * c.kernelWidth();
    pairs = WeightPacking.blocks(c.channels()) * WeightPacking.blocks(c.filters());
    for (int y = 0; y < Math.min(c.stride(), c.height()); y++) {
      for (int x = 0; x < Math.min(c.stride(), c.width()); x++) {
        phases.add(phase(c, y, x, batch, threads));
      }
    }
    sumsBytes = phases.stream().mapToLong(p -> p.sums().workspaceBytes()).max().orElseThrow();
  }

  /// Taps of one axis that the pixels `first`, `first + stride`, ... of the source see: the
  /// smallest
  /// is `smallest`, the others a stride apart.
  private record Axis(ConvSpec c, int first, int kernel, int size) {
    int smallest() {
      return (first + c.padding()) % c.stride();
    }

    int taps() {
      return Math.ceilDiv(kernel - smallest(), c.stride());
    }

    /// Of a patch, in the order of the pixels that its taps meet.
    int tap(int i) {
      return smallest() + (taps() - 1 - i) * c.stride();
    }

    /// How far the first patch reaches over the gradient's edge.
    int before() {
      return taps() - 1 - (first + c.padding()) / c.stride();
    }

    int positions() {
      return Math.ceilDiv(size - first, c.stride());
    }
  }

  private static Phase phase(ConvSpec c, int y, int x, int batch, int threads) {
    Axis rows = new Axis(c, y, c.kernelHeight(), c.height());
    Axis columns = new Axis(c, x, c.kernelWidth(), c.width());
    int[] taps = new int[rows.taps() * columns.taps()];
    for (int i = 0; i < taps.length; i++) {
      taps[i] = rows.tap(i / columns.taps()) * c.kernelWidth() + columns.tap(i % columns.taps());
    }
    PatchTransform patches =
        new PatchTransform(
            rows.positions(),
            columns.positions(),
            1,
            c.stride(),
            rows.taps(),
            columns.taps(),
            rows.before(),
            columns.before(),
            y,
            x,
            false);
    int side = patches.rows(c.filters());
    int blocks = WeightPacking.blocks(side);
    return new Phase(
        new TransformSums(patches, blocks, side, c.channels(), batch, threads, false), taps);
  }

  /// Bytes of workspace: the weights of one phase, and what its products need.
  long workspaceBytes() {
    return pairs * kernelTaps * PAIR + sumsBytes;
  }

  /// @param prologue makes dDst, or null if it is there
  /// @param workspace begins with the transposed weights, not turned
  /// @param zeros a zero per channel, or null to add to dSrc
  /// @param at where its free part starts
  void run(
      Tensor dDst,
      Prologue prologue,
      MemorySegment zeros,
      Tensor dSrc,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    this.workspace = workspace;
    this.at = at;
    for (int i = 0; i < phases.size(); i++) {
      phase = phases.get(i);
      parallel.run(pairs, copyTaps);
      phase.sums.run(
          dDst,
          prologue,
          workspace,
          at,
          zeros,
          dSrc,
          Float.NEGATIVE_INFINITY,
          null,
          workspace,
          at + (long) pairs * kernelTaps * PAIR,
          parallel);
    }
  }

  private void copyTaps(int pair, int thread) {
    int[] taps = phase.taps;
    for (int i = 0; i < taps.length; i++) {
      long from = ((long) pair * kernelTaps + taps[i]) * PAIR;
      long to = at + ((long) pair * taps.length + i) * PAIR;
      for (int row = 0; row < Lanes.COUNT; row++) {
        long offset = (long) row * Lanes.BYTES;
        Vectors.copy(workspace, from + offset, workspace, to + offset);
      }
    }
  }
}
