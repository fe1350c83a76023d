package lanewise.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lanewise.storage.Json;

/// What a command answers: a table, if there is one, and facts below it. The same content in every
/// [Format]; as CSV it is the table alone, or the facts where there is no table.
final class Report {

  private record Fact(String key, String label, Object value, Style style) {

    String text() {
      return style.text(value);
    }
  }

  private final String title;
  private final List<Fact> facts = new ArrayList<>();
  private Optional<Table> table = Optional.empty();
  private String tableKey = "rows";

  Report(String title) {
    this.title = title;
  }

  /// @param key the name of the table's rows in JSON
  Report table(String key, Table rows) {
    tableKey = key;
    table = Optional.of(rows);
    return this;
  }

  /// @param key name for programs
  /// @param label what it is, for people
  Report fact(String key, String label, Object value, Style style) {
    facts.add(new Fact(key, label, value, style));
    return this;
  }

  /// The report, ending in a line feed.
  String render(Format format) {
    return switch (format) {
      case TEXT -> text();
      case MARKDOWN -> markdown();
      case CSV -> table.map(Table::csv).orElseGet(this::factsAsCsv);
      case JSON -> json();
    };
  }

  private String text() {
    int width = facts.stream().mapToInt(fact -> fact.label().length()).max().orElse(0);
    List<String> sections = new ArrayList<>();
    sections.add(title + "\n");
    table.ifPresent(rows -> sections.add(rows.text()));
    if (!facts.isEmpty()) {
      sections.add(
          facts.stream()
              .map(f -> f.label() + " ".repeat(width + 2 - f.label().length()) + f.text() + "\n")
              .collect(Collectors.joining()));
    }
    return String.join("\n", sections);
  }

  private String markdown() {
    List<String> sections = new ArrayList<>();
    sections.add("### " + title + "\n");
    table.ifPresent(rows -> sections.add(rows.markdown()));
    if (!facts.isEmpty()) {
      sections.add(
          facts.stream()
              .map(fact -> "- %s: %s\n".formatted(fact.label(), fact.text()))
              .collect(Collectors.joining()));
    }
    return String.join("\n", sections);
  }

  private String factsAsCsv() {
    return facts.stream().map(Fact::key).collect(Collectors.joining(","))
        + "\n"
        + facts.stream().map(fact -> Table.csvCell(fact.value())).collect(Collectors.joining(","))
        + "\n";
  }

  private String json() {
    Map<String, Object> object = new LinkedHashMap<>();
    facts.forEach(fact -> object.put(fact.key(), fact.value()));
    table.ifPresent(rows -> object.put(tableKey, rows.json()));
    return Json.writePretty(object);
  }
}
