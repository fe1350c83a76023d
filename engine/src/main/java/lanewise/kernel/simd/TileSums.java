package lanewise.kernel.simd;

/// The geometry of one class of positions for [Tiles]: positions that see the same taps. All
/// offsets in bytes.
///
/// @param positions number of positions
/// @param srcPosition source offset of each position; padded by repeating the last, so that tiles
///     need no tail
/// @param dstPosition destination offset of each position, padded likewise
/// @param tapSrc source offset of each tap, relative to the position
/// @param tapWeights weights offset of each tap, relative to the pair of blocks
/// @param tapChannels channels that lie side by side at one tap of a whole block: a block, or
///     several taps of one kernel row at once
/// @param lastChannels the same of the last block of source channels
/// @param srcBlock from one block of source channels to the next
/// @param weightsSrcBlock the same within the weights
/// @param dstBlock from one block of output channels to the next
/// @param weightsBlock the same within the weights
/// @param weightsStep from one channel to the next within the weights: a vector
record TileSums(
    int positions,
    int[] srcPosition,
    int[] dstPosition,
    int[] tapSrc,
    int[] tapWeights,
    int tapChannels,
    int lastChannels,
    long srcBlock,
    long weightsSrcBlock,
    long dstBlock,
    long weightsBlock,
    long weightsStep) {

  /// Channels at one tap that the tiles of a direct convolution take, so that slices of a constant
  /// size hold them.
  static final int MOST_RUN = 256;

  /// A common multiple of the positions of all tiles.
  private static final int PADDING = 120;

  static TileSums of(
      int positions,
      int[] srcPosition,
      int[] dstPosition,
      int[] tapSrc,
      int[] tapWeights,
      int tapChannels,
      int lastChannels,
      long srcBlock,
      long weightsSrcBlock,
      long dstBlock,
      long weightsBlock) {
    return new TileSums(
        positions,
        srcPosition,
        dstPosition,
        tapSrc,
        tapWeights,
        tapChannels,
        lastChannels,
        srcBlock,
        weightsSrcBlock,
        dstBlock,
        weightsBlock,
        Lanes.BYTES);
  }

  /// Entries that a list of positions is padded to: tiles of every size find whole tiles.
  static int padded(int positions) {
    return Math.ceilDiv(positions, PADDING) * PADDING;
  }
}
