package lanewise.bench;

import java.util.ArrayList;
import java.util.List;

/// Horizontal bars in rows, several to a row, on one scale that starts at zero.
final class Bars {

  private static final int WIDTH = 1100;
  private static final int LABELS = 330;
  private static final int VALUES = 200;
  private static final int TOP = 40;
  private static final int GAP = 8;

  /// One bar.
  ///
  /// @param style class of [Html]'s style
  /// @param title shown when the pointer rests on it
  record Bar(String style, double value, String title) {}

  private record Row(String label, String value, List<Bar> bars) {}

  private record Line(String label, double value) {}

  private final String title;
  private final int thickness;
  private final List<Row> rows = new ArrayList<>();
  private final List<Line> lines = new ArrayList<>();
  private final List<String[]> legend = new ArrayList<>();

  /// @param thickness pixels of one bar
  Bars(String title, int thickness) {
    this.title = title;
    this.thickness = thickness;
  }

  /// Adds a row.
  ///
  /// @param value written behind the bars
  Bars row(String label, String value, List<Bar> bars) {
    rows.add(new Row(label, value, List.copyOf(bars)));
    return this;
  }

  /// A line across all rows.
  Bars limit(String label, double value) {
    lines.add(new Line(label, value));
    return this;
  }

  /// Explains a style.
  Bars legend(String style, String meaning) {
    legend.add(new String[] {style, meaning});
    return this;
  }

  Svg draw() {
    int height = TOP + 10;
    for (Row row : rows) {
      height += rowHeight(row);
    }
    Svg svg = new Svg(WIDTH, height, title);
    double largest = lines.stream().mapToDouble(Line::value).max().orElse(0);
    for (Row row : rows) {
      largest = Math.max(largest, row.bars.stream().mapToDouble(Bar::value).max().orElse(0));
    }
    double scale = largest == 0 ? 0 : (WIDTH - LABELS - VALUES) / largest;
    int x = LABELS;
    for (String[] entry : legend) {
      svg.bar(entry[0], x, 6, 12, 12, entry[1]);
      svg.text("", "start", x + 17, 16, entry[1]);
      x += 40 + 7 * entry[1].length();
    }
    for (Line line : lines) {
      double at = LABELS + line.value * scale;
      svg.line("axis", at, TOP - 4, at, height - 6);
      svg.text("soft", "end", at, TOP - 8, line.label);
    }
    drawRows(svg, scale);
    return svg;
  }

  private void drawRows(Svg svg, double scale) {
    int y = TOP;
    for (Row row : rows) {
      int bars = row.bars.size() * thickness;
      double middle = y + bars / 2.0 + 4;
      svg.text("", "end", LABELS - 8, middle, shortened(row.label));
      double end = 0;
      for (int i = 0; i < row.bars.size(); i++) {
        Bar bar = row.bars.get(i);
        double width = bar.value * scale;
        svg.bar(bar.style, LABELS, y + i * thickness, width, thickness - 1, bar.title);
        end = Math.max(end, width);
      }
      svg.text("soft", "start", LABELS + end + 6, middle, row.value);
      y += rowHeight(row);
    }
  }

  private int rowHeight(Row row) {
    return Math.max(row.bars.size() * thickness + GAP, 16);
  }

  private static String shortened(String label) {
    return label.length() <= 46
        ? label
        : label.substring(0, 20) + "..." + label.substring(label.length() - 23);
  }
}
