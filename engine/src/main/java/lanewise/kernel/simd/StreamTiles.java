package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Products with few channels, `dst[block b, position p] = sum over channels c of weights[b, c] *
/// src[p, c]`, weights staying in registers while the positions pass by. [RegisterTiles] keeps sums
/// in registers instead and passes by the channels: better with many of them, but with 16 it spends
/// its time on entering and leaving loops.
///
/// Register budget: 16 weights, the sums of the positions in flight and the spread source value.
final class StreamTiles {

  private static final long LANE_BYTES = Lanes.BYTES;

  private StreamTiles() {}

  /// Whether so many channels are what a tile has, and the registers many enough. With fewer, what
  /// fills up the block would be read, and patches of an image have nothing there.
  static boolean suits(int channels) {
    return Lanes.COUNT == 16 && channels == 16;
  }

  /// Computes `count` positions, side by side in the source and in each block of the result.
  ///
  /// @param weights 16 channels per block
  /// @param blocks blocks of the result, `dstBlock` bytes apart
  static void run(
      MemorySegment src,
      long srcAt,
      int count,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      int blocks,
      MemorySegment dst,
      long dstAt,
      long dstBlock) {
    for (int b = 0; b < blocks; b++) {
      block(src, srcAt, count, weights, weightsAt + b * weightsBlock, dst, dstAt + b * dstBlock);
    }
  }

  private static void block(
      MemorySegment src,
      long srcAt,
      int count,
      MemorySegment weights,
      long w,
      MemorySegment dst,
      long dstAt) {
    FloatVector w0 = fromMemorySegment(SPECIES, weights, w, ORDER);
    FloatVector w1 = fromMemorySegment(SPECIES, weights, w + 1 * LANE_BYTES, ORDER);
    FloatVector w2 = fromMemorySegment(SPECIES, weights, w + 2 * LANE_BYTES, ORDER);
    FloatVector w3 = fromMemorySegment(SPECIES, weights, w + 3 * LANE_BYTES, ORDER);
    FloatVector w4 = fromMemorySegment(SPECIES, weights, w + 4 * LANE_BYTES, ORDER);
    FloatVector w5 = fromMemorySegment(SPECIES, weights, w + 5 * LANE_BYTES, ORDER);
    FloatVector w6 = fromMemorySegment(SPECIES, weights, w + 6 * LANE_BYTES, ORDER);
    FloatVector w7 = fromMemorySegment(SPECIES, weights, w + 7 * LANE_BYTES, ORDER);
    FloatVector w8 = fromMemorySegment(SPECIES, weights, w + 8 * LANE_BYTES, ORDER);
    FloatVector w9 = fromMemorySegment(SPECIES, weights, w + 9 * LANE_BYTES, ORDER);
    FloatVector w10 = fromMemorySegment(SPECIES, weights, w + 10 * LANE_BYTES, ORDER);
    FloatVector w11 = fromMemorySegment(SPECIES, weights, w + 11 * LANE_BYTES, ORDER);
    FloatVector w12 = fromMemorySegment(SPECIES, weights, w + 12 * LANE_BYTES, ORDER);
    FloatVector w13 = fromMemorySegment(SPECIES, weights, w + 13 * LANE_BYTES, ORDER);
    FloatVector w14 = fromMemorySegment(SPECIES, weights, w + 14 * LANE_BYTES, ORDER);
    FloatVector w15 = fromMemorySegment(SPECIES, weights, w + 15 * LANE_BYTES, ORDER);
    for (int i = 0; i < count; i++) {
      long s = srcAt + i * LANE_BYTES;
      FloatVector x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s));
      FloatVector even = x.mul(w0);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 4L));
      FloatVector odd = x.mul(w1);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 8L));
      even = x.fma(w2, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 12L));
      odd = x.fma(w3, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 16L));
      even = x.fma(w4, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 20L));
      odd = x.fma(w5, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 24L));
      even = x.fma(w6, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 28L));
      odd = x.fma(w7, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 32L));
      even = x.fma(w8, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 36L));
      odd = x.fma(w9, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 40L));
      even = x.fma(w10, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 44L));
      odd = x.fma(w11, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 48L));
      even = x.fma(w12, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 52L));
      odd = x.fma(w13, odd);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 56L));
      even = x.fma(w14, even);
      x = broadcast(SPECIES, src.get(JAVA_FLOAT_UNALIGNED, s + 60L));
      odd = x.fma(w15, odd);
      even.add(odd).intoMemorySegment(dst, dstAt + i * LANE_BYTES, ORDER);
    }
  }
}
