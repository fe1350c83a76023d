package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;

/// The weights of a first layer in the order of a plain image,
/// `[K/lanes][kh][kw x C][lanes of K]`, where the packed order has whole blocks of channels.
///
/// @param blockBytes from one block of K to the next, at least those of its weights
record NarrowWeights(ConvSpec c, long blockBytes) {

  /// Rows of one block: what a pixel sees.
  static int rows(ConvSpec c) {
    return c.kernelHeight() * c.kernelWidth() * c.channels();
  }

  /// Copies packed weights to the front of the workspace.
  void take(MemorySegment weights, MemorySegment workspace) {
    for (int k = 0; k < blocks(); k++) {
      for (int tap = 0; tap < taps(); tap++) {
        for (int ch = 0; ch < c.channels(); ch++) {
          Vectors.copy(weights, packed(k, tap, ch), workspace, narrow(k, tap, ch));
        }
      }
    }
  }

  /// Copies a gradient at the front of the workspace to packed order, its padding included.
  void give(MemorySegment workspace, MemorySegment dWeights) {
    for (int k = 0; k < blocks(); k++) {
      for (int tap = 0; tap < taps(); tap++) {
        for (int ch = 0; ch < c.channels(); ch++) {
          Vectors.copy(workspace, narrow(k, tap, ch), dWeights, packed(k, tap, ch));
        }
        int rest = Lanes.COUNT - c.channels();
        Vectors.zero(dWeights, packed(k, tap, c.channels()), (long) rest * Lanes.BYTES);
      }
    }
  }

  /// Bytes of all blocks.
  long bytes() {
    return blocks() * blockBytes;
  }

  private int blocks() {
    return Math.ceilDiv(c.filters(), Lanes.COUNT);
  }

  private int taps() {
    return c.kernelHeight() * c.kernelWidth();
  }

  private long packed(int block, int tap, int channel) {
    return (((long) block * taps() + tap) * Lanes.COUNT + channel) * Lanes.BYTES;
  }

  private long narrow(int block, int tap, int channel) {
    return block * blockBytes + ((long) tap * c.channels() + channel) * Lanes.BYTES;
  }
}
