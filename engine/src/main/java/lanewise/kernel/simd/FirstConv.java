package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// A first layer, from a plain image with its few channels side by side (a tensor whose lanes are
/// its channels), where blocks of channels would hold 1 to 4 values and zeros; or another layer
/// with few channels, from blocks. Forward and the gradient of the weights.
///
/// A thread copies a band of rows of an image to planes ([ImagePlanes]), and the tiles of
/// [FirstTiles] read all taps from there, whatever kernel, stride and padding. Both passes use
/// weights in the order of [NarrowWeights], copied from and to the packed order that everything
/// else uses.
final class FirstConv {

  /// Pieces of work to have at least, as far as there are rows.
  private static final int WANTED_PIECES = 32;

  /// Bytes of a band's planes: they stay in the second-level cache.
  private static final long BAND_BYTES = 256 * 1024;

  /// Pixels of some rows that are made one after the other, tap by tap of the gradient and part by
  /// part of the sums: their part of the result stays in the first-level cache.
  private static final int GROUP_PIXELS = 448;

  private final ConvSpec c;
  private final ImagePlanes planes;
  private final NarrowWeights narrow;
  private final int batch;
  private final int threads;
  private final int dstBlocks;
  private final int taps;

  /// Bytes from a pixel to what it sees at each tap, and the last one again for whole tiles.
  private final int[] tapsAt;

  private final List<Part> parts;
  private final int bandRows;
  private final int bands;
  private final int groupRows;
  private final int gradients;
  private final Parallel.Body forwardBody = this::forward;
  private final Parallel.Body weightsBody = this::weights;

  private Tensor src;
  private Tensor dst;
  private MemorySegment bias;
  private float floor;
  private Epilogue epilogue;
  private MemorySegment workspace;

  /// Runs that one call of a tile sums.
  ///
  /// @param run taps of each
  /// @param firstTap of all taps
  /// @param at the least of their offsets
  /// @param runsAt the offset of each run from there
  private record Part(int run, int firstTap, int at, int[] runsAt) {}

  FirstConv(ConvSpec c, int batch, int threads) {
    this.c = c;
    this.batch = batch;
    this.threads = threads;
    planes = new ImagePlanes(c);
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    taps = c.kernelHeight() * c.kernelWidth() * c.channels();
    int whole = Math.max(wholeTaps(taps, 1), wholeTaps(taps, 2));
    List<ImagePlanes.Run> runs = planes.runs(FirstTiles.LONGEST_RUN);
    narrow = NarrowWeights.of(c, runs, (long) whole * Lanes.BYTES);
    tapsAt = tapsAt(runs, whole);
    parts = parts(runs);
    groupRows = Math.clamp(GROUP_PIXELS / c.outWidth(), 1, c.outHeight());
    bandRows = bandRows();
    bands = Math.ceilDiv(c.outHeight(), bandRows);
    gradients = Math.min(batch, WANTED_PIECES);
  }

  /// Taps of whole tiles of the gradient.
  private static int wholeTaps(int taps, int blocks) {
    return Math.ceilDiv(taps, FirstTiles.taps(blocks)) * FirstTiles.taps(blocks);
  }

  private int[] tapsAt(List<ImagePlanes.Run> runs, int whole) {
    int[] at = new int[whole];
    int tap = 0;
    for (ImagePlanes.Run run : runs) {
      for (int i = 0; i < run.taps(); i++) {
        at[tap++] = planes.at(run) + i * Float.BYTES;
      }
    }
    Arrays.fill(at, tap, whole, at[tap - 1]);
    return at;
  }

  /// Parts of the taps whose weights and offsets are not too many for one call.
  private List<Part> parts(List<ImagePlanes.Run> runs) {
    int wanted = Math.ceilDiv(taps, Math.ceilDiv(taps, FirstTiles.MOST_TAPS));
    List<Part> parts = new ArrayList<>();
    int firstTap = 0;
    for (int first = 0; first < runs.size(); ) {
      int run = runs.get(first).taps();
      int least = planes.at(runs.get(first));
      int most = least;
      int end = first + 1;
      while (end < runs.size()
          && runs.get(end).taps() == run
          && (end + 1 - first) * run <= wanted) {
        int next = planes.at(runs.get(end));
        if (Math.max(most, next) - Math.min(least, next) > FirstTiles.MOST_TAP_BYTES) {
          break;
        }
        least = Math.min(least, next);
        most = Math.max(most, next);
        end++;
      }
      int at = least;
      int[] runsAt = runs.subList(first, end).stream().mapToInt(r -> planes.at(r) - at).toArray();
      parts.add(new Part(run, firstTap, at, runsAt));
      firstTap += runsAt.length * run;
      first = end;
    }
    return parts;
  }

  private int bandRows() {
    long rows = BAND_BYTES / planes.rowBytes() - c.kernelHeight();
    int most = Math.clamp(rows / c.stride() + 1, 1, c.outHeight());
    int wantedBands = Math.min(Math.ceilDiv(WANTED_PIECES, batch), c.outHeight());
    int least = Math.max(wantedBands, Math.ceilDiv(c.outHeight(), most));
    return Math.ceilDiv(c.outHeight(), least);
  }

  /// Bytes of workspace: the reordered weights or the partial gradients; zeros, tiles and planes of
  /// each thread; and room behind all that.
  long workspaceBytes() {
    return threadsAt() + threads * threadBytes() + FirstTiles.PLANES_SLICE;
  }

  private long threadsAt() {
    return gradients * narrow.bytes() + FirstTiles.WEIGHTS_SLICE;
  }

  private long threadBytes() {
    long planesBytes = planes.bytes(bandRows) + planes.scratchBytes();
    return Lanes.BYTES + groupRows * FirstTiles.TILE_BYTES + planesBytes;
  }

  /// Where a thread has a vector of zeros.
  private long zeroAt(int thread) {
    return threadsAt() + thread * threadBytes();
  }

  /// Where a thread makes the last pixels of some rows, which are no whole tile.
  private long lastAt(int row, int thread) {
    return zeroAt(thread) + Lanes.BYTES + row * FirstTiles.TILE_BYTES;
  }

  private long planesAt(int thread) {
    return lastAt(groupRows, thread);
  }

  /// Slots in which forward hands over its results.
  int slots() {
    return batch * bands * slotsPerBand();
  }

  private int slotsPerBand() {
    return Math.ceilDiv(bandRows * c.outWidth(), ChannelStatistics.POSITIONS);
  }

  /// `dst = max(conv(src) + bias, floor)`.
  void forward(
      Tensor src,
      MemorySegment weights,
      MemorySegment bias,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment workspace,
      Parallel parallel) {
    narrow.take(weights, workspace);
    this.src = src;
    this.dst = dst;
    this.bias = bias;
    this.floor = floor;
    this.epilogue = epilogue;
    this.workspace = workspace;
    parallel.run(batch * bands, forwardBody);
  }

  private void forward(int piece, int thread) {
    Vectors.zero(workspace, zeroAt(thread), Lanes.BYTES);
    int image = piece / bands;
    int from = piece % bands * bandRows;
    int to = Math.min(from + bandRows, c.outHeight());
    planes.fill(src, image, from, to - from, workspace, planesAt(thread));
    for (int row = from; row < to; row += groupRows) {
      int rows = Math.min(groupRows, to - row);
      long at = planesAt(thread) + (row - from) * planes.resultRowBytes();
      for (int block = 0; block < dstBlocks; block++) {
        long dstAt = pixelAt(image, block, row);
        for (int p = 0; p < parts.size(); p++) {
          part(parts.get(p), p > 0, block, rows, at, dstAt, thread);
        }
        last(rows, dstAt, thread);
      }
      finish(image, row, rows, piece * slotsPerBand() + slot(row - from));
    }
  }

  private int slot(int row) {
    return row * c.outWidth() / ChannelStatistics.POSITIONS;
  }

  /// Raises some rows to the floor, and hands them over.
  private void finish(int image, int row, int rows, int slot) {
    int count = rows * c.outWidth();
    for (int block = 0; block < dstBlocks; block++) {
      long at = pixelAt(image, block, row);
      if (floor > Float.NEGATIVE_INFINITY) {
        Vectors.raise(dst.segment(), at, count, floor);
      }
      if (epilogue != null) {
        epilogue.take(slot, block, dst.segment(), at, 1, 0, count);
      }
    }
  }

  private long pixelAt(int image, int block, int row) {
    long floats = image * dst.imageStride() + (long) block * dst.blockStride();
    return floats * Float.BYTES + (long) row * c.outWidth() * Lanes.BYTES;
  }

  /// Makes one block of some rows from a part of the taps, or adds them to it.
  private void part(Part part, boolean adds, int block, int rows, long at, long dstAt, int thread) {
    int tiles = c.outWidth() / FirstTiles.TILE;
    long row = (long) c.outWidth() * Lanes.BYTES;
    tiles(part, adds, block, at, dst.segment(), dstAt, row, rows, tiles, thread);
    if (tiles * FirstTiles.TILE < c.outWidth()) {
      long lastAt = at + (long) tiles * FirstTiles.TILE * Float.BYTES;
      long to = lastAt(0, thread);
      tiles(part, adds, block, lastAt, workspace, to, FirstTiles.TILE_BYTES, rows, 1, thread);
    }
  }

  private void tiles(
      Part part,
      boolean adds,
      int block,
      long at,
      MemorySegment result,
      long resultAt,
      long resultRow,
      int rows,
      int tiles,
      int thread) {
    FirstTiles.pixels(
        part.run(),
        workspace,
        at + part.at(),
        planes.resultRowBytes(),
        part.runsAt(),
        workspace,
        block * narrow.blockBytes() + (long) part.firstTap() * Lanes.BYTES,
        adds ? workspace : bias,
        adds ? zeroAt(thread) : (long) block * Lanes.BYTES,
        adds,
        result,
        resultAt,
        resultRow,
        rows,
        tiles);
  }

  /// Copies the last pixels of some rows, which are no whole tile, to the result.
  private void last(int rows, long dstAt, int thread) {
    int whole = c.outWidth() / FirstTiles.TILE * FirstTiles.TILE;
    for (int row = 0; row < rows; row++) {
      long to = dstAt + (long) row * c.outWidth() * Lanes.BYTES;
      for (int x = whole; x < c.outWidth(); x++) {
        long from = lastAt(row, thread) + (long) (x - whole) * Lanes.BYTES;
        Vectors.copy(workspace, from, dst.segment(), to + (long) x * Lanes.BYTES);
      }
    }
  }

  /// `dWeights =` the sum over the batch, in packed order.
  void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    this.src = src;
    dst = dDst;
    this.workspace = workspace;
    parallel.run(gradients, weightsBody);
    if (gradients > 1) {
      Vectors.sumParts(workspace, 0, gradients, narrow.bytes(), 0, narrow.bytes(), workspace);
    }
    narrow.give(workspace, dWeights);
  }

  /// Sums some images to a gradient of their own.
  private void weights(int piece, int thread) {
    Vectors.zero(workspace, piece * narrow.bytes(), narrow.bytes());
    int end = (int) ((piece + 1L) * batch / gradients);
    for (int image = (int) ((long) piece * batch / gradients); image < end; image++) {
      for (int from = 0; from < c.outHeight(); from += bandRows) {
        int to = Math.min(from + bandRows, c.outHeight());
        planes.fill(src, image, from, to - from, workspace, planesAt(thread));
        for (int row = from; row < to; row += groupRows) {
          int rows = Math.min(groupRows, to - row);
          long at = planesAt(thread) + (row - from) * planes.resultRowBytes();
          group(piece, image, row, rows, at);
        }
      }
    }
  }

  /// Adds what some rows of an image give, whose planes are at `at`.
  private void group(int piece, int image, int row, int rows, long at) {
    for (int block = 0; block < dstBlocks; ) {
      int blocks = FirstTiles.blocks(dstBlocks - block);
      long weightsAt = piece * narrow.bytes() + block * narrow.blockBytes();
      for (int x = 0; x < c.outWidth(); x += FirstTiles.MOST_PIXELS) {
        long dstAt = pixelAt(image, block, row) + (long) x * Lanes.BYTES;
        for (int tap = 0; tap < taps; tap += FirstTiles.taps(blocks)) {
          FirstTiles.taps(
              blocks,
              workspace,
              at + x * 4L,
              planes.resultRowBytes(),
              tapsAt,
              tap,
              dst.segment(),
              dstAt,
              (long) c.outWidth() * Lanes.BYTES,
              (long) dst.blockStride() * Float.BYTES,
              rows,
              Math.min(FirstTiles.MOST_PIXELS, c.outWidth() - x),
              workspace,
              weightsAt + (long) tap * Lanes.BYTES,
              narrow.blockBytes());
        }
      }
      block += blocks;
    }
  }
}
