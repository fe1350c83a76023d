package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.ConvSpec;

/// The blocked layout of convolution weights, OIhw`i``o`: `[K/lanes][C/lanes][kh][kw][lanes of
/// C][lanes of K]`, so that one load takes `lanes` output channels of one tap. Channels are padded
/// with zeros, per group if the groups are whole blocks. Groups that are not whole blocks are kept
/// as one dense matrix with zeros between the groups.
public final class WeightPacking {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private WeightPacking() {}

  /// The spec that kernels run: groups of whole blocks stay, others become one dense group.
  static ConvSpec aligned(ConvSpec c) {
    boolean whole =
        c.channelsPerGroup() % Lanes.COUNT == 0 && c.filtersPerGroup() % Lanes.COUNT == 0;
    return whole || c.groups() == 1
        ? c
        : new ConvSpec(
            c.channels(),
            c.height(),
            c.width(),
            c.filters(),
            c.kernelHeight(),
            c.kernelWidth(),
            c.stride(),
            c.padding(),
            1);
  }

  /// Floats of the packed weights.
  public static long floats(ConvSpec c) {
    ConvSpec a = aligned(c);
    return (long) a.groups()
        * blocks(a.filtersPerGroup())
        * blocks(a.channelsPerGroup())
        * a.kernelHeight()
        * a.kernelWidth()
        * Lanes.COUNT
        * Lanes.COUNT;
  }

  static int blocks(int channels) {
    return Math.ceilDiv(channels, Lanes.COUNT);
  }

  /// From plain `K x (C/groups) x kh x kw` order; padding is left as it is (zero).
  public static void pack(ConvSpec c, float[] plain, MemorySegment packed) {
    visit(c, (from, to) -> packed.setAtIndex(FLOAT, to, plain[from]));
  }

  /// To plain order.
  public static void unpack(ConvSpec c, MemorySegment packed, float[] plain) {
    visit(c, (to, from) -> plain[to] = packed.getAtIndex(FLOAT, from));
  }

  /// Zeroes what lies between groups that are not whole blocks: a gradient there must not train it.
  static void clearBetweenGroups(ConvSpec c, MemorySegment dWeights) {
    ConvSpec a = aligned(c);
    if (a.groups() == c.groups()) {
      return;
    }
    for (int k = 0; k < c.filters(); k++) {
      for (int ch = 0; ch < c.channels(); ch++) {
        if (k / c.filtersPerGroup() != ch / c.channelsPerGroup()) {
          for (int tap = 0; tap < c.kernelHeight() * c.kernelWidth(); tap++) {
            dWeights.setAtIndex(FLOAT, index(a, k, ch, tap), 0);
          }
        }
      }
    }
  }

  private interface Pair {
    void at(int plain, long packed);
  }

  private static void visit(ConvSpec c, Pair pair) {
    ConvSpec a = aligned(c);
    int taps = c.kernelHeight() * c.kernelWidth();
    int plain = 0;
    for (int k = 0; k < c.filters(); k++) {
      int firstChannel =
          a.groups() == c.groups() ? 0 : k / c.filtersPerGroup() * c.channelsPerGroup();
      for (int ch = 0; ch < c.channelsPerGroup(); ch++) {
        for (int tap = 0; tap < taps; tap++) {
          pair.at(plain++, index(a, k, firstChannel + ch, tap));
        }
      }
    }
  }

  private static long index(ConvSpec a, int k, int channel, int tap) {
    int lanes = Lanes.COUNT;
    int group = k / a.filtersPerGroup();
    int inGroup = k % a.filtersPerGroup();
    int block = group * blocks(a.filtersPerGroup()) + inGroup / lanes;
    int taps = a.kernelHeight() * a.kernelWidth();
    return index(block * lanes + inGroup % lanes, channel, a.channelsPerGroup(), tap, taps);
  }

  /// The float at which a weight lies.
  ///
  /// @param filter in one group of all blocks
  /// @param channels of a group
  static long index(int filter, int channel, int channels, int tap, int taps) {
    int lanes = Lanes.COUNT;
    long pair = (long) (filter / lanes) * blocks(channels) + channel / lanes;
    return ((pair * taps + tap) * lanes + channel % lanes) * lanes + filter % lanes;
  }
}
