package lanewise.kernel.simd;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The vector width that all kernels use: the machine's preferred one, at most 512 bits.
/// `-Dlanewise.lanes=4|8|16` forces another, for tests. The lane count is the channel block of the
/// layout as well.
public final class Lanes {

  static final VectorSpecies<Float> SPECIES = species();
  static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  /// fp32 lanes of one vector: 4, 8 or 16.
  public static final int COUNT = SPECIES.length();

  static final int BYTES = COUNT * Float.BYTES;
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /// The most vectors of output channels per register tile: 4 with 32 registers (AVX-512, NEON), 2
  /// with 16 (AVX2). See [RegisterTiles] for the budget.
  static final int MAX_BLOCKS = COUNT == 8 ? 2 : 4;

  private Lanes() {}

  private static VectorSpecies<Float> species() {
    int lanes =
        Integer.getInteger("lanewise.lanes", Math.min(16, FloatVector.SPECIES_PREFERRED.length()));
    return switch (lanes) {
      case 4 -> FloatVector.SPECIES_128;
      case 8 -> FloatVector.SPECIES_256;
      case 16 -> FloatVector.SPECIES_512;
      default -> throw new IllegalArgumentException("lanewise.lanes=" + lanes + ": 4, 8 or 16");
    };
  }
}
