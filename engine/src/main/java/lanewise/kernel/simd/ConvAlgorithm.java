package lanewise.kernel.simd;

import java.util.Optional;
import lanewise.kernel.ConvSpec;

/// The algorithms that a convolution can run with, best first. Each says why it refuses a shape.
public enum ConvAlgorithm {
  /// Winograd F(4x4, 3x3): 36 multiplications for 16 results instead of 144, and transforms.
  WINOGRAD {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      if (c.kernelHeight() != 3 || c.kernelWidth() != 3) {
        return Optional.of("the kernel is not 3x3");
      }
      if (c.stride() != 1) {
        return Optional.of("the stride is not 1");
      }
      if (c.groups() != 1) {
        return Optional.of("groups");
      }
      if (c.padding() > 2) {
        return Optional.of("padding of more than 2");
      }
      return Optional.empty();
    }
  },
  /// The first layer from a plain image, whose few channels lie side by side: see
  /// [#sourceLanes(ConvSpec)].
  FIRST {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      if (c.channels() > Math.min(4, Lanes.COUNT - 1)) {
        return Optional.of("more than 3 or 4 input channels");
      }
      return c.groups() == 1 ? Optional.empty() : Optional.of("groups");
    }

    @Override
    public int sourceLanes(ConvSpec c) {
      return c.channels();
    }
  },
  /// Every kernel, stride, padding and group.
  DIRECT {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      return Optional.empty();
    }
  };

  /// Why this algorithm cannot run a shape; empty if it can.
  public abstract Optional<String> refuses(ConvSpec c);

  /// Lanes of the source tensor that this algorithm reads in forward and backward-weights.
  public int sourceLanes(ConvSpec c) {
    return Lanes.COUNT;
  }

  /// The algorithm for a shape whose source has so many lanes: [#FIRST] for a plain image, Winograd
  /// with at least 16 channels on both sides and maps of at least 4x4, where it won in every pass
  /// that was measured (`docs/performance.md`), else [#DIRECT].
  public static ConvAlgorithm choose(ConvSpec c, int sourceLanes) {
    if (sourceLanes != Lanes.COUNT) {
      return FIRST;
    }
    boolean large =
        Math.min(c.channels(), c.filters()) >= 16 && Math.min(c.outHeight(), c.outWidth()) >= 4;
    return large && WINOGRAD.refuses(c).isEmpty() ? WINOGRAD : DIRECT;
  }
}
