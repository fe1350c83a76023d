package lanewise.kernel;

import java.util.Locale;
import java.util.Optional;

/// The algorithms that a convolution can run with, best first. Each says why it refuses a shape,
/// and [#passedOver] why the fixed rule leaves a shape to the next one that it could run.
public enum ConvAlgorithm {
  /// Winograd's minimal filtering: F(4x4, 3x3) takes 36 multiplications for 16 results instead of
  /// 144, and transforms. Larger kernels are sums of such, and 3x3 with stride 2 is a sum of
  /// F(4x4, 2x2).
  WINOGRAD {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      if (c.groups() != 1) {
        return Optional.of("groups");
      }
      int smallest = Math.min(c.kernelHeight(), c.kernelWidth());
      int largest = Math.max(c.kernelHeight(), c.kernelWidth());
      if (c.stride() > 1) {
        boolean suits = c.stride() == 2 && smallest == 3 && largest == 3;
        return suits ? Optional.empty() : Optional.of("a stride, and not 3x3 with stride 2");
      }
      if (smallest < 2 || largest > MOST_WINOGRAD) {
        return Optional.of("the kernel is not 2x2 to %1$dx%1$d".formatted(MOST_WINOGRAD));
      }
      return c.padding() < smallest
          ? Optional.empty()
          : Optional.of("padding as large as the kernel");
    }

    /// It won in every pass of larger shapes that was measured: `docs/performance.md`.
    @Override
    public Optional<String> passedOver(ConvSpec c, ConvPass pass) {
      boolean inParts = c.stride() > 1 || c.kernelHeight() != 3 || c.kernelWidth() != 3;
      if (inParts && Cpu.lanes() != 8) {
        return Optional.of("not 3x3 with stride 1: measured with 8 lanes alone");
      }
      if (Math.min(c.channels(), c.filters()) < 16) {
        return Optional.of("fewer than 16 channels or filters");
      }
      return Math.min(c.outHeight(), c.outWidth()) < 4
          ? Optional.of("a map smaller than 4x4")
          : Optional.empty();
    }
  },
  /// One product over what each pixel of the result sees, gathered side by side: 1x1 convolutions
  /// and linear layers are plain products, and other kernels have long inner loops.
  IM2COL {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      return c.groups() == 1 ? Optional.empty() : Optional.of("groups");
    }

    @Override
    public Optional<String> refuses(ConvSpec c, ConvPass pass) {
      boolean small = Math.min(c.kernelHeight(), c.kernelWidth()) < c.stride() && !isPointwise(c);
      return pass == ConvPass.BACKWARD_DATA && small
          ? Optional.of("the source's gradient with a stride larger than the kernel")
          : super.refuses(c, pass);
    }

    /// Where 8 lanes leave 16 registers, short inner loops cost most.
    @Override
    public Optional<String> passedOver(ConvSpec c, ConvPass pass) {
      if (Cpu.lanes() == 8) {
        return Optional.empty();
      }
      if (!isPointwise(c)) {
        return Optional.of("the kernel is not 1x1");
      }
      return pass == ConvPass.BACKWARD_WEIGHTS
          ? Optional.of("a gradient of weights with more than 16 registers")
          : Optional.empty();
    }
  },
  /// Images in the lanes of a vector instead of channels: no lane is empty where channels or
  /// filters are few, but values change places on the way in and out.
  CHWN {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      if (c.groups() != 1) {
        return Optional.of("groups");
      }
      if (c.kernelHeight() * c.kernelWidth() == 1) {
        return Optional.of("the kernel is 1x1");
      }
      return Math.min(c.channels(), c.filters()) > MOST_CHWN
          ? Optional.of("more than %d channels and filters".formatted(MOST_CHWN))
          : Optional.empty();
    }

    @Override
    public Optional<String> refuses(ConvSpec c, ConvPass pass) {
      return pass == ConvPass.BACKWARD_DATA && c.stride() > 1
          ? Optional.of("the source's gradient with a stride")
          : super.refuses(c, pass);
    }

    @Override
    public int sourceLanes(ConvSpec c) {
      return takesPlainImage(c) ? c.channels() : Cpu.lanes();
    }

    @Override
    public Optional<String> passedOver(ConvSpec c, ConvPass pass) {
      return Optional.of("a small batch leaves lanes empty: only measuring tells");
    }
  },
  /// A first layer, or another one with few input channels, each of which is copied to a plane of
  /// its own: what neighbouring pixels see lies side by side there.
  FIRST {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      if (c.channels() > MOST_FIRST) {
        return Optional.of("more than %d input channels".formatted(MOST_FIRST));
      }
      return c.groups() == 1 ? Optional.empty() : Optional.of("groups");
    }

    @Override
    public boolean has(ConvPass pass) {
      return pass != ConvPass.BACKWARD_DATA;
    }

    @Override
    public int sourceLanes(ConvSpec c) {
      return takesPlainImage(c) ? c.channels() : Cpu.lanes();
    }

    @Override
    public Optional<String> passedOver(ConvSpec c, ConvPass pass) {
      return takesPlainImage(c)
          ? Optional.empty()
          : Optional.of("channels in blocks: only measuring tells");
    }
  },
  /// Every kernel, stride, padding and group.
  DIRECT {
    @Override
    public Optional<String> refuses(ConvSpec c) {
      return Optional.empty();
    }
  };

  private static final int MOST_CHWN = 16;
  private static final int MOST_WINOGRAD = 7;
  private static final int MOST_FIRST = 8;

  /// Whether a shape is a first layer's, which can read a plain image: its channels side by side
  /// for each pixel, instead of in blocks that they do not fill.
  public static boolean takesPlainImage(ConvSpec c) {
    return c.groups() == 1 && c.channels() <= Math.min(4, Cpu.lanes() - 1);
  }

  /// Why this algorithm cannot run a shape; empty if it can.
  public abstract Optional<String> refuses(ConvSpec c);

  /// Whether it has this pass for any shape; what has it not is left to [#DIRECT].
  public boolean has(ConvPass pass) {
    return true;
  }

  /// Why this algorithm cannot run one pass of a shape; empty if it can.
  public Optional<String> refuses(ConvSpec c, ConvPass pass) {
    return has(pass) ? refuses(c) : Optional.of("it has no such pass");
  }

  /// Lanes of the source tensor that this algorithm reads in forward and backward-weights.
  public int sourceLanes(ConvSpec c) {
    return Cpu.lanes();
  }

  /// Why the fixed rule passes it over for a pass that it could run; empty if it does not.
  public Optional<String> passedOver(ConvSpec c, ConvPass pass) {
    return Optional.empty();
  }

  private static boolean isPointwise(ConvSpec c) {
    return c.kernelHeight() == 1 && c.kernelWidth() == 1 && c.padding() == 0;
  }

  /// `winograd`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
