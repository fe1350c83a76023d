package lanewise.kernel.simd;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static lanewise.kernel.simd.Lanes.COUNT;
import static lanewise.kernel.simd.Lanes.ORDER;
import static lanewise.kernel.simd.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The register tiles under every product that makes activations or their gradients: convolution
/// forward and backward-data, linear layers, 1x1 convolutions. One tile holds B vectors of output
/// channels x P positions:
///
/// `sum[block b, position p] = sum over source blocks, taps, channels c of weights[b, tap, c] *
/// src[p + tap, c]`
///
/// A position is a pair of byte offsets (source, destination), a tap a pair of byte offsets
/// (source, weights) that holds for all positions of the tile. So any kernel size, stride and
/// padding is a list of taps per class of positions, and no tile knows of geometry.
///
/// A tile leaves its sums in scratch memory (which stays in the first-level cache), and [#finish]
/// carries them to the destination, so that what happens to a sum on its way out stays in one
/// place.
///
/// Tiles read past the end of a list of positions: lists are padded by repeating the last position.
final class Tiles {

  /// Tiles computed in one call, before their sums are carried to the destination.
  private static final int CHUNK = 8;

  /// Positions of that many tiles at most.
  private static final int SUMS = CHUNK * 10;

  /// Bytes of scratch memory that one thread needs.
  static final int SCRATCH_BYTES = Lanes.MAX_BLOCKS * SUMS * Lanes.BYTES;

  private static final long LANE_BYTES = Lanes.BYTES;

  private Tiles() {}

  /// Positions that a tile of a direct convolution handles; see [RegisterTiles] for the budget.
  static int positions(int blocks) {
    if (COUNT == 8) {
      return blocks == 2 ? 6 : 10;
    }
    return switch (blocks) {
      case 4 -> 5;
      case 3 -> 6;
      case 2 -> 8;
      default -> 10;
    };
  }

  /// Blocks of the next tile when so many are left: as wide as the registers allow, without leaving
  /// a lonely one.
  static int blocks(int left) {
    return Math.min(left, left == Lanes.MAX_BLOCKS + 1 && left > 4 ? 3 : Lanes.MAX_BLOCKS);
  }

  /// Computes all positions for `blocks` vectors of output channels.
  ///
  /// @param add whether `init` is the destination itself, to be added to; else it has one vector
  ///     per block, a bias
  /// @param srcBlocks blocks of source channels to sum over, the last with `lastChannels` channels
  /// @param floor results are raised to it: 0 for a fused ReLU, minus infinity for none
  static void run(
      TileSums s,
      int blocks,
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      long weightsAt,
      MemorySegment init,
      long initAt,
      boolean add,
      MemorySegment dst,
      long dstAt,
      int srcBlocks,
      int lastChannels,
      float floor,
      MemorySegment scratch,
      long at) {
    int step = positions(blocks);
    int chunk = CHUNK * step;
    for (int p = 0; p < s.positions(); p += chunk) {
      int end = Math.min(p + chunk, s.positions());
      tiles(
          s,
          blocks,
          p,
          end,
          src,
          srcAt,
          weights,
          weightsAt,
          srcBlocks,
          lastChannels,
          scratch,
          at,
          SUMS * LANE_BYTES);
      finish(s, blocks, p, end - p, scratch, at, init, initAt, add, dst, dstAt, floor);
    }
  }

  /// Computes the first `count` positions of products whose channels all lie side by side, however
  /// many they are, and leaves the sums in scratch memory, side by side per block, the blocks
  /// `atBlock` bytes apart. The last tile may reach beyond `count`.
  ///
  /// @param srcStep from one position to the next
  /// @param weightsBlock from one block of results to the next
  /// @param weightsStep from one channel to the next: a vector
  static void runToScratch(
      int blocks,
      int count,
      MemorySegment src,
      long srcAt,
      long srcStep,
      MemorySegment weights,
      long weightsAt,
      long weightsBlock,
      long weightsStep,
      int channels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    if (COUNT == 8 && blocks == 2) {
      NarrowTiles.packed2x6(
          count,
          src,
          srcAt,
          srcStep,
          weights,
          weightsAt,
          weightsBlock,
          weightsStep,
          channels,
          scratch,
          at,
          atBlock);
    } else if (COUNT == 8) {
      NarrowTiles.packed1x10(
          count, src, srcAt, srcStep, weights, weightsAt, weightsStep, channels, scratch, at);
    } else if (blocks == 4 && fitsEights(count)) {
      for (int block = 0; block < 4; block += 2) {
        RegisterTiles.tile2x8(
            count,
            src,
            srcAt,
            srcStep,
            weights,
            weightsAt + block * weightsBlock,
            weightsBlock,
            channels,
            scratch,
            at + block * atBlock,
            atBlock);
      }
    } else {
      switch (blocks) {
        case 4 ->
            RegisterTiles.tile4x5(
                count,
                src,
                srcAt,
                srcStep,
                weights,
                weightsAt,
                weightsBlock,
                channels,
                scratch,
                at,
                atBlock);
        case 3 ->
            RegisterTiles.tile3x6(
                count,
                src,
                srcAt,
                srcStep,
                weights,
                weightsAt,
                weightsBlock,
                channels,
                scratch,
                at,
                atBlock);
        case 2 ->
            RegisterTiles.tile2x8(
                count,
                src,
                srcAt,
                srcStep,
                weights,
                weightsAt,
                weightsBlock,
                channels,
                scratch,
                at,
                atBlock);
        default ->
            RegisterTiles.tile1x12(
                count, src, srcAt, srcStep, weights, weightsAt, channels, scratch, at);
      }
    }
  }

  /// Whether tiles of eight positions compute at least a tenth less than tiles of five: all 16 of a
  /// 4x4 map, and nothing beyond.
  private static boolean fitsEights(int count) {
    return Math.ceilDiv(count, 8) * 8 * 10 <= Math.ceilDiv(count, 5) * 5 * 9;
  }

  /// Whole tiles from position `from` on until `to` is passed.
  private static void tiles(
      TileSums s,
      int blocks,
      int from,
      int to,
      MemorySegment src,
      long srcAt,
      MemorySegment weights,
      long weightsAt,
      int srcBlocks,
      int lastChannels,
      MemorySegment scratch,
      long at,
      long atBlock) {
    if (s.tapChannels() > TileSums.MOST_RUN) {
      throw new IllegalArgumentException(
          "%d channels at a tap, at most %d".formatted(s.tapChannels(), TileSums.MOST_RUN));
    }
    if (COUNT == 8) {
      if (blocks == 2) {
        NarrowTiles.tile2x6(
            s,
            from,
            to,
            src,
            srcAt,
            weights,
            weightsAt,
            srcBlocks,
            lastChannels,
            scratch,
            at,
            atBlock);
      } else {
        NarrowTiles.tile1x10(
            s,
            from,
            to,
            src,
            srcAt,
            weights,
            weightsAt,
            srcBlocks,
            lastChannels,
            scratch,
            at,
            atBlock);
      }
    } else {
      switch (blocks) {
        case 4 ->
            DirectTiles.tile4x5(
                s,
                from,
                to,
                src,
                srcAt,
                weights,
                weightsAt,
                srcBlocks,
                lastChannels,
                scratch,
                at,
                atBlock);
        case 3 ->
            DirectTiles.tile3x6(
                s,
                from,
                to,
                src,
                srcAt,
                weights,
                weightsAt,
                srcBlocks,
                lastChannels,
                scratch,
                at,
                atBlock);
        case 2 ->
            DirectTiles.tile2x8(
                s,
                from,
                to,
                src,
                srcAt,
                weights,
                weightsAt,
                srcBlocks,
                lastChannels,
                scratch,
                at,
                atBlock);
        default ->
            DirectTiles.tile1x10(
                s, from, to, src, srcAt, weights, weightsAt, srcBlocks, lastChannels, scratch, at);
      }
    }
  }

  /// `dst = max(sum + init, floor)`.
  private static void finish(
      TileSums s,
      int blocks,
      int position,
      int count,
      MemorySegment scratch,
      long at,
      MemorySegment init,
      long initAt,
      boolean add,
      MemorySegment dst,
      long dstAt,
      float floor) {
    int[] offsets = s.dstPosition();
    for (int b = 0; b < blocks; b++) {
      long row = at + b * SUMS * LANE_BYTES;
      long to = dstAt + b * s.dstBlock();
      long from = initAt + b * (add ? s.dstBlock() : LANE_BYTES);
      for (int p = 0; p < count; p++) {
        int offset = offsets[position + p];
        FloatVector sum = fromMemorySegment(SPECIES, scratch, row + p * LANE_BYTES, ORDER);
        sum.add(fromMemorySegment(SPECIES, init, add ? from + offset : from, ORDER))
            .max(floor)
            .intoMemorySegment(dst, to + offset, ORDER);
      }
    }
  }
}
