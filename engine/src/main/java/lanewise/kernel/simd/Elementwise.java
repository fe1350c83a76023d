package lanewise.kernel.simd;

import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// A kernel that treats every value of a batch alike: cuts the batch into pieces of about one size,
/// several samples where they are small, a part of one where they are large. A sample's values lie
/// without a gap, so that a piece knows nothing of channels and pixels.
abstract class Elementwise implements Parallel.Body {

  /// Floats of a piece: three tensors of that length fit the second-level cache many times over.
  private static final int PIECE = 8192;

  private final int batch;
  private final int imageFloats;
  private final int imagesPerPiece;
  private final int piecesPerImage;

  /// @param shape one sample of all tensors
  Elementwise(int batch, Shape shape) {
    this.batch = batch;
    imageFloats = Math.toIntExact(Tensor.imageFloats(shape, Lanes.COUNT));
    imagesPerPiece = Math.max(1, PIECE / imageFloats);
    piecesPerImage = Math.ceilDiv(imageFloats, PIECE);
  }

  /// Runs the whole batch.
  final void run(Parallel parallel) {
    parallel.run(Math.ceilDiv(batch, imagesPerPiece) * piecesPerImage, this);
  }

  @Override
  public final void run(int piece, int thread) {
    int from = piece % piecesPerImage * PIECE;
    int length = Math.min(PIECE, imageFloats - from);
    int first = piece / piecesPerImage * imagesPerPiece;
    int end = Math.min(batch, first + imagesPerPiece);
    for (int image = first; image < end; image++) {
      range(image, from, length);
    }
  }

  /// Computes `length` floats of a sample, whole vectors, starting at float `from` of the sample.
  abstract void range(int image, int from, int length);

  /// Byte offset of a float of a sample.
  static long at(Tensor tensor, int image, int from) {
    return (image * tensor.imageStride() + from) * Float.BYTES;
  }
}
