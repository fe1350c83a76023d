package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The gradient of a convolution's weights with one image per lane ([ImageGrid], [ImageTiles]):
/// sums are vectors until all images are through, and their lanes are added last, in order.
///
/// Pieces of work are parts of the batch with sums of their own, which are then added in order; how
/// many depends on the shapes alone.
final class ImageWeights {

  private static final int LANES = Lanes.COUNT;
  private static final long V = Lanes.BYTES;
  private static final int PAIR = ImageTiles.GRADIENT_FILTERS;
  private static final int STEPS = ImageTiles.GRADIENT_STEPS;
  private static final int WANTED_PARTS = 16;

  /// What the sums of all parts may take.
  private static final long PARTS_BYTES = 4L * 1024 * 1024;

  private final ConvSpec c;
  private final int batch;
  private final int threads;
  private final int bandRows;
  private final int bands;
  private final ImageGrid grid;
  private final ImageGrid gradients;
  private final int[] offsets;
  private final int steps;
  private final int pairs;
  private final int units;
  private final int parts;
  private final int unitsPerPart;
  private final Parallel.Body part = this::part;
  private final Parallel.Body sum = this::sum;

  private Tensor src;
  private Tensor dDst;
  private MemorySegment dWeights;
  private MemorySegment workspace;

  ImageWeights(ConvSpec c, boolean plain, int batch, int threads) {
    this.c = c;
    this.batch = batch;
    this.threads = threads;
    long gradientRow = ImageGrid.gradient(c, 1).bytes(0);
    bandRows =
        ImageSums.bandRows(rows -> ImageGrid.forward(c, plain, rows), gradientRow, c.outHeight());
    bands = Math.ceilDiv(c.outHeight(), bandRows);
    grid = ImageGrid.forward(c, plain, bandRows);
    gradients = ImageGrid.gradient(c, bandRows);
    int[] real = grid.offsets(c.kernelHeight(), c.kernelWidth());
    steps = real.length;
    // Whole tiles: the last one sees its last step several times.
    offsets = Arrays.copyOf(real, Math.ceilDiv(steps, STEPS) * STEPS);
    Arrays.fill(offsets, steps, offsets.length, real[steps - 1]);
    pairs = Math.ceilDiv(c.filters(), PAIR);
    units = Math.ceilDiv(batch, LANES) * bands;
    int wanted = Math.clamp(PARTS_BYTES / sumBytes(), 1, Math.min(units, WANTED_PARTS));
    unitsPerPart = Math.ceilDiv(units, wanted);
    parts = Math.ceilDiv(units, unitsPerPart);
  }

  /// Bytes of workspace: the sums of all parts, and per thread the grids of a band.
  long workspaceBytes() {
    return parts * sumBytes() + threads * threadBytes() + ImageTiles.ROOM;
  }

  private long pairBytes() {
    return (long) offsets.length * PAIR * V;
  }

  private long sumBytes() {
    return pairs * pairBytes();
  }

  private long threadBytes() {
    return grid.bytes(0) + gradients.bytes(0);
  }

  /// `dWeights =` the sum over the batch, in packed order.
  void run(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    this.dDst = dDst;
    this.dWeights = dWeights;
    this.workspace = workspace;
    parallel.run(parts, part);
    Vectors.zero(dWeights, 0, WeightPacking.floats(c) * Float.BYTES);
    parallel.run(pairs, sum);
  }

  private void part(int piece, int thread) {
    long sums = piece * sumBytes();
    Vectors.zero(workspace, sums, sumBytes());
    long at = parts * sumBytes() + thread * threadBytes();
    long gradient = at + grid.bytes(0);
    int end = Math.min(units, (piece + 1) * unitsPerPart);
    for (int unit = piece * unitsPerPart; unit < end; unit++) {
      int image = unit / bands * LANES;
      int images = Math.min(LANES, batch - image);
      int first = unit % bands * bandRows;
      int rows = Math.min(bandRows, c.outHeight() - first);
      grid.build(src, image, images, first * c.stride(), workspace, at);
      gradients.build(dDst, image, images, first, workspace, gradient);
      products(rows, at, gradient, sums);
    }
  }

  private void products(int rows, long at, long gradient, long sums) {
    for (int pair = 0; pair < pairs; pair++) {
      int filter = pair * PAIR;
      long g = gradient + filter / LANES * gradients.blockBytes() + filter % LANES * V;
      for (int step = 0; step < offsets.length; step += STEPS) {
        ImageTiles.gradient(
            workspace,
            at,
            c.stride() * grid.pixelBytes(),
            offsets,
            step,
            rows,
            c.outWidth(),
            gradients.columns(),
            workspace,
            g,
            gradients.pixelBytes(),
            workspace,
            sums + pair * pairBytes() + (long) step * PAIR * V);
      }
    }
  }

  /// Adds parts and lanes of a pair of filters.
  private void sum(int pair, int thread) {
    long at = pair * pairBytes();
    Vectors.sumParts(workspace, 0, parts, sumBytes(), at, pairBytes(), workspace);
    for (int f = 0; f < Math.min(PAIR, c.filters() - pair * PAIR); f++) {
      for (int step = 0; step < steps; step++) {
        long vector = at + ((long) step / STEPS * PAIR + f) * STEPS * V + step % STEPS * V;
        float sum = 0;
        for (int lane = 0; lane < LANES; lane++) {
          sum += workspace.get(JAVA_FLOAT_UNALIGNED, vector + lane * 4L);
        }
        long to = grid.packed(step, pair * PAIR + f, c.kernelHeight(), c.kernelWidth());
        dWeights.set(JAVA_FLOAT_UNALIGNED, to, sum);
      }
    }
  }
}
