package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// The first layer, from a plain image with its few channels side by side (a tensor whose lanes are
/// its channels), where blocks of channels would hold 1 to 4 values and zeros: forward and the
/// gradient of the weights.
///
/// A thread copies a band of rows of an image to planes ([ImagePlanes]), and the tiles of
/// [FirstTiles] read all taps from there, whatever kernel, stride and padding. Both passes use
/// weights in the order of [NarrowWeights], copied from and to the packed order that everything
/// else uses.
final class FirstConv {

  /// Pieces of work to have at least, as far as there are rows.
  private static final int WANTED_PIECES = 32;

  /// Bytes of a band's planes: they stay in the second-level cache.
  private static final long BAND_BYTES = 128 * 1024;

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
  private final int[] tapsAt;
  private final List<Part> parts;

  /// The offsets of taps, each from the least of its part.
  private final int[] partTapsAt;

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

  /// Taps that one call of a tile sums.
  ///
  /// @param at the least of their offsets, which those in [#partTapsAt] begin at
  private record Part(int first, int count, int at) {}

  FirstConv(ConvSpec c, int batch, int threads) {
    this.c = c;
    this.batch = batch;
    this.threads = threads;
    planes = new ImagePlanes(c);
    dstBlocks = Math.ceilDiv(c.filters(), Lanes.COUNT);
    taps = NarrowWeights.rows(c);
    int whole = Math.max(wholeTaps(taps, 1), wholeTaps(taps, 2));
    narrow = new NarrowWeights(c, (long) whole * Lanes.BYTES);
    tapsAt = planes.taps(whole);
    parts = parts(tapsAt, taps);
    partTapsAt = tapsAt.clone();
    for (Part part : parts) {
      for (int i = 0; i < part.count(); i++) {
        partTapsAt[part.first() + i] -= part.at();
      }
    }
    groupRows = Math.clamp(GROUP_PIXELS / c.outWidth(), 1, c.outHeight());
    bandRows = bandRows();
    bands = Math.ceilDiv(c.outHeight(), bandRows);
    gradients = Math.min(batch, WANTED_PIECES);
  }

  /// Taps of whole tiles of the gradient.
  private static int wholeTaps(int taps, int blocks) {
    return Math.ceilDiv(taps, FirstTiles.taps(blocks)) * FirstTiles.taps(blocks);
  }

  /// Parts of the taps whose weights and offsets are not too many for one call.
  private static List<Part> parts(int[] tapsAt, int taps) {
    int wanted = Math.ceilDiv(taps, Math.ceilDiv(taps, FirstTiles.MOST_TAPS));
    List<Part> parts = new ArrayList<>();
    for (int first = 0; first < taps; ) {
      int least = tapsAt[first];
      int most = least;
      int count = 1;
      while (count < wanted && first + count < taps) {
        int next = tapsAt[first + count];
        if (Math.max(most, next) - Math.min(least, next) > FirstTiles.MOST_TAP_BYTES) {
          break;
        }
        least = Math.min(least, next);
        most = Math.max(most, next);
        count++;
      }
      parts.add(new Part(first, count, least));
      first += count;
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
    return Lanes.MAX_BLOCKS * (Lanes.BYTES + (1 + groupRows) * tileBytes())
        + planes.bytes(bandRows);
  }

  /// Bytes of one block of a tile.
  private static long tileBytes() {
    return (long) FirstTiles.MOST_TILE * Lanes.BYTES;
  }

  /// Where a thread has a vector of zeros per block of a tile.
  private long zeroAt(int thread) {
    return threadsAt() + thread * threadBytes();
  }

  /// Where a thread makes a tile that is added to what earlier parts gave.
  private long tileAt(int thread) {
    return zeroAt(thread) + (long) Lanes.MAX_BLOCKS * Lanes.BYTES;
  }

  /// Where a thread makes the last pixels of a row, which are no whole tile.
  private long lastAt(int row, int thread) {
    return tileAt(thread) + (1L + row) * Lanes.MAX_BLOCKS * tileBytes();
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
    Vectors.zero(workspace, zeroAt(thread), (long) Lanes.MAX_BLOCKS * Lanes.BYTES);
    int image = piece / bands;
    int from = piece % bands * bandRows;
    int to = Math.min(from + bandRows, c.outHeight());
    planes.fill(src, image, from, to - from, workspace, planesAt(thread));
    for (int row = from; row < to; row += groupRows) {
      int rows = Math.min(groupRows, to - row);
      long at = planesAt(thread) + (row - from) * planes.resultRowBytes();
      for (int block = 0; block < dstBlocks; ) {
        int blocks = FirstTiles.blocks(dstBlocks - block);
        long dstAt = pixelAt(image, block, row);
        for (int p = 0; p < parts.size(); p++) {
          part(parts.get(p), p == 0, block, blocks, rows, at, dstAt, thread);
        }
        last(blocks, rows, dstAt, thread);
        block += blocks;
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

  /// Adds a part of the taps to some blocks of some rows.
  private void part(
      Part part, boolean first, int block, int blocks, int rows, long at, long dstAt, int thread) {
    int step = FirstTiles.pixels(blocks);
    for (int row = 0; row < rows; row++) {
      long srcAt = at + row * planes.resultRowBytes() + part.at();
      for (int x = 0; x < c.outWidth(); x += step) {
        boolean whole = x + step <= c.outWidth();
        MemorySegment result = whole ? dst.segment() : workspace;
        long resultAt = whole ? dstAt + pixels(row, x) : lastAt(row, thread);
        long resultBlock = whole ? dstBlockBytes() : tileBytes();
        FirstTiles.pixels(
            blocks,
            workspace,
            srcAt + x * 4L,
            partTapsAt,
            part.first(),
            part.count(),
            workspace,
            block * narrow.blockBytes() + (long) part.first() * Lanes.BYTES,
            narrow.blockBytes(),
            first ? bias : workspace,
            first ? (long) block * Lanes.BYTES : zeroAt(thread),
            first ? result : workspace,
            first ? resultAt : tileAt(thread),
            first ? resultBlock : tileBytes());
        for (int b = 0; b < blocks && !first; b++) {
          long to = resultAt + b * resultBlock;
          Vectors.add(workspace, tileAt(thread) + b * tileBytes(), result, to, step);
        }
      }
    }
  }

  /// Bytes to a pixel of some rows.
  private long pixels(int row, int x) {
    return ((long) row * c.outWidth() + x) * Lanes.BYTES;
  }

  private long dstBlockBytes() {
    return (long) dst.blockStride() * Float.BYTES;
  }

  /// Copies the last pixels of some rows, which are no whole tile, to the result.
  private void last(int blocks, int rows, long dstAt, int thread) {
    int step = FirstTiles.pixels(blocks);
    int whole = c.outWidth() / step * step;
    for (int row = 0; row < rows; row++) {
      for (int b = 0; b < blocks; b++) {
        for (int x = whole; x < c.outWidth(); x++) {
          long from = lastAt(row, thread) + b * tileBytes() + pixels(0, x - whole);
          long to = dstAt + b * dstBlockBytes() + pixels(row, x);
          Vectors.copy(workspace, from, dst.segment(), to);
        }
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
              dstBlockBytes(),
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
