package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lanewise.network.Network;
import org.junit.jupiter.api.Test;

/// The table of `docs/models.md` is what the descriptions say. Where it differs, the failure shows
/// the lines to put there.
class ModelsPageTest {

  @Test
  void theTableListsEveryModelAsItIs() throws IOException {
    List<String> page = Files.readAllLines(Path.of("../docs/models.md"));
    List<String> table = page.stream().filter(line -> line.startsWith("|")).toList();
    List<String> expected =
        Stream.concat(
                Stream.of(
                    "| name | input | classes | parameters | multiply-adds | origin |",
                    "|---|---|--:|--:|--:|---|"),
                Models.all().stream().map(ModelsPageTest::line))
            .toList();
    assertThat(String.join("\n", table)).isEqualTo(String.join("\n", expected));
  }

  private static String line(ModelInfo model) {
    Network network = model.create().withoutAuxiliaryOutputs();
    return String.format(
        Locale.ROOT,
        "| `%s` | %s | %d | %,d | %,d | [%s](%s) |",
        model.name(),
        model.input(),
        model.classes(),
        network.trainedParameters(),
        network.multiplyAdds(),
        model.origin(),
        model.link());
  }
}
