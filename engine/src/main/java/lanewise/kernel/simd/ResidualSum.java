package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import lanewise.tensor.Tensor;

/// The end of a residual block in inference: `results = max(results + residual, floor)`.
public final class ResidualSum implements Epilogue {

  private final Tensor residual;
  private final long imageBytes;
  private final float floor;

  /// @param residual of the results' shape; not their memory
  /// @param dst the results
  /// @param floor 0 for a fused ReLU, minus infinity for none
  public ResidualSum(Tensor residual, Tensor dst, float floor) {
    this.residual = residual;
    this.floor = floor;
    imageBytes = dst.imageStride() * Float.BYTES;
  }

  @Override
  public void begin(int slots) {}

  @Override
  public void take(
      int slot, int block, MemorySegment x, long at, int rows, long rowBytes, int pixels) {
    for (int row = 0; row < rows; row++) {
      long to = at + row * rowBytes;
      long image = to / imageBytes;
      long from = image * residual.imageStride() * Float.BYTES + to % imageBytes;
      Addition.sum(x, to, residual.segment(), from, x, to, pixels, floor);
    }
  }
}
