package lanewise.network;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// Copies samples from plain NCHW order to the network's blocked input, one piece per sample.
final class InputCopy implements Parallel.Body {

  private final Tensor input;
  private float[] images;

  InputCopy(Tensor input) {
    this.input = input;
  }

  void run(float[] plainImages, int count, Parallel parallel) {
    images = plainImages;
    parallel.run(count, this);
  }

  @Override
  public void run(int image, int thread) {
    int pixels = input.shape().pixels();
    int channels = input.shape().channels();
    int lanes = input.lanes();
    MemorySegment segment = input.segment();
    int from = image * channels * pixels;
    for (int c = 0; c < channels; c++) {
      long to = input.index(image, c, 0, 0);
      for (int p = 0; p < pixels; p++) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, to + (long) p * lanes, images[from + p]);
      }
      from += pixels;
    }
  }
}
