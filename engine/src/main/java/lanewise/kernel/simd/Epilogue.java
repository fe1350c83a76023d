package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;

/// What is done with the results of a convolution by the thread that made them, while they are in
/// its cache. Each result is handed over once, when it is final.
public sealed interface Epilogue permits ChannelStatistics, ResidualSum {

  /// Before the first results of a pass.
  ///
  /// @param slots how many slots its results come in: some positions each, in an order and a number
  ///     that the shapes fix, by one thread at a time
  void begin(int slots);

  /// Takes some results of one slot and one block of channels.
  ///
  /// @param x the destination
  /// @param at bytes to the first of them
  /// @param rows how many rows there are, of one image or one of each of several
  /// @param rowBytes from one row to the next
  /// @param pixels vectors of a row, side by side
  void take(int slot, int block, MemorySegment x, long at, int rows, long rowBytes, int pixels);
}
