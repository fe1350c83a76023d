package lanewise.kernel.simd;

import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// How operations on planes, that is one block of channels of one sample, are cut into pieces of
/// work: neighbouring planes together where they are small, by the shapes alone.
record Planes(int batch, int blocks, int perPiece) {

  /// Floats that are worth handing to a thread.
  private static final int WANTED_FLOATS = 1 << 14;

  /// @param larger the larger of the shapes that the operation reads and writes
  static Planes of(int batch, Shape larger) {
    int blocks = Tensor.blocks(larger.channels(), Lanes.COUNT);
    int floats = larger.pixels() * Lanes.COUNT;
    return new Planes(batch, blocks, Math.clamp(WANTED_FLOATS / floats, 1, batch * blocks));
  }

  /// Pieces of work.
  int pieces() {
    return Math.ceilDiv(batch * blocks, perPiece);
  }

  /// First plane of a piece.
  int first(int piece) {
    return piece * perPiece;
  }

  /// The plane after the last of a piece.
  int end(int piece) {
    return Math.min(batch * blocks, first(piece) + perPiece);
  }

  /// The byte at which a plane of a tensor starts.
  long at(Tensor tensor, int plane) {
    long image = plane / blocks * tensor.imageStride();
    long block = (long) (plane % blocks) * tensor.blockStride();
    return (image + block) * Float.BYTES;
  }
}
