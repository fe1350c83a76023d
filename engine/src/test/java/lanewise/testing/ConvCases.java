package lanewise.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lanewise.kernel.ConvSpec;

/// Convolutions for the tests to iterate over: small, and odd on purpose.
public final class ConvCases {

  /// One convolution with a batch size.
  public record Case(ConvSpec spec, int batch) {
    @Override
    public String toString() {
      return "batch " + batch + ", " + spec;
    }
  }

  private static final List<ConvSpec> SPECS =
      List.of(
          // 1x1 maps, one channel, one filter
          conv(1, 1, 1, 1, 1, 1, 0),
          conv(1, 1, 1, 1, 3, 1, 1),
          conv(17, 1, 1, 5, 1, 1, 0),
          conv(16, 1, 1, 32, 3, 1, 1),
          conv(1, 7, 5, 1, 3, 1, 1),
          // 1x1 kernels
          conv(16, 6, 6, 16, 1, 1, 0),
          conv(33, 5, 7, 18, 1, 1, 0),
          conv(8, 9, 9, 20, 1, 2, 0),
          conv(3, 4, 4, 2, 1, 1, 2),
          // 3x3 kernels
          conv(3, 11, 13, 16, 3, 1, 1),
          conv(16, 8, 8, 16, 3, 1, 1),
          conv(32, 7, 7, 48, 3, 1, 1),
          conv(17, 9, 6, 19, 3, 1, 1),
          conv(4, 12, 17, 6, 3, 1, 0),
          conv(2, 5, 5, 3, 3, 1, 2),
          conv(5, 6, 7, 9, 3, 1, 3),
          conv(16, 9, 9, 32, 3, 2, 1),
          conv(6, 10, 8, 10, 3, 2, 0),
          conv(10, 13, 10, 7, 3, 3, 2),
          conv(1, 16, 33, 16, 3, 1, 1),
          // 5x5 kernels
          conv(1, 12, 12, 6, 5, 1, 2),
          conv(6, 14, 14, 16, 5, 1, 0),
          conv(18, 6, 9, 3, 5, 2, 2),
          conv(3, 11, 11, 5, 5, 3, 1),
          // stride 2 of small maps, and kernels that Winograd cuts into parts
          conv(9, 4, 4, 17, 3, 2, 1),
          conv(24, 17, 18, 8, 3, 2, 2),
          conv(16, 3, 5, 16, 3, 2, 1),
          conv(16, 8, 8, 24, 5, 1, 2),
          conv(9, 13, 10, 17, 4, 1, 1),
          conv(8, 9, 11, 10, 6, 1, 3),
          conv(10, 12, 9, 8, 7, 1, 3),
          new ConvSpec(8, 9, 11, 9, 2, 3, 1, 1, 1),
          // first layers of ImageNet networks
          conv(3, 23, 21, 16, 7, 2, 3),
          conv(3, 35, 39, 20, 11, 4, 0),
          conv(4, 19, 19, 8, 11, 4, 2),
          // even and oblong kernels
          conv(7, 6, 6, 9, 2, 1, 1),
          conv(16, 8, 8, 16, 4, 2, 1),
          new ConvSpec(5, 7, 9, 6, 1, 3, 1, 0, 1),
          new ConvSpec(17, 9, 4, 16, 5, 2, 2, 1, 1),
          // kernel larger than the map
          conv(3, 2, 2, 4, 3, 1, 1),
          conv(16, 2, 3, 16, 5, 1, 2),
          conv(2, 1, 4, 17, 7, 2, 3),
          // stride larger than the kernel
          conv(9, 9, 11, 16, 1, 3, 0),
          conv(16, 10, 10, 8, 2, 4, 1),
          conv(3, 13, 14, 5, 3, 4, 1),
          // small maps of many channels
          conv(120, 2, 2, 40, 3, 1, 1),
          conv(115, 4, 3, 70, 3, 1, 1),
          conv(128, 5, 6, 20, 3, 2, 1),
          conv(113, 3, 2, 33, 5, 1, 2),
          conv(144, 4, 4, 17, 1, 1, 0),
          conv(128, 6, 5, 18, 2, 1, 1),
          new ConvSpec(128, 3, 4, 16, 1, 3, 1, 1, 1),
          // groups
          grouped(4, 6, 6, 8, 3, 1, 1, 2),
          grouped(32, 5, 5, 32, 3, 1, 1, 2),
          grouped(6, 7, 5, 9, 5, 1, 2, 3),
          grouped(10, 8, 8, 4, 1, 2, 0, 2),
          grouped(16, 6, 7, 16, 3, 2, 1, 16),
          grouped(5, 4, 4, 10, 3, 1, 1, 5));

  private ConvCases() {}

  /// Every spec with batch 1 and with batch 3.
  public static List<Case> all() {
    return SPECS.stream().flatMap(spec -> Stream.of(new Case(spec, 1), new Case(spec, 3))).toList();
  }

  /// The convolutions of AlexNet, GoogLeNet, ResNet-50 and VGG-19 as oneDNN's benchdnn lists them,
  /// each once, in full size: read from `shared/conformance/conv_shapes.csv` in the nearest folder
  /// above that has it, empty where none has.
  ///
  /// @throws IllegalStateException if a row's output height is not the spec's
  public static List<ConvSpec> published() throws IOException {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path file = folder.resolve("shared/conformance/conv_shapes.csv");
      if (Files.exists(file)) {
        return Files.readAllLines(file).stream().skip(1).map(ConvCases::parse).distinct().toList();
      }
    }
    return List.of();
  }

  /// A row: network, layer, groups, in_channels, out_channels, in_h, in_w, kernel_h, kernel_w,
  /// stride, padding, out_h.
  static ConvSpec parse(String row) {
    int[] n = Stream.of(row.split(",")).skip(2).mapToInt(Integer::parseInt).toArray();
    ConvSpec spec = new ConvSpec(n[1], n[3], n[4], n[2], n[5], n[6], n[7], n[8], n[0]);
    if (spec.outHeight() != n[9]) {
      throw new IllegalStateException(
          "%s has %d output rows, but the row is %s".formatted(spec, spec.outHeight(), row));
    }
    return spec;
  }

  private static ConvSpec conv(
      int channels, int height, int width, int filters, int kernel, int stride, int padding) {
    return grouped(channels, height, width, filters, kernel, stride, padding, 1);
  }

  private static ConvSpec grouped(
      int channels,
      int height,
      int width,
      int filters,
      int kernel,
      int stride,
      int padding,
      int groups) {
    return new ConvSpec(channels, height, width, filters, kernel, kernel, stride, padding, groups);
  }
}
