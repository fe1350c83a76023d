package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import lanewise.tensor.Tensor;

/// Mean and variance per channel of a batch of maps, gathered in slots: each slot takes some
/// positions of a block of channels, in an order that the shapes fix, and is filled by one thread
/// at
/// a time, so threads cannot change the result.
///
/// A slot sums in single precision the distances from its first value (squares of values far from
/// zero would leave no digits for the variance) and their squares; slots are combined in double
/// precision (Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for
/// computing sample variances").
public final class ChannelStatistics implements Epilogue {

  /// Positions that a slot should take: more would cost digits, fewer time.
  static final int POSITIONS = 1024;

  private final int blocks;
  // What these are some channels of, or this itself.
  private final ChannelStatistics whole;
  private final int firstChannel;
  private int slots;
  private int[] counts = {};
  private float[] origins = {};
  private float[] sums = {};
  private float[] squares = {};
  private double mean;
  private double variance;
  private long passes;
  private long taken;

  /// @param channels channels of the maps
  public ChannelStatistics(int channels) {
    blocks = Tensor.blocks(channels, COUNT);
    whole = this;
    firstChannel = 0;
  }

  private ChannelStatistics(ChannelStatistics whole, int firstChannel) {
    blocks = whole.blocks;
    this.whole = whole;
    this.firstChannel = firstChannel;
  }

  /// Those of some of the channels, for who wants no others: [#take] and [#combine] alone.
  ///
  /// @param first the first of them, a whole number of blocks
  public ChannelStatistics part(int first) {
    return new ChannelStatistics(this, first);
  }

  /// Makes room for so many slots and empties them.
  @Override
  public void begin(int slotCount) {
    if (slotCount != slots) {
      slots = slotCount;
      counts = new int[slots * blocks];
      origins = new float[slots * blocks * COUNT];
      sums = new float[origins.length];
      squares = new float[origins.length];
    }
    Arrays.fill(counts, 0);
    passes++;
  }

  /// Whether somebody has filled the slots since this was last asked.
  boolean take() {
    boolean result = taken != whole.passes;
    taken = whole.passes;
    return result;
  }

  /// Adds `rows` rows of `pixels` vectors to one slot of one block of channels.
  @Override
  public void take(
      int slot, int block, MemorySegment x, long at, int rows, long rowBytes, int pixels) {
    int index = slot * blocks + block;
    if (counts[index] == 0) {
      fromMemorySegment(SPECIES, x, at, ORDER).intoArray(origins, index * COUNT);
      FloatVector.zero(SPECIES).intoArray(sums, index * COUNT);
      FloatVector.zero(SPECIES).intoArray(squares, index * COUNT);
    }
    counts[index] += rows * pixels;
    add(x, at, rows, rowBytes, pixels, origins, sums, squares, index * COUNT);
  }

  /// Two pairs of sums: one would wait for its own additions.
  private static void add(
      MemorySegment x,
      long at,
      int rows,
      long rowBytes,
      int pixels,
      float[] origins,
      float[] sums,
      float[] squares,
      int index) {
    FloatVector origin = fromArray(SPECIES, origins, index);
    FloatVector s = fromArray(SPECIES, sums, index);
    FloatVector q = fromArray(SPECIES, squares, index);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector q2 = s2;
    int even = pixels & ~1;
    for (int r = 0; r < rows; r++) {
      long row = at + r * rowBytes;
      for (int p = 0; p < even; p += 2) {
        long i = row + (long) p * Lanes.BYTES;
        FloatVector v = fromMemorySegment(SPECIES, x, i, ORDER).sub(origin);
        FloatVector w = fromMemorySegment(SPECIES, x, i + Lanes.BYTES, ORDER).sub(origin);
        s = s.add(v);
        s2 = s2.add(w);
        q = v.fma(v, q);
        q2 = w.fma(w, q2);
      }
      if (even < pixels) {
        FloatVector v =
            fromMemorySegment(SPECIES, x, row + (long) even * Lanes.BYTES, ORDER).sub(origin);
        s = s.add(v);
        q = v.fma(v, q);
      }
    }
    s.add(s2).intoArray(sums, index);
    q.add(q2).intoArray(squares, index);
  }

  /// Combines the slots of one channel; [#mean()] and [#variance()] are its then.
  void combine(int channel) {
    combine(whole, firstChannel + channel);
  }

  private void combine(ChannelStatistics from, int channel) {
    double n = 0;
    double m = 0;
    double deviation = 0;
    int lastCount = 0;
    double inverse = 0;
    for (int index = channel / COUNT; index < from.counts.length; index += blocks) {
      int count = from.counts[index];
      if (count == 0) {
        continue;
      }
      if (count != lastCount) {
        inverse = 1.0 / count;
        lastCount = count;
      }
      int lane = index * COUNT + channel % COUNT;
      double sum = from.sums[lane];
      double shift = sum * inverse;
      double delta = from.origins[lane] + shift - m;
      double weight = count / (n + count);
      deviation += from.squares[lane] - sum * shift + delta * delta * n * weight;
      m += delta * weight;
      n += count;
    }
    mean = m;
    variance = Math.max(0, deviation / n);
  }

  /// Mean of the channel that was combined last.
  double mean() {
    return mean;
  }

  /// Its biased variance.
  double variance() {
    return variance;
  }
}
