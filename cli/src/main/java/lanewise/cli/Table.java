package lanewise.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Rows under typed columns, with four ways to write them: aligned text and Markdown with values as
/// people read them, CSV (RFC 4180) and JSON with the values themselves.
final class Table {

  /// @param key name for programs
  /// @param title heading for people
  record Column(String key, String title, Style style) {}

  private static final String GAP = "  ";

  private final List<Column> columns;
  private final List<Object[]> rows = new ArrayList<>();
  private Object[] total;

  Table(Column... columns) {
    this.columns = List.of(columns);
  }

  /// Adds a row: one value per column, null where there is none.
  Table row(Object... values) {
    rows.add(checked(values));
    return this;
  }

  /// Sets the last row, which sums up the others. CSV leaves it out, so that every row is of a
  /// kind.
  Table total(Object... values) {
    total = checked(values);
    return this;
  }

  private Object[] checked(Object[] values) {
    if (values.length != columns.size()) {
      throw new IllegalArgumentException(
          "%d values for %d columns".formatted(values.length, columns.size()));
    }
    return values;
  }

  /// Aligned columns under their titles.
  String text() {
    List<List<String>> cells = cells();
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      int column = i;
      widths[i] = cells.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }
    String rule = Arrays.stream(widths).mapToObj("-"::repeat).collect(Collectors.joining(GAP));
    StringBuilder out = new StringBuilder();
    for (int r = 0; r < cells.size(); r++) {
      if (r == 1 || (total != null && r == cells.size() - 1)) {
        out.append(rule).append('\n');
      }
      out.append(aligned(cells.get(r), widths)).append('\n');
    }
    return out.toString();
  }

  private String aligned(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String pad = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? "" : GAP)
          .append(columns.get(i).style().alignsRight() ? pad + row.get(i) : row.get(i) + pad);
    }
    return line.toString().stripTrailing();
  }

  /// A Markdown table; the total is its last row.
  String markdown() {
    List<List<String>> cells = cells();
    StringBuilder out = new StringBuilder();
    for (int r = 0; r < cells.size(); r++) {
      out.append(
          cells.get(r).stream()
              .map(cell -> cell.replace("|", "\\|"))
              .collect(Collectors.joining(" | ", "| ", " |\n")));
      if (r == 0) {
        out.append(
            columns.stream()
                .map(column -> column.style().alignsRight() ? "---:" : "---")
                .collect(Collectors.joining(" | ", "| ", " |\n")));
      }
    }
    return out.toString();
  }

  /// One line of keys and one per row.
  String csv() {
    StringBuilder out = new StringBuilder();
    out.append(columns.stream().map(Column::key).collect(Collectors.joining(","))).append('\n');
    for (Object[] row : rows) {
      List<String> cells = new ArrayList<>();
      for (Object value : row) {
        cells.add(csvCell(value));
      }
      out.append(String.join(",", cells)).append('\n');
    }
    return out.toString();
  }

  static String csvCell(Object value) {
    String text = value == null ? "" : value.toString();
    return text.matches("[^,\"\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  /// The rows as JSON objects.
  List<Map<String, Object>> json() {
    return rows.stream().map(this::json).toList();
  }

  private Map<String, Object> json(Object[] row) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < row.length; i++) {
      object.put(columns.get(i).key(), row[i]);
    }
    return object;
  }

  /// Titles, rows and total as people read them.
  private List<List<String>> cells() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(columns.stream().map(Column::title).toList());
    rows.forEach(row -> cells.add(cells(row)));
    if (total != null) {
      cells.add(cells(total));
    }
    return cells;
  }

  private List<String> cells(Object[] row) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < row.length; i++) {
      cells.add(columns.get(i).style().text(row[i]));
    }
    return cells;
  }
}
