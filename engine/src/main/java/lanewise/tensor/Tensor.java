package lanewise.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A batch of fp32 maps in off-heap memory, in the blocked layout nChw`c`: channels are cut into
/// blocks of `lanes`, and the channels of one block lie side by side for every pixel, so that one
/// vector load takes them all.
///
/// Value (n, c, y, x) lies at float `n * imageStride + ((c / lanes) * H * W + y * W + x) * lanes +
/// c % lanes`. With `lanes` = 1 this is plain NCHW. Lanes of the last block beyond `channels` are
/// always zero: kernels count on it.
///
/// A tensor is a view: it does not own its memory.
///
/// @param segment the memory, starting at the first value, with [#ROOM] bytes behind the last one
/// @param batch number of samples N
/// @param shape shape of one sample
/// @param lanes channels per block; 1 is plain NCHW
/// @param imageStride floats from one sample to the next; more than a sample's own size for a slice
///     of a concatenation
public record Tensor(MemorySegment segment, int batch, Shape shape, int lanes, long imageStride) {

  /// Bytes behind the last value that belong to the memory: kernels address pieces of a map through
  /// slices of a constant size, which reach beyond what they read. Other tensors may lie there, so
  /// nobody may write to them through this one.
  public static final int ROOM = 16 * 1024;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  public Tensor {
    long needed = bytes(batch, shape, lanes, imageStride);
    if (batch < 1 || segment.byteSize() < needed + ROOM) {
      throw new IllegalArgumentException(
          "%d x %s in blocks of %d needs %d bytes and %d behind them, the memory holds %d"
              .formatted(batch, shape, lanes, needed, ROOM, segment.byteSize()));
    }
  }

  /// A dense tensor over the start of a segment.
  public static Tensor dense(MemorySegment segment, int batch, Shape shape, int lanes) {
    return new Tensor(segment, batch, shape, lanes, imageFloats(shape, lanes));
  }

  /// Allocates a dense tensor of zeros.
  public static Tensor allocate(Memory memory, String name, int batch, Shape shape, int lanes) {
    return dense(
        memory.allocate(name, batch * imageFloats(shape, lanes) * Float.BYTES + ROOM),
        batch,
        shape,
        lanes);
  }

  /// Floats that one sample takes, padding lanes included.
  public static long imageFloats(Shape shape, int lanes) {
    return (long) blocks(shape.channels(), lanes) * lanes * shape.pixels();
  }

  /// Blocks that hold so many channels.
  public static int blocks(int channels, int lanes) {
    return Math.ceilDiv(channels, lanes);
  }

  /// Blocks of channels of one sample.
  public int blocks() {
    return blocks(shape.channels(), lanes);
  }

  /// Floats from one block of channels to the next: height x width x lanes.
  public int blockStride() {
    return shape.pixels() * lanes;
  }

  /// Bytes from the first value to the end of the last one, padding lanes included and the room
  /// behind them not.
  public long bytes() {
    return bytes(batch, shape, lanes, imageStride);
  }

  private static long bytes(int batch, Shape shape, int lanes, long imageStride) {
    return ((batch - 1) * imageStride + imageFloats(shape, lanes)) * Float.BYTES;
  }

  /// Whether samples follow each other without a gap.
  public boolean isDense() {
    return imageStride == imageFloats(shape, lanes);
  }

  /// The float index of a value within the segment.
  public long index(int n, int c, int y, int x) {
    long pixel = (long) y * shape.width() + x;
    return n * imageStride + (long) (c / lanes) * blockStride() + pixel * lanes + c % lanes;
  }

  /// One value. For tests and look-ups, not for hot code.
  public float get(int n, int c, int y, int x) {
    return segment.getAtIndex(FLOAT, index(n, c, y, x));
  }

  /// Sets one value.
  public void set(int n, int c, int y, int x, float value) {
    segment.setAtIndex(FLOAT, index(n, c, y, x), value);
  }

  /// Copies samples in from plain NCHW order.
  ///
  /// @param plain at least `count x C x H x W` values
  /// @param count samples to copy, at most the batch; the others keep their values
  public void copyFrom(float[] plain, int count) {
    long position = 0;
    for (int n = 0; n < count; n++) {
      for (int c = 0; c < shape.channels(); c++) {
        long index = index(n, c, 0, 0);
        for (int pixel = 0; pixel < shape.pixels(); pixel++, index += lanes) {
          segment.setAtIndex(FLOAT, index, plain[(int) position++]);
        }
      }
    }
  }

  /// Copies samples out to plain NCHW order.
  public void copyTo(float[] plain, int count) {
    long position = 0;
    for (int n = 0; n < count; n++) {
      for (int c = 0; c < shape.channels(); c++) {
        long index = index(n, c, 0, 0);
        for (int pixel = 0; pixel < shape.pixels(); pixel++, index += lanes) {
          plain[(int) position++] = segment.getAtIndex(FLOAT, index);
        }
      }
    }
  }

  /// All values in plain NCHW order.
  public float[] toArray() {
    float[] plain = new float[Math.toIntExact(batch * shape.elements())];
    copyTo(plain, batch);
    return plain;
  }
}
