package lanewise.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.Cpu;
import lanewise.tensor.Memory;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// A tensor that notices what a kernel must not do: write between its samples (where the other
/// parts of a concatenation would lie) or leave something other than zero in its padding lanes. It
/// starts as NaN.
public final class GuardedTensor {

  private static final float GUARD = -12345.75f;

  private final String name;
  private final MemorySegment whole;
  private final int guard;
  private final Tensor tensor;

  /// @param guardBlocks blocks of channels before and behind each sample; 0 makes a dense tensor
  public GuardedTensor(Memory memory, String name, int batch, Shape shape, int guardBlocks) {
    this(memory, name, batch, shape, guardBlocks, Cpu.lanes());
  }

  /// @param lanes channels per block
  public GuardedTensor(
      Memory memory, String name, int batch, Shape shape, int guardBlocks, int lanes) {
    this.name = name;
    long size = Tensor.imageFloats(shape, lanes);
    guard = guardBlocks * shape.pixels() * lanes;
    long stride = size + 2L * guard;
    long floats = batch * stride;
    MemorySegment room = memory.allocate(name, floats * Float.BYTES + Tensor.ROOM);
    whole = room.asSlice(0, floats * Float.BYTES);
    tensor = new Tensor(room.asSlice((long) guard * Float.BYTES), batch, shape, lanes, stride);
    for (long i = 0; i < floats; i++) {
      whole.setAtIndex(ValueLayout.JAVA_FLOAT, i, isGuard(i) ? GUARD : Float.NaN);
    }
    for (long at = floats * Float.BYTES; at < room.byteSize(); at += Float.BYTES) {
      room.set(ValueLayout.JAVA_FLOAT, at, Float.NaN);
    }
  }

  /// The tensor itself.
  public Tensor tensor() {
    return tensor;
  }

  /// Sets all values, and the padding lanes to zero.
  public void set(float[] plain) {
    if (plain.length != tensor.batch() * tensor.shape().elements()) {
      throw new IllegalArgumentException(
          "%s takes %d x %s values, got %d"
              .formatted(name, tensor.batch(), tensor.shape(), plain.length));
    }
    long floats = whole.byteSize() / Float.BYTES;
    for (long i = 0; i < floats; i++) {
      if (!isGuard(i)) {
        whole.setAtIndex(ValueLayout.JAVA_FLOAT, i, 0);
      }
    }
    tensor.copyFrom(plain, tensor.batch());
  }

  /// All values.
  ///
  /// @throws AssertionError if a padding lane is not zero or a guard was written
  public float[] get() {
    long floats = whole.byteSize() / Float.BYTES;
    long blockFloats = (long) tensor.shape().pixels() * tensor.lanes();
    for (long i = 0; i < floats; i++) {
      float value = whole.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (isGuard(i)) {
        check(value == GUARD, "was written outside, at float", i, value);
      } else {
        long inSample = i % tensor.imageStride() - guard;
        long channel = inSample / blockFloats * tensor.lanes() + inSample % tensor.lanes();
        boolean padding = channel >= tensor.shape().channels();
        check(!padding || value == 0, "is not zero in padding lane", channel, value);
      }
    }
    return tensor.toArray();
  }

  private void check(boolean holds, String what, long where, float value) {
    if (!holds) {
      throw new AssertionError("%s %s %d: %s".formatted(name, what, where, value));
    }
  }

  private boolean isGuard(long at) {
    long inSample = at % tensor.imageStride();
    return inSample < guard || inSample >= tensor.imageStride() - guard;
  }
}
