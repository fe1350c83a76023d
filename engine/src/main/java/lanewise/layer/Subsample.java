package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import lanewise.error.InvalidModelException;
import lanewise.kernel.Parallel;
import lanewise.tensor.Shape;
import lanewise.tensor.Tensor;

/// Every `stride`-th row and column, and channels of zeros behind the input's own: `C x H x W ->
/// channels x H' x W'` with `H' = (H - 1) / stride + 1`, rounded down. The shortcut without
/// parameters of residual networks whose blocks change shape (He et al. 2015, "Deep Residual
/// Learning", option A).
///
/// @param stride step in both directions, at least 1
/// @param channels output channels, at least as many as the input has
public record Subsample(int stride, int channels) implements Layer {

  public Subsample {
    if (stride < 1) {
      throw new InvalidModelException("subsample: the stride must be at least 1, got " + stride);
    }
  }

  @Override
  public String kind() {
    return "subsample";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape in = Shapes.only(this, inputs);
    if (channels < in.channels()) {
      throw new InvalidModelException(
          "subsample: cannot fit %d input channels into %d".formatted(in.channels(), channels));
    }
    return new Shape(channels, (in.height() - 1) / stride + 1, (in.width() - 1) / stride + 1);
  }

  @Override
  public Cost cost(List<Shape> inputs) {
    return Cost.NONE;
  }

  @Override
  public boolean isIdentity(List<Shape> inputs, boolean training) {
    return stride == 1 && inputs.get(0).channels() == channels;
  }

  @Override
  public Operation compile(Binding binding) {
    return new SubsampleOperation(stride, binding);
  }

  /// Copies whole channel blocks pixel by pixel. One piece of work is one block of one sample.
  private static final class SubsampleOperation implements Operation {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Binding b;
    private final int stride;
    private final int lanes;
    private final Parallel.Body forwardBlock = (piece, thread) -> forwardBlock(piece);
    private final Parallel.Body backwardBlock = (piece, thread) -> backwardBlock(piece);

    SubsampleOperation(int stride, Binding b) {
      this.b = b;
      this.stride = stride;
      lanes = b.input().lanes();
    }

    @Override
    public void forward() {
      b.parallel().run(b.batch() * b.output().blocks(), forwardBlock);
    }

    private void forwardBlock(int piece) {
      Tensor src = b.input();
      Tensor dst = b.output();
      int sample = piece / dst.blocks();
      int channel = piece % dst.blocks() * lanes;
      boolean zeros = channel >= src.shape().channels();
      for (int y = 0; y < dst.shape().height(); y++) {
        for (int x = 0; x < dst.shape().width(); x++) {
          long to = dst.index(sample, channel, y, x);
          if (zeros) {
            copy(b.zeros(), 0, dst.segment(), to, lanes);
          } else {
            long from = src.index(sample, channel, y * stride, x * stride);
            copy(src.segment(), from, dst.segment(), to, lanes);
          }
        }
      }
    }

    @Override
    public void backward() {
      if (b.inputGradient() != null) {
        b.parallel().run(b.batch() * b.inputGradient().blocks(), backwardBlock);
      }
    }

    private void backwardBlock(int piece) {
      Tensor dSrc = b.inputGradient();
      int sample = piece / dSrc.blocks();
      int channel = piece % dSrc.blocks() * lanes;
      for (int y = 0; y < dSrc.shape().height(); y++) {
        for (int x = 0; x < dSrc.shape().width(); x++) {
          backwardPixel(sample, channel, y, x);
        }
      }
    }

    private void backwardPixel(int sample, int channel, int y, int x) {
      Tensor dSrc = b.inputGradient();
      Tensor dDst = b.outputGradient();
      boolean taken = y % stride == 0 && x % stride == 0;
      // Lanes behind the input's channels belong to channels of zeros in the output.
      int used = taken ? Math.min(lanes, dSrc.shape().channels() - channel) : 0;
      long to = dSrc.index(sample, channel, y, x);
      long from = taken ? dDst.index(sample, channel, y / stride, x / stride) : 0;
      if (b.addsToInputGradient()) {
        for (int lane = 0; lane < used; lane++) {
          float sum =
              dSrc.segment().getAtIndex(FLOAT, to + lane)
                  + dDst.segment().getAtIndex(FLOAT, from + lane);
          dSrc.segment().setAtIndex(FLOAT, to + lane, sum);
        }
      } else {
        copy(dDst.segment(), from, dSrc.segment(), to, used);
        copy(b.zeros(), 0, dSrc.segment(), to + used, lanes - used);
      }
    }

    private static void copy(MemorySegment src, long from, MemorySegment dst, long to, int floats) {
      MemorySegment.copy(
          src, from * Float.BYTES, dst, to * Float.BYTES, (long) floats * Float.BYTES);
    }
  }
}
