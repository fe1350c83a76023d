package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// A batch of plain images with a first layer's padding around them. Images are small, so copying
/// them costs little, and every pixel of the result then sees the same taps.
final class PaddedImages {

  private final ConvSpec c;
  private final int padding;
  private final int batch;
  private final long imageBytes;
  private final Parallel.Body copy = this::copy;

  private Tensor images;
  private MemorySegment workspace;
  private Tensor padded;

  PaddedImages(ConvSpec c, int batch) {
    this.batch = batch;
    padding = c.padding();
    this.c =
        new ConvSpec(
            c.channels(),
            c.height() + 2 * padding,
            c.width() + 2 * padding,
            c.filters(),
            c.kernelHeight(),
            c.kernelWidth(),
            c.stride(),
            0,
            c.groups());
    long floats = (long) this.c.height() * this.c.width() * c.channels();
    imageBytes = Math.ceilDiv(floats, Lanes.COUNT) * (long) Lanes.BYTES;
  }

  /// The same convolution, of images that have their padding.
  ConvSpec spec() {
    return c;
  }

  /// Floats from one image to the next.
  ///
  /// @param plain the same of the images without padding
  long imageStride(long plain) {
    return padding == 0 ? plain : imageBytes / Float.BYTES;
  }

  /// Bytes of workspace, the room behind a tensor included.
  long bytes() {
    return padding == 0 ? 0 : batch * imageBytes + Tensor.ROOM;
  }

  /// Copies the images to the workspace, with zeros around them; without padding they stay where
  /// they are.
  ///
  /// @param at where [#bytes] of the workspace begin, the same in every call
  Tensor of(Tensor images, MemorySegment workspace, long at, Parallel parallel) {
    if (padding == 0) {
      return images;
    }
    this.images = images;
    if (!workspace.equals(this.workspace)) {
      this.workspace = workspace;
      Shape shape = new Shape(c.channels(), c.height(), c.width());
      padded =
          new Tensor(workspace.asSlice(at, bytes()), batch, shape, c.channels(), imageStride(0));
    }
    parallel.run(batch, copy);
    return padded;
  }

  private void copy(int image, int thread) {
    long pixel = (long) c.channels() * Float.BYTES;
    long row = c.width() * pixel;
    long plainRow = row - 2 * padding * pixel;
    long from = image * images.imageStride() * Float.BYTES;
    long to = image * imageBytes;
    Vectors.zero(padded.segment(), to, imageBytes);
    for (int y = 0; y < c.height() - 2 * padding; y++) {
      long at = to + (y + padding) * row + padding * pixel;
      MemorySegment.copy(images.segment(), from + y * plainRow, padded.segment(), at, plainRow);
    }
  }
}
