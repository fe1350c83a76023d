package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.tensor.Tensor;

/// How [TransformSums] turns a convolution into products: the result is cut into tiles, numbered
/// image by image and row by row; what a tile sees of one block of source channels becomes so many
/// points, each a vector of channels, and so do the weights of a pair of blocks; after the products
/// the points of the result become the tile again. Offsets are bytes.
interface TileTransform {

  /// Points per tile.
  int points();

  /// Tiles of one image.
  int tilesPerImage();

  /// Whether products need transformed weights; else the packed ones will do.
  boolean transformsWeights();

  /// Bytes of scratch memory that one thread needs.
  int scratchBytes();

  /// Transforms what the tiles `from` to `to` (exclusive) see of some blocks from `block` on, which
  /// lie side by side per tile.
  ///
  /// @param dst with [PatchTransform#MOST_BLOCKS] vectors behind the last one's place
  /// @param at where the points of tile `from` go
  /// @param tileStep from one tile to the next there
  /// @param step from one point to the next there
  void inputs(
      Tensor src,
      int from,
      int to,
      int block,
      int blocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long at,
      long tileStep,
      long step);

  /// Transforms the weights of one pair of the products' blocks.
  ///
  /// @param at where the packed weights begin
  /// @param srcBlocks of the products
  /// @param scratch scratch memory, from `tmp` on
  /// @param to where the first point goes in `dst`, the others `step` apart
  void weights(
      MemorySegment packed,
      long at,
      int dstBlock,
      int srcBlock,
      int srcBlocks,
      MemorySegment scratch,
      long tmp,
      MemorySegment dst,
      long to,
      long step);

  /// Whether the product of a pair of the products' blocks is zero at a point, whatever the source.
  /// The blocks of the source for which it is not are neighbours, and so are those of the result
  /// among a register tile's.
  default boolean vanishes(int point, int dstBlock, int srcBlock, int srcBlocks) {
    return false;
  }

  /// How many of the tiles `from` to `to` (exclusive) have results that are single vectors, side by
  /// side in the destination.
  default int adjoining(int from, int to) {
    return 0;
  }

  /// Where the result of such a tile and one block lies.
  default long resultAt(Tensor dst, int tile, int block) {
    throw new UnsupportedOperationException("results are not single vectors");
  }

  /// Transforms points back to the results of the tiles `from` to `to` (exclusive) and one block of
  /// output channels: `dst = max(result + init, floor)`.
  ///
  /// @param at where the points of tile `from` lie, tiles side by side
  /// @param step from one point to the next
  /// @param bias start values, one vector per block of the result, or null to add to the
  /// destination
  void output(
      MemorySegment points,
      long at,
      long step,
      int from,
      int to,
      int block,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment scratch,
      long tmp);

  /// Hands over the results of the tiles `from` to `to` (exclusive) and one block, which belong to
  /// one slot.
  void gather(Epilogue epilogue, int slot, int from, int to, int block, Tensor dst);
}
