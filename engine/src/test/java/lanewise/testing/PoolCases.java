package lanewise.testing;

import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.PoolSpec;

/// Pooling layers for the tests to iterate over: small, and odd on purpose.
public final class PoolCases {

  /// One pooling layer with a batch size.
  public record Case(PoolSpec spec, int batch) {}

  private static final List<PoolSpec> SPECS =
      List.of(
          // 1x1 maps and windows
          new PoolSpec(1, 1, 1, 1, 1, 0, false),
          new PoolSpec(17, 1, 1, 2, 1, 1, false),
          new PoolSpec(16, 1, 1, 3, 2, 1, true),
          new PoolSpec(5, 4, 6, 1, 1, 0, false),
          // the usual ones: 2x2/2, 3x3/2, 3x3/2 with padding, 3x3/1
          new PoolSpec(16, 8, 8, 2, 2, 0, false),
          new PoolSpec(6, 7, 9, 2, 2, 0, false),
          new PoolSpec(6, 7, 9, 2, 2, 0, true),
          new PoolSpec(16, 13, 13, 3, 2, 0, false),
          new PoolSpec(3, 12, 8, 3, 2, 0, true),
          new PoolSpec(20, 11, 12, 3, 2, 1, false),
          new PoolSpec(18, 6, 8, 3, 2, 1, true),
          new PoolSpec(32, 7, 5, 3, 1, 1, false),
          // 3x3 in rows of eight windows and more: with every stride, padding and rounding
          new PoolSpec(9, 10, 11, 3, 1, 1, false),
          new PoolSpec(17, 3, 10, 3, 1, 0, false),
          new PoolSpec(16, 17, 18, 3, 2, 1, true),
          new PoolSpec(5, 25, 26, 3, 3, 0, false),
          new PoolSpec(8, 2, 40, 3, 4, 1, false),
          // 3x3/1 with padding over maps that are taken as a whole, the smallest, thin, and one
          // that is not
          new PoolSpec(16, 4, 4, 3, 1, 1, false),
          new PoolSpec(9, 1, 17, 3, 1, 1, true),
          new PoolSpec(10, 18, 1, 3, 1, 1, false),
          new PoolSpec(8, 2, 9, 3, 1, 1, false),
          new PoolSpec(3, 33, 34, 3, 1, 1, false),
          // whole-map, even, large and overlapping windows
          new PoolSpec(33, 7, 7, 7, 1, 0, false),
          new PoolSpec(4, 6, 5, 4, 1, 2, false),
          new PoolSpec(1, 9, 10, 5, 3, 2, true),
          // window larger than the map
          new PoolSpec(8, 2, 2, 3, 1, 1, false),
          new PoolSpec(15, 3, 2, 5, 2, 2, true),
          // stride larger than the window; ceil mode drops windows that would start in the padding
          new PoolSpec(9, 10, 11, 2, 3, 0, false),
          new PoolSpec(7, 10, 9, 2, 4, 1, true),
          new PoolSpec(2, 5, 7, 2, 3, 1, true));

  private PoolCases() {}

  /// Every spec with batch 1 and with batch 3.
  public static List<Case> all() {
    return SPECS.stream().flatMap(spec -> Stream.of(new Case(spec, 1), new Case(spec, 3))).toList();
  }
}
