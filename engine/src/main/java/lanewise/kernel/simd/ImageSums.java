package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.function.IntFunction;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// `dst = conv(src)` with one image per lane ([ImageGrid], [ImageTiles]): forward, and the source's
/// gradient with stride 1. Where channels or filters are few, blocks of channels would leave lanes
/// empty; here none are as long as there are images, whatever the size of the map, but values
/// change places on the way in and out. A piece of work is a band of rows of as many images as a
/// vector has lanes.
final class ImageSums {

  private static final int LANES = Lanes.COUNT;
  private static final long V = Lanes.BYTES;

  /// What the grid and the results of a band may take, each.
  private static final long BAND_BYTES = 192 * 1024;

  private final int kernelHeight;
  private final int kernelWidth;
  private final int stride;
  private final int filters;
  private final int rows;
  private final int columns;
  private final int batch;
  private final int threads;
  private final ImageGrid grid;
  private final int[] offsets;
  private final int rowSteps;
  private final int groupFilters;
  private final int groups;
  private final int dstBlocks;
  private final int bandRows;
  private final int bands;
  private final long resultRow;
  private final long filterBytes;
  private final Parallel.Body arrange = this::arrange;
  private final Parallel.Body band = this::band;

  private Tensor src;
  private MemorySegment weights;
  private MemorySegment bias;
  private Tensor dst;
  private float floor;
  private Epilogue epilogue;
  private MemorySegment workspace;
  private long start;

  private ImageSums(
      ConvSpec c,
      IntFunction<ImageGrid> grids,
      int stride,
      int filters,
      int rows,
      int columns,
      int batch,
      int threads) {
    this.stride = stride;
    this.filters = filters;
    this.rows = rows;
    this.columns = columns;
    this.batch = batch;
    this.threads = threads;
    kernelHeight = c.kernelHeight();
    kernelWidth = c.kernelWidth();
    groupFilters = ImageTiles.filters(filters);
    groups = Math.ceilDiv(filters, groupFilters);
    dstBlocks = WeightPacking.blocks(filters);
    resultRow = Math.ceilDiv(columns, 2) * 2 * V;
    bandRows = bandRows(grids, resultRow * resultPlanes(), rows);
    bands = Math.ceilDiv(rows, bandRows);
    filterBytes = bandRows * resultRow;
    grid = grids.apply(bandRows);
    offsets = grid.offsets(kernelHeight, kernelWidth);
    rowSteps = offsets.length / kernelHeight;
  }

  static ImageSums forward(ConvSpec c, boolean plain, int batch, int threads) {
    return new ImageSums(
        c,
        bandRows -> ImageGrid.forward(c, plain, bandRows),
        c.stride(),
        c.filters(),
        c.outHeight(),
        c.outWidth(),
        batch,
        threads);
  }

  static ImageSums backwardData(ConvSpec c, int batch, int threads) {
    return new ImageSums(
        c,
        bandRows -> ImageGrid.backwardData(c, bandRows),
        1,
        c.channels(),
        c.height(),
        c.width(),
        batch,
        threads);
  }

  /// Rows of the result whose grid and results stay in the second-level cache, all bands as even as
  /// can be.
  static int bandRows(IntFunction<ImageGrid> grids, long resultRowBytes, int rows) {
    int most = rows;
    while (most > 1
        && (most * resultRowBytes > BAND_BYTES || grids.apply(most).bytes(1) > BAND_BYTES)) {
      most--;
    }
    return Math.ceilDiv(rows, Math.ceilDiv(rows, most));
  }

  private int resultPlanes() {
    return Math.max(groups * groupFilters, dstBlocks * LANES);
  }

  /// Bytes of workspace: the weights in the order of the tiles, and per thread the grid of a band,
  /// its results filter by filter, and a row of them image by image.
  long workspaceBytes() {
    return roundUp(groups * groupBytes()) + threads * threadBytes();
  }

  private long groupBytes() {
    return (long) offsets.length * ImageTiles.STEP_FLOATS * Float.BYTES;
  }

  private long resultsAt() {
    return roundUp(grid.bytes(stride));
  }

  private long rowAt() {
    return resultsAt() + resultPlanes() * filterBytes;
  }

  private long threadBytes() {
    return roundUp(rowAt() + LANES * columns * V);
  }

  private static long roundUp(long bytes) {
    return Math.ceilDiv(bytes, 64) * 64;
  }

  /// Slots in which a pass hands over its results.
  int slots() {
    return batch * bands;
  }

  /// @param weights packed weights `[dst blocks][src blocks][taps][lanes of src][lanes of dst]`
  /// @param bias start values, or null to add to the destination
  /// @param epilogue takes the results, or null
  /// @param at where the workspace's free part starts
  void run(
      Tensor src,
      MemorySegment weights,
      MemorySegment bias,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    this.src = src;
    this.weights = weights;
    this.bias = bias;
    this.dst = dst;
    this.floor = floor;
    this.epilogue = epilogue;
    this.workspace = workspace;
    start = at;
    parallel.run(groups, arrange);
    parallel.run(Math.ceilDiv(batch, LANES) * bands, band);
  }

  /// The weights of one group of filters, step by step; those of filters that are none are zero.
  private void arrange(int group, int thread) {
    long to = start + group * groupBytes();
    for (int i = 0; i < offsets.length; i++) {
      for (int f = 0; f < groupFilters; f++) {
        int filter = group * groupFilters + f;
        long from = grid.packed(i, filter, kernelHeight, kernelWidth);
        float value = filter < filters ? weights.get(JAVA_FLOAT_UNALIGNED, from) : 0;
        long at = to + ((long) i * ImageTiles.STEP_FLOATS + f) * Float.BYTES;
        workspace.set(JAVA_FLOAT_UNALIGNED, at, value);
      }
    }
  }

  private void band(int piece, int thread) {
    int image = piece / bands * LANES;
    int images = Math.min(LANES, batch - image);
    int first = piece % bands * bandRows;
    int count = Math.min(bandRows, rows - first);
    long at = start + roundUp(groups * groupBytes()) + thread * threadBytes();
    grid.build(src, image, images, first * stride, workspace, at);
    for (int group = 0; group < groups; group++) {
      for (int r = 0; r < count; r++) {
        // Rows of the kernel that meet rows of the image: the others see padding alone.
        int y = (first + r) * stride - grid.top();
        int kernelRow = Math.clamp(-y, 0, kernelHeight);
        int endRow = Math.clamp(grid.height() - y, kernelRow, kernelHeight);
        ImageTiles.sums(
            groupFilters,
            workspace,
            at + r * stride * grid.rowBytes(),
            stride * grid.pixelBytes(),
            offsets,
            kernelRow * rowSteps,
            endRow * rowSteps,
            columns,
            workspace,
            start + group * groupBytes(),
            workspace,
            at + resultsAt() + group * groupFilters * filterBytes + r * resultRow,
            filterBytes);
      }
    }
    for (int none = filters; none < dstBlocks * LANES; none++) {
      Vectors.zero(workspace, at + resultsAt() + none * filterBytes, filterBytes);
    }
    for (int block = 0; block < dstBlocks; block++) {
      results(piece % bands, image, images, first, count, block, at);
    }
  }

  /// Writes the results of one block of filters.
  private void results(int band, int image, int images, int first, int count, int block, long at) {
    long rowBytes = columns * V;
    long row = at + rowAt();
    long to = (image * dst.imageStride() + block * dst.blockStride()) * Float.BYTES;
    to += first * rowBytes;
    for (int r = 0; r < count; r++) {
      long from = at + resultsAt() + block * LANES * filterBytes + r * resultRow;
      for (int x = 0; x < columns; x++) {
        Squares.transpose(workspace, from + x * V, filterBytes, workspace, row + x * V, rowBytes);
      }
      for (int i = 0; i < images; i++) {
        long t = to + i * dst.imageStride() * Float.BYTES + r * rowBytes;
        long s = row + i * rowBytes;
        if (bias == null) {
          PatchTransform.add(workspace, s, columns, dst.segment(), t, V, floor);
        } else {
          PatchTransform.put(workspace, s, columns, bias, block * V, dst.segment(), t, floor);
        }
      }
    }
    for (int i = 0; i < images && epilogue != null; i++) {
      long t = to + i * dst.imageStride() * Float.BYTES;
      int slot = (image + i) * bands + band;
      epilogue.take(slot, block, dst.segment(), t, count, rowBytes, columns);
    }
  }
}
