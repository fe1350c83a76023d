package lanewise.models;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import lanewise.layer.Conv2d;
import lanewise.layer.Flatten;
import lanewise.layer.GlobalAvgPool2d;
import lanewise.layer.Linear;
import lanewise.layer.MaxPool2d;
import lanewise.network.Network;
import lanewise.network.Network.LayerInfo;
import lanewise.network.Theory;

/// The table of one network as the lecture prints it, to be held beside what its description gives.
///
/// @param model the model that it is of
/// @param rows the rows that the lecture prints, which need not be all layers
public record LectureTable(String model, List<Row> rows) {

  /// Files of the tables, and which layers of the model their rows are.
  private static final Map<String, Source> SOURCES =
      Map.of(
          "alexnet-imagenet", new Source("alexnet", ".*"),
          "vgg16-imagenet", new Source("vgg16", "head\\.(flatten|fc)\\d"),
          "googlenet-imagenet", new Source("googlenet", "(stem|head).*"));

  private record Source(String file, String layers) {}

  public LectureTable {
    rows = List.copyOf(rows);
  }

  /// One row as printed: rounded to whole units; absent where the lecture prints nothing.
  ///
  /// @param memoryKb the output's memory in units of 1,024 bytes
  /// @param parametersK parameters in thousands
  /// @param flopM multiply-adds in millions
  /// @param note where the lecture's own figure or convention differs, and how
  public record Row(
      String layer,
      OptionalLong memoryKb,
      OptionalLong parametersK,
      OptionalLong flopM,
      String note) {}

  /// A printed row beside what the layer's description gives, unrounded.
  public record Comparison(
      Row printed, LayerInfo layer, double memoryKb, double parametersK, double flopM) {

    /// Whether every printed figure is the computed one, rounded.
    public boolean matches() {
      return matches(printed.memoryKb, memoryKb)
          && matches(printed.parametersK, parametersK)
          && matches(printed.flopM, flopM);
    }

    private static boolean matches(OptionalLong printed, double computed) {
      return printed.isEmpty() || printed.getAsLong() == Math.round(computed);
    }
  }

  /// The table of a model, if the lecture prints one.
  public static Optional<LectureTable> of(String model) {
    return Optional.ofNullable(SOURCES.get(model))
        .map(source -> new LectureTable(model, read(source.file)));
  }

  private static List<Row> read(String file) {
    try (InputStream in = LectureTable.class.getResourceAsStream("theory/" + file + ".csv")) {
      String csv = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      List<String> columns = List.of(csv.lines().findFirst().orElseThrow().split(","));
      return csv.lines().skip(1).map(line -> row(columns, line.split(",", -1))).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Row row(List<String> columns, String[] cells) {
    return new Row(
        cells[0],
        number(cells[columns.indexOf("memory_kb")]),
        number(cells[columns.indexOf("params_k")]),
        number(cells[columns.indexOf("flop_m")]),
        cells[columns.indexOf("note")]);
  }

  private static OptionalLong number(String cell) {
    return cell.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(cell));
  }

  /// Holds the table beside the layers of its network.
  ///
  /// @throws IllegalArgumentException if the network does not have the table's layers
  public List<Comparison> compare(Network network) {
    Predicate<String> named =
        name -> SOURCES.containsKey(model) && name.matches(SOURCES.get(model).layers);
    List<Theory.Layer> layers =
        Theory.of(network, Theory.Counting.LECTURE).layers().stream()
            .filter(layer -> named.test(layer.info().node().name()) && isPrinted(layer))
            .toList();
    if (layers.size() != rows.size()) {
      throw new IllegalArgumentException(
          "%d layers of %s for the %d rows of %s"
              .formatted(layers.size(), network.name(), rows.size(), model));
    }
    List<Comparison> result = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      result.add(compare(rows.get(i), layers.get(i)));
    }
    return result;
  }

  /// The lecture has no rows for activations and dropout.
  private static boolean isPrinted(Theory.Layer layer) {
    return switch (layer.info().node().layer()) {
      case Conv2d _, Linear _, Flatten _, MaxPool2d _, GlobalAvgPool2d _ -> true;
      default -> false;
    };
  }

  private static Comparison compare(Row row, Theory.Layer layer) {
    boolean withoutBias = row.note.contains("without bias");
    long parameters = layer.parameters() - (withoutBias ? layer.biases() : 0);
    return new Comparison(
        row,
        layer.info(),
        layer.outputKilobytes(),
        parameters / 1e3,
        layer.forwardOperations() / 1e6);
  }
}
