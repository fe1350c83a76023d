package lanewise.bench;

import java.util.ArrayList;
import java.util.List;

/// The roofline plot: what each operation reaches over its arithmetic intensity, under the roof of
/// memory bandwidth and FMA peak.
final class Roofline {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 460;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 20;
  private static final int TOP = 30;
  private static final int BOTTOM = HEIGHT - 50;

  private record Point(String style, String label, PassProfile pass, double share) {}

  private final MachinePeak peak;
  private final List<Point> points = new ArrayList<>();
  private double minX = 0.1;
  private double maxX = 1000;
  private double minY = 1;
  private double maxY = 100;

  private Roofline(Profile profile) {
    peak = profile.peak();
    for (OperationProfile operation : profile.operations()) {
      String label = operation.shortLabel();
      add("a", label + " forward", operation.forward(), profile.sumSeconds());
      operation
          .backward()
          .ifPresent(pass -> add("b", label + " backward", pass, profile.sumSeconds()));
    }
    maxY = Math.max(maxY, peak.gflops() * 1.5);
    for (Point point : points) {
      minX = Math.min(minX, point.pass.intensity());
      maxX = Math.max(maxX, point.pass.intensity());
      minY = Math.min(minY, point.pass.gflops());
      maxY = Math.max(maxY, point.pass.gflops());
    }
    minX = powerOfTen(minX, false);
    maxX = powerOfTen(maxX, true);
    minY = powerOfTen(minY, false);
    maxY = powerOfTen(maxY, true);
  }

  /// Operations that count nothing, such as activations, have no place in the plot.
  private void add(String style, String label, PassProfile pass, double total) {
    if (pass.flops() > 0 && pass.bytes() > 0) {
      points.add(new Point(style, label, pass, pass.time().median() / total));
    }
  }

  private static double powerOfTen(double value, boolean up) {
    double exponent = Math.log10(value);
    return Math.pow(10, up ? Math.ceil(exponent) : Math.floor(exponent));
  }

  static Svg of(Profile profile) {
    return new Roofline(profile).draw();
  }

  private Svg draw() {
    Svg svg = new Svg(WIDTH, HEIGHT, "Roofline: GFLOP/s over operations per byte");
    for (double x = minX; x <= maxX * 1.01; x *= 10) {
      svg.line("grid", x(x), TOP, x(x), BOTTOM);
      svg.text("soft", "middle", x(x), BOTTOM + 18, number(x));
    }
    for (double y = minY; y <= maxY * 1.01; y *= 10) {
      svg.line("grid", LEFT, y(y), RIGHT, y(y));
      svg.text("soft", "end", LEFT - 8, y(y) + 4, number(y));
    }
    svg.text("soft", "middle", (LEFT + RIGHT) / 2.0, HEIGHT - 10, "operations per byte");
    svg.text("soft", "start", 6, TOP - 12, "GFLOP/s");
    double start = Math.max(minX, minY / peak.gigabytesPerSecond());
    svg.path(
        "roof",
        x(start),
        y(peak.attainableGflops(start)),
        x(peak.ridge()),
        y(peak.gflops()),
        x(maxX),
        y(peak.gflops()));
    for (Point point : points) {
      svg.dot(
          point.style,
          x(point.pass.intensity()),
          y(point.pass.gflops()),
          3 + 22 * Math.sqrt(point.share),
          Text.format(
              "%s: %.1f GFLOP/s at %.1f operations per byte, %s of the time",
              point.label, point.pass.gflops(), point.pass.intensity(), Text.percent(point.share)));
    }
    svg.text(
        "label",
        "start",
        x(peak.ridge()),
        y(peak.gflops()) - 6,
        Text.format("FMA peak %.0f GFLOP/s", peak.gflops()));
    svg.text(
        "label",
        "start",
        x(start) + 8,
        y(peak.attainableGflops(start)) + 14,
        Text.format("memory %.1f GB/s", peak.gigabytesPerSecond()));
    svg.dot("a", RIGHT - 190, TOP - 14, 5, "").text("", "start", RIGHT - 180, TOP - 10, "forward");
    svg.dot("b", RIGHT - 100, TOP - 14, 5, "").text("", "start", RIGHT - 90, TOP - 10, "backward");
    return svg;
  }

  private static String number(double value) {
    return value >= 1 ? Text.format("%.0f", value) : Text.format("%.1g", value);
  }

  private double x(double intensity) {
    return LEFT + (RIGHT - LEFT) * Math.log(intensity / minX) / Math.log(maxX / minX);
  }

  private double y(double gflops) {
    return BOTTOM - (BOTTOM - TOP) * Math.log(gflops / minY) / Math.log(maxY / minY);
  }
}
