package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;

import java.util.List;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Maps of one size, one behind the other along the channels, and the way back. Parts that start at
/// a block of channels are copied by whole vectors, others by single values. Bound to shapes and
/// batch; one caller at a time.
///
/// A piece is a range of pixels of one sample and handles all parts in order, because two parts can
/// share a block of the result, and one tensor can be two parts.
public final class Concatenation implements Parallel.Body {

  private static final int PIECE = 8192; // floats

  private final int batch;
  private final int pixels;
  private final int[] first;
  private final int pixelsPerPiece;
  private final int piecesPerImage;

  private boolean backward;
  private Tensor whole;
  private List<Tensor> parts;
  private List<Boolean> adds;

  /// @param shapes one sample of each part
  public Concatenation(int batch, List<Shape> shapes) {
    this.batch = batch;
    pixels = shapes.get(0).pixels();
    first = new int[shapes.size() + 1];
    for (int i = 0; i < shapes.size(); i++) {
      first[i + 1] = first[i] + shapes.get(i).channels();
    }
    pixelsPerPiece = Math.max(1, PIECE / first[shapes.size()]);
    piecesPerImage = Math.ceilDiv(pixels, pixelsPerPiece);
  }

  /// `dst =` all channels of the first source, then those of the second, and so on.
  ///
  /// @param srcs null for those that lie in dst already
  public void forward(List<Tensor> srcs, Tensor dst, Parallel parallel) {
    backward = false;
    parts = srcs;
    whole = dst;
    run(parallel);
  }

  /// `dSrcs[i] =` or, with `adds[i]`, `+=` its own channels of dDst.
  ///
  /// @param dSrcs null where no gradient is wanted, or where it lies in dDst already
  public void backward(Tensor dDst, List<Tensor> dSrcs, List<Boolean> adds, Parallel parallel) {
    backward = true;
    whole = dDst;
    parts = dSrcs;
    this.adds = adds;
    run(parallel);
  }

  private void run(Parallel parallel) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i) != null) {
        parallel.run(batch * piecesPerImage, this);
        return;
      }
    }
  }

  @Override
  public void run(int piece, int thread) {
    int image = piece / piecesPerImage;
    int from = piece % piecesPerImage * pixelsPerPiece;
    int count = Math.min(pixelsPerPiece, pixels - from);
    for (int i = 0; i < parts.size(); i++) {
      Tensor part = parts.get(i);
      if (part == null) {
        continue;
      }
      if (!backward) {
        join(part, i, image, from, count);
      } else {
        split(part, i, adds.get(i), image, from, count);
      }
    }
  }

  private void join(Tensor src, int part, int image, int from, int count) {
    int channels = first[part + 1] - first[part];
    if (first[part] % COUNT == 0) {
      for (int c = 0; c < channels; c += COUNT) {
        long to = at(whole, image, first[part] + c, from);
        Moves.vectors(src.segment(), at(src, image, c, from), whole.segment(), to, count, false);
      }
      return;
    }
    // Blocks that start within this part: their lanes beyond it stay zero, or the next part's.
    for (int c = Math.ceilDiv(first[part], COUNT) * COUNT; c < first[part + 1]; c += COUNT) {
      Vectors.zero(whole.segment(), at(whole, image, c, from), (long) count * BYTES);
    }
    for (int c = 0; c < channels; c++) {
      long to = at(whole, image, first[part] + c, from);
      Moves.values(
          src.segment(), at(src, image, c, from), BYTES, whole.segment(), to, BYTES, count, false);
    }
  }

  private void split(Tensor dSrc, int part, boolean add, int image, int from, int count) {
    int channels = first[part + 1] - first[part];
    if (first[part] % COUNT == 0) {
      for (int c = 0; c < channels; c += COUNT) {
        long at = at(whole, image, first[part] + c, from);
        int lanes = Math.min(COUNT, channels - c);
        long to = at(dSrc, image, c, from);
        Moves.firstLanes(whole.segment(), at, dSrc.segment(), to, count, lanes, add);
      }
      return;
    }
    if (!add) {
      int last = (channels - 1) / COUNT * COUNT;
      Vectors.zero(dSrc.segment(), at(dSrc, image, last, from), (long) count * BYTES);
    }
    for (int c = 0; c < channels; c++) {
      long at = at(whole, image, first[part] + c, from);
      long to = at(dSrc, image, c, from);
      Moves.values(whole.segment(), at, BYTES, dSrc.segment(), to, BYTES, count, add);
    }
  }

  /// Byte offset of a value.
  private long at(Tensor tensor, int image, int channel, int pixel) {
    long block = (long) (channel / COUNT) * pixels + pixel;
    long lane = (long) (channel % COUNT) * Float.BYTES;
    return image * tensor.imageStride() * Float.BYTES + block * BYTES + lane;
  }
}
