package lanewise.layer;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.simd.WeightPacking;

/// One parameter of a layer, described. Checkpoints and other programs see its values in plain
/// order; kernels see them packed (blocked and padded with zeros).
///
/// @param name name within the layer: `weight`, `bias`, `running_mean`, `running_var`
/// @param shape plain shape, outermost first: `K x C/groups x kh x kw`, `out x in` or `n`
/// @param role what it is for
/// @param initialization values before training
/// @param packing order in memory
public record Parameter(
    String name, List<Integer> shape, Role role, Initialization initialization, Packing packing) {

  /// What a parameter is for.
  public enum Role {
    /// Trained, and subject to weight decay.
    WEIGHT(true, true),
    /// Trained without weight decay: biases, scales and offsets of normalization.
    NO_DECAY(true, false),
    /// Not trained but measured in training: running statistics.
    STATISTIC(false, false);

    private final boolean trained;
    private final boolean decayed;

    Role(boolean trained, boolean decayed) {
      this.trained = trained;
      this.decayed = decayed;
    }

    /// Whether an optimizer changes it.
    public boolean trained() {
      return trained;
    }

    /// Whether weight decay applies.
    public boolean decayed() {
      return decayed;
    }
  }

  /// The order of a parameter's values in memory.
  public interface Packing {
    /// Floats in memory, padding included; a multiple of 16.
    long floats();

    /// Copies from plain order; does not touch the padding.
    void pack(float[] plain, MemorySegment packed);

    /// Copies to plain order.
    void unpack(MemorySegment packed, float[] plain);
  }

  /// Number of values without padding.
  public long elements() {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  /// The same under another name.
  Parameter named(String newName) {
    return new Parameter(newName, shape, role, initialization, packing);
  }

  /// A convolution's weights.
  static Parameter weights(ConvSpec spec, List<Integer> shape, Initialization initialization) {
    return new Parameter("weight", shape, Role.WEIGHT, initialization, new ConvPacking(spec));
  }

  /// One value per channel.
  static Parameter vector(String name, int channels, Role role, Initialization initialization) {
    return new Parameter(
        name, List.of(channels), role, initialization, new VectorPacking(channels));
  }

  private record ConvPacking(ConvSpec spec) implements Packing {
    @Override
    public long floats() {
      return Math.ceilDiv(WeightPacking.floats(spec), 16) * 16;
    }

    @Override
    public void pack(float[] plain, MemorySegment packed) {
      WeightPacking.pack(spec, plain, packed);
    }

    @Override
    public void unpack(MemorySegment packed, float[] plain) {
      WeightPacking.unpack(spec, packed, plain);
    }
  }

  private record VectorPacking(int channels) implements Packing {
    @Override
    public long floats() {
      return Math.ceilDiv(channels, 64) * 64L;
    }

    @Override
    public void pack(float[] plain, MemorySegment packed) {
      MemorySegment.copy(plain, 0, packed, ValueLayout.JAVA_FLOAT, 0, channels);
    }

    @Override
    public void unpack(MemorySegment packed, float[] plain) {
      MemorySegment.copy(packed, ValueLayout.JAVA_FLOAT, 0, plain, 0, channels);
    }
  }
}
