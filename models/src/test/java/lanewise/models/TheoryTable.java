package lanewise.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The lecture's table of one network, as it prints it. Where the folder `shared/theory` lies
/// beside
/// the project its files are read, otherwise the same figures from the tests' resources.
record TheoryTable(List<Row> rows) {

  /// One layer. A figure that the lecture does not print is absent.
  record Row(String layer, Map<String, Integer> figures, String note) {
    Optional<Integer> figure(String column) {
      return Optional.ofNullable(figures.get(column));
    }
  }

  static TheoryTable of(String network) {
    return shared(network).orElseGet(() -> fromResources(network));
  }

  static Optional<TheoryTable> shared(String network) {
    for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
      Path file = dir.resolve("shared/theory").resolve(network + ".csv");
      if (Files.isRegularFile(file)) {
        try {
          return Optional.of(parse(Files.readString(file)));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return Optional.empty();
  }

  static TheoryTable fromResources(String network) {
    String file = "theory/" + network + ".csv";
    try (InputStream in = TheoryTable.class.getResourceAsStream(file)) {
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TheoryTable parse(String csv) {
    List<String> lines = csv.lines().toList();
    String[] columns = lines.getFirst().split(",");
    return new TheoryTable(
        lines.stream().skip(1).map(line -> row(columns, line.split(",", columns.length))).toList());
  }

  private static Row row(String[] columns, String[] cells) {
    Map<String, Integer> figures = new HashMap<>();
    for (int i = 1; i < columns.length - 1; i++) {
      if (!cells[i].isEmpty()) {
        figures.put(columns[i], Integer.valueOf(cells[i]));
      }
    }
    return new Row(cells[0], figures, cells[columns.length - 1]);
  }
}
