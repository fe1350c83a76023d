package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.IntVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.INTS;
import static lanewise.kernel.simd.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import jdk.incubator.vector.IntVector;
import lanewise.kernel.ConvSpec;
import lanewise.tensor.Tensor;

/// Some rows of an image with few channels and the padding around them, a plane per channel and
/// phase: `[row][channel][column % stride][column / stride]`.
///
/// What neighbouring pixels of a convolution's result see at one tap lies side by side here,
/// whatever the stride and the number of channels, and every pixel sees the same taps.
final class ImagePlanes {

  private static final int LANES = Lanes.COUNT;

  /// Permutations of two vectors are a single instruction with 4 and with 16 lanes.
  private static final boolean PERMUTES = LANES != 8;

  /// For each of three channels, which lanes of two vectors of a row, and then of what they gave
  /// and a third vector, make its values. Values are moved as integers: lanes given as floats are
  /// converted.
  private static final int[] OF_TWO = new int[3 * LANES];

  private static final int[] AND_THIRD = new int[3 * LANES];

  /// Which lanes of two vectors make every second value of both.
  private static final int[] EVEN = new int[LANES];

  private static final int[] ODD = new int[LANES];

  static {
    for (int l = 0; l < LANES; l++) {
      EVEN[l] = 2 * l;
      ODD[l] = 2 * l + 1;
      for (int channel = 0; channel < 3; channel++) {
        int value = 3 * l + channel;
        boolean third = value >= 2 * LANES;
        OF_TWO[channel * LANES + l] = third ? 0 : value;
        AND_THIRD[channel * LANES + l] = third ? value - LANES : l;
      }
    }
  }

  /// Bytes of the slices that are copied at a time. As in [NarrowTiles], nothing is checked within
  /// slices of a constant size.
  private static final int COPIED = Tensor.ROOM;

  /// Pixels of three channels in such a slice, in whole vectors.
  private static final int MOST_PIXELS = COPIED / (3 * Lanes.BYTES) * LANES;

  /// Values in such a slice that go to each of two or four phases of the stride.
  private static final int MOST_VALUES = COPIED / (4 * Lanes.BYTES) * LANES;

  private final ConvSpec c;
  private final int planes;
  private final int planeFloats;

  ImagePlanes(ConvSpec c) {
    this.c = c;
    planes = c.channels() * c.stride();
    planeFloats = Math.ceilDiv(c.width() + 2 * c.padding(), c.stride());
  }

  /// Bytes of one row with its padding.
  long rowBytes() {
    return (long) planes * planeFloats * Float.BYTES;
  }

  /// Bytes from what the first pixel of a row of the result sees to that of the next row.
  long resultRowBytes() {
    return c.stride() * rowBytes();
  }

  /// Rows that so many rows of the result see.
  int rows(int resultRows) {
    return (resultRows - 1) * c.stride() + c.kernelHeight();
  }

  /// Taps whose values lie side by side for each pixel: of one channel and one row of the kernel,
  /// `stride` columns apart.
  ///
  /// @param column of the first one
  record Run(int taps, int row, int column, int channel) {}

  /// All taps of the kernel: longer runs first, then by row, column and channel.
  ///
  /// @param most taps of a run
  List<Run> runs(int most) {
    List<Run> runs = new ArrayList<>();
    for (int row = 0; row < c.kernelHeight(); row++) {
      for (int phase = 0; phase < Math.min(c.stride(), c.kernelWidth()); phase++) {
        for (int column = phase; column < c.kernelWidth(); ) {
          int left = Math.ceilDiv(c.kernelWidth() - column, c.stride());
          // Two of equal length rather than a long one and a single tap
          int taps = left == most + 1 ? Math.ceilDiv(left, 2) : Math.min(left, most);
          for (int channel = 0; channel < c.channels(); channel++) {
            runs.add(new Run(taps, row, column, channel));
          }
          column += taps * c.stride();
        }
      }
    }
    runs.sort(
        Comparator.comparing(Run::taps)
            .reversed()
            .thenComparing(Run::row)
            .thenComparing(Run::column)
            .thenComparing(Run::channel));
    return runs;
  }

  /// Bytes from a pixel to what it sees at the first tap of a run.
  int at(Run run) {
    int plane = run.channel() * c.stride() + run.column() % c.stride();
    long floats = (long) plane * planeFloats + run.column() / c.stride();
    return Math.toIntExact(run.row() * rowBytes() + floats * Float.BYTES);
  }

  /// Writes what some rows of the result see of one image, and as much beyond it as makes whole
  /// vectors.
  ///
  /// @param at where they go, [#bytes] and behind these [#scratchBytes]
  void fill(Tensor src, int image, int resultRow, int resultRows, MemorySegment dst, long at) {
    int top = resultRow * c.stride() - c.padding();
    int bottom = top + rows(resultRows);
    int from = Math.clamp(0, top, bottom);
    int to = Math.clamp(c.height(), from, bottom);
    int lanes = src.lanes();
    long row = (long) c.width() * lanes;
    long imageAt = at + (from - top) * rowBytes();
    if (lanes == 3 && permutes()) {
      zeroOutside(dst, at, resultRows, imageAt - at, (to - from) * rowBytes());
      long srcAt = (image * src.imageStride() + from * row) * Float.BYTES;
      rows(src.segment(), srcAt, to - from, dst, imageAt, at + bytes(resultRows));
      return;
    }
    Vectors.zero(dst, at, bytes(resultRows));
    for (int plane = 0; plane < planes; plane++) {
      int channel = plane / c.stride();
      long block = channel / lanes * (long) src.blockStride();
      long floats = image * src.imageStride() + block + from * row + channel % lanes;
      long dstAt = imageAt + (long) plane * planeFloats * Float.BYTES;
      plane(plane, src, floats * Float.BYTES, to - from, dst, dstAt);
    }
  }

  /// Bytes of the planes that so many rows of the result see, in whole vectors.
  long bytes(int resultRows) {
    return Math.ceilDiv(rows(resultRows) * rowBytes(), Lanes.BYTES) * (long) Lanes.BYTES;
  }

  /// Bytes of memory that [#fill] needs behind the planes, in whole vectors.
  long scratchBytes() {
    boolean phases = permutes() && c.stride() > 1;
    return phases ? Math.ceilDiv(3 * channelBytes(), Lanes.BYTES) * (long) Lanes.BYTES : 0;
  }

  /// Whether a row of a plain image is cut into channels by permutations, and these into phases of
  /// the stride.
  private boolean permutes() {
    boolean phases = c.stride() == 1 || c.stride() == 2 || c.stride() == 4;
    return PERMUTES && c.channels() == 3 && phases && Math.min(c.width(), planeFloats) >= LANES;
  }

  /// Bytes of one channel of a row with its padding.
  private long channelBytes() {
    return (long) planeFloats * c.stride() * Float.BYTES;
  }

  /// Zeroes what is not of the image.
  ///
  /// @param above bytes of the rows above the image
  /// @param inside bytes of its rows; with a stride all of them are written later
  private void zeroOutside(MemorySegment dst, long at, int resultRows, long above, long inside) {
    long bytes = bytes(resultRows);
    if (c.stride() == 1) {
      Vectors.zero(dst, at, bytes);
      return;
    }
    Vectors.zero(dst, at, above + Lanes.BYTES - 1);
    long below = (above + inside) / Lanes.BYTES * Lanes.BYTES;
    Vectors.zero(dst, at + below, bytes - below);
  }

  /// Some rows of all planes of a plain image.
  ///
  /// @param tmp takes [#scratchBytes]
  private void rows(MemorySegment src, long srcAt, int rows, MemorySegment dst, long at, long tmp) {
    long padding = (long) c.padding() * Float.BYTES;
    long srcRow = 3L * c.width() * Float.BYTES;
    Vectors.zero(dst, tmp, scratchBytes());
    for (int row = 0; row < rows; row++) {
      long from = srcAt + row * srcRow;
      long to = at + row * rowBytes();
      if (c.stride() == 1) {
        channels(src, from, c.width(), dst, to + padding, channelBytes());
        continue;
      }
      channels(src, from, c.width(), dst, tmp + padding, channelBytes());
      for (int channel = 0; channel < 3; channel++) {
        long skipped = channel * channelBytes();
        if (c.stride() == 2) {
          halves(dst, tmp + skipped, planeFloats, to + skipped);
        } else {
          quarters(dst, tmp + skipped, planeFloats, to + skipped);
        }
      }
    }
  }

  /// Values of three channels in turn to a place for each. Here and below the last vectors reach
  /// back.
  ///
  /// @param count of each
  /// @param apart bytes from one place to the next
  private static void channels(
      MemorySegment src, long from, int count, MemorySegment dst, long to, long apart) {
    IntVector two0 = IntVector.fromArray(INTS, OF_TWO, 0);
    IntVector two1 = IntVector.fromArray(INTS, OF_TWO, LANES);
    IntVector two2 = IntVector.fromArray(INTS, OF_TWO, 2 * LANES);
    IntVector third0 = IntVector.fromArray(INTS, AND_THIRD, 0);
    IntVector third1 = IntVector.fromArray(INTS, AND_THIRD, LANES);
    IntVector third2 = IntVector.fromArray(INTS, AND_THIRD, 2 * LANES);
    int end = Math.clamp(count, LANES, MOST_PIXELS);
    for (int done = 0; done < count; done += end) {
      int start = Math.min(done, count - end);
      MemorySegment s = src.asSlice(from + start * 12L, COPIED);
      MemorySegment d0 = dst.asSlice(to + start * 4L, COPIED);
      MemorySegment d1 = dst.asSlice(to + start * 4L + apart, COPIED);
      MemorySegment d2 = dst.asSlice(to + start * 4L + 2 * apart, COPIED);
      for (int i = 0; i < end; i += LANES) {
        int first = Math.min(i, end - LANES);
        IntVector a = fromMemorySegment(INTS, s, first * 12L, ORDER);
        IntVector b = fromMemorySegment(INTS, s, first * 12L + Lanes.BYTES, ORDER);
        IntVector d = fromMemorySegment(INTS, s, first * 12L + 2L * Lanes.BYTES, ORDER);
        third0.selectFrom(two0.selectFrom(a, b), d).intoMemorySegment(d0, first * 4L, ORDER);
        third1.selectFrom(two1.selectFrom(a, b), d).intoMemorySegment(d1, first * 4L, ORDER);
        third2.selectFrom(two2.selectFrom(a, b), d).intoMemorySegment(d2, first * 4L, ORDER);
      }
    }
  }

  /// Values in turn to one half and the other of what is at `to`, which follow one another.
  ///
  /// @param count of each
  private static void halves(MemorySegment memory, long from, int count, long to) {
    IntVector even = IntVector.fromArray(INTS, EVEN, 0);
    IntVector odd = IntVector.fromArray(INTS, ODD, 0);
    int end = Math.clamp(count, LANES, MOST_VALUES);
    for (int done = 0; done < count; done += end) {
      int start = Math.min(done, count - end);
      MemorySegment s = memory.asSlice(from + start * 8L, COPIED);
      MemorySegment d0 = memory.asSlice(to + start * 4L, COPIED);
      MemorySegment d1 = memory.asSlice(to + (start + count) * 4L, COPIED);
      for (int i = 0; i < end; i += LANES) {
        int first = Math.min(i, end - LANES);
        IntVector a = fromMemorySegment(INTS, s, first * 8L, ORDER);
        IntVector b = fromMemorySegment(INTS, s, first * 8L + Lanes.BYTES, ORDER);
        even.selectFrom(a, b).intoMemorySegment(d0, first * 4L, ORDER);
        odd.selectFrom(a, b).intoMemorySegment(d1, first * 4L, ORDER);
      }
    }
  }

  /// The same to four quarters.
  private static void quarters(MemorySegment memory, long from, int count, long to) {
    IntVector even = IntVector.fromArray(INTS, EVEN, 0);
    IntVector odd = IntVector.fromArray(INTS, ODD, 0);
    int end = Math.clamp(count, LANES, MOST_VALUES);
    for (int done = 0; done < count; done += end) {
      int start = Math.min(done, count - end);
      MemorySegment s = memory.asSlice(from + start * 16L, COPIED);
      MemorySegment d0 = memory.asSlice(to + start * 4L, COPIED);
      MemorySegment d1 = memory.asSlice(to + (start + count) * 4L, COPIED);
      MemorySegment d2 = memory.asSlice(to + (start + count * 2L) * 4L, COPIED);
      MemorySegment d3 = memory.asSlice(to + (start + count * 3L) * 4L, COPIED);
      for (int i = 0; i < end; i += LANES) {
        int first = Math.min(i, end - LANES);
        IntVector a = fromMemorySegment(INTS, s, first * 16L, ORDER);
        IntVector b = fromMemorySegment(INTS, s, first * 16L + Lanes.BYTES, ORDER);
        IntVector d = fromMemorySegment(INTS, s, first * 16L + 2L * Lanes.BYTES, ORDER);
        IntVector e = fromMemorySegment(INTS, s, first * 16L + 3L * Lanes.BYTES, ORDER);
        IntVector evens = even.selectFrom(a, b);
        IntVector moreEvens = even.selectFrom(d, e);
        IntVector odds = odd.selectFrom(a, b);
        IntVector moreOdds = odd.selectFrom(d, e);
        even.selectFrom(evens, moreEvens).intoMemorySegment(d0, first * 4L, ORDER);
        even.selectFrom(odds, moreOdds).intoMemorySegment(d1, first * 4L, ORDER);
        odd.selectFrom(evens, moreEvens).intoMemorySegment(d2, first * 4L, ORDER);
        odd.selectFrom(odds, moreOdds).intoMemorySegment(d3, first * 4L, ORDER);
      }
    }
  }

  /// Some rows of one plane.
  ///
  /// @param srcAt the plane's channel of the first pixel of the first row
  private void plane(int plane, Tensor src, long srcAt, int rows, MemorySegment dst, long to) {
    int phase = plane % c.stride();
    int before = Math.clamp(Math.ceilDiv(c.padding() - phase, c.stride()), 0, planeFloats);
    int end = Math.ceilDiv(c.width() + c.padding() - phase, c.stride());
    int inside = Math.clamp((long) end - before, 0, planeFloats - before);
    long pixelBytes = (long) src.lanes() * Float.BYTES;
    long srcRow = c.width() * pixelBytes;
    long column = (long) before * c.stride() + phase - c.padding();
    long from = srcAt + column * pixelBytes;
    long start = to + (long) before * Float.BYTES;
    int step = src.lanes() * c.stride();
    int most = Math.max(1, COPIED / (step * Float.BYTES));
    for (int done = 0; done < inside; done += most) {
      int count = Math.min(most, inside - done);
      long pixel = from + (long) done * step * Float.BYTES;
      copy(src.segment(), pixel, srcRow, step, rows, count, dst, start + done * 4L, rowBytes());
    }
  }

  /// Every `step`th float of some rows, `count` of each.
  ///
  /// @param count times `step` floats, [#COPIED] bytes at most
  private static void copy(
      MemorySegment src,
      long from,
      long srcRow,
      int step,
      int rows,
      int count,
      MemorySegment dst,
      long to,
      long dstRow) {
    int end = Math.clamp(count, 0, COPIED / Float.BYTES);
    for (int row = 0; row < rows; row++) {
      MemorySegment s = src.asSlice(from + row * srcRow, COPIED);
      MemorySegment d = dst.asSlice(to + row * dstRow, COPIED);
      for (int i = 0; i < end; i++) {
        int at = i * step * Float.BYTES & COPIED - Float.BYTES;
        d.set(JAVA_FLOAT_UNALIGNED, i * 4L, s.get(JAVA_FLOAT_UNALIGNED, at));
      }
    }
  }
}
