package lanewise.bench;

/// A drawing as inline SVG. Colours are the classes of [Html]'s style.
final class Svg {

  private final StringBuilder shapes = new StringBuilder();
  private final int width;
  private final int height;
  private final String label;

  /// @param label what it shows, for those who cannot see it
  Svg(int width, int height, String label) {
    this.width = width;
    this.height = height;
    this.label = label;
  }

  Svg line(String style, double x1, double y1, double x2, double y2) {
    return add(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
        style, x1, y1, x2, y2);
  }

  /// A line that ends at its first point if the others are left out: `x, y, x, y, ...`.
  Svg path(String style, double... points) {
    StringBuilder d = new StringBuilder();
    for (int i = 0; i < points.length; i += 2) {
      d.append(Text.format("%s%.1f %.1f ", i == 0 ? "M" : "L", points[i], points[i + 1]));
    }
    return add("<path class=\"%s\" d=\"%s\"/>", style, d.toString().strip());
  }

  /// @param title shown when the pointer rests on it
  Svg bar(String style, double x, double y, double w, double h, String title) {
    return add(
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\""
            + " height=\"%.1f\"><title>%s</title></rect>",
        style, x, y, Math.max(w, 0.5), h, Html.escape(title));
  }

  /// @param title shown when the pointer rests on it
  Svg dot(String style, double x, double y, double radius, String title) {
    return add(
        "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>",
        style, x, y, radius, Html.escape(title));
  }

  /// @param anchor `start`, `middle` or `end`
  Svg text(String style, String anchor, double x, double y, String text) {
    return add(
        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
        style, anchor, x, y, Html.escape(text));
  }

  private Svg add(String format, Object... values) {
    shapes.append(Text.format(format, values)).append('\n');
    return this;
  }

  String render() {
    return Text.format(
            "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"%s\">\n",
            width, height, width, height, Html.escape(label))
        + shapes
        + "</svg>\n";
  }
}
