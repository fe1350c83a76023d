package lanewise.kernel.simd;

import static lanewise.kernel.simd.Lanes.BYTES;
import static lanewise.kernel.simd.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Maps to vectors in the order channel, row, column, and the way back. Bound to one shape and
/// batch; one caller at a time.
public final class Flattening implements Parallel.Body {

  private static final int PIECE = 8192; // floats

  private final int batch;
  private final int channels;
  private final int pixels;
  private final int imagesPerPiece;

  private Tensor maps;
  private Tensor vectors;
  private boolean backward;
  private boolean add;

  /// @param shape one sample of the maps
  public Flattening(int batch, Shape shape) {
    this.batch = batch;
    channels = shape.channels();
    pixels = shape.pixels();
    imagesPerPiece = (int) Math.max(1, PIECE / shape.elements());
  }

  /// `dst[c * pixels + pixel] = src[c, pixel]`.
  public void forward(Tensor src, Tensor dst, Parallel parallel) {
    backward = false;
    maps = src;
    vectors = dst;
    parallel.run(Math.ceilDiv(batch, imagesPerPiece), this);
  }

  /// `dSrc[c, pixel] =` or, with `add`, `+= dDst[c * pixels + pixel]`.
  public void backward(Tensor dDst, Tensor dSrc, boolean add, Parallel parallel) {
    backward = true;
    this.add = add;
    maps = dSrc;
    vectors = dDst;
    parallel.run(Math.ceilDiv(batch, imagesPerPiece), this);
  }

  @Override
  public void run(int piece, int thread) {
    int end = Math.min(batch, (piece + 1) * imagesPerPiece);
    for (int image = piece * imagesPerPiece; image < end; image++) {
      long mapsAt = image * maps.imageStride() * Float.BYTES;
      long vectorAt = image * vectors.imageStride() * Float.BYTES;
      if (backward) {
        toMaps(vectors.segment(), vectorAt, maps.segment(), mapsAt);
      } else {
        toVector(maps.segment(), mapsAt, vectors.segment(), vectorAt);
      }
    }
  }

  private void toVector(MemorySegment src, long srcAt, MemorySegment dst, long dstAt) {
    for (int c = 0; c < channels; c++) {
      long to = dstAt + (long) c * pixels * Float.BYTES;
      Moves.values(src, srcAt + channel(c), BYTES, dst, to, Float.BYTES, pixels, false);
    }
    int features = channels * pixels;
    int padded = Math.ceilDiv(features, COUNT) * COUNT;
    for (int i = features; i < padded; i++) {
      dst.set(ValueLayout.JAVA_FLOAT, dstAt + (long) i * Float.BYTES, 0f);
    }
  }

  private void toMaps(MemorySegment dDst, long dDstAt, MemorySegment dSrc, long dSrcAt) {
    if (!add) {
      int last = (channels - 1) / COUNT * COUNT;
      Vectors.zero(dSrc, dSrcAt + channel(last), (long) pixels * BYTES);
    }
    for (int c = 0; c < channels; c++) {
      long from = dDstAt + (long) c * pixels * Float.BYTES;
      Moves.values(dDst, from, Float.BYTES, dSrc, dSrcAt + channel(c), BYTES, pixels, add);
    }
  }

  /// Byte offset of a channel's first pixel within a sample.
  private long channel(int c) {
    return (long) (c / COUNT) * pixels * BYTES + (long) (c % COUNT) * Float.BYTES;
  }
}
