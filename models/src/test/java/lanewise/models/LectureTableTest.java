package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lanewise.models.LectureTable.Comparison;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LectureTableTest {

  @ParameterizedTest
  @CsvSource({
    "alexnet-imagenet, 12, conv4",
    "vgg16-imagenet, 4, ''",
    "googlenet-imagenet, 7, fc",
  })
  void everyRowIsHeldBesideItsLayer(String model, int rows, String misprinted) {
    List<Comparison> table = LectureTable.of(model).orElseThrow().compare(Models.create(model));
    assertThat(table).hasSize(rows);
    assertThat(table.stream().filter(row -> !row.matches()).map(row -> row.printed().layer()))
        .containsExactlyElementsOf(misprinted.isEmpty() ? List.of() : List.of(misprinted));
  }

  @Test
  void computesWhatTheLectureRounds() {
    List<Comparison> table =
        LectureTable.of("alexnet-imagenet")
            .orElseThrow()
            .compare(Models.create("alexnet-imagenet"));
    Comparison pool1 = table.get(1);
    assertThat(pool1.layer().node().name()).isEqualTo("pool1");
    assertThat(pool1.printed().memoryKb()).hasValue(182);
    assertThat(pool1.memoryKb()).isEqualTo(182.25);
    assertThat(pool1.flopM()).isEqualTo(0.419904);
    Comparison fc6 = table.get(9);
    assertThat(fc6.parametersK()).as("without biases").isEqualTo(9216 * 4096 / 1e3);
  }

  @Test
  void otherModelsHaveNoTable() {
    assertThat(LectureTable.of("alexnet")).isEmpty();
    LectureTable table = LectureTable.of("vgg16-imagenet").orElseThrow();
    assertThatThrownBy(() -> table.compare(Models.create("lenet5")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0 layers of lenet5 for the 4 rows of vgg16-imagenet");
  }
}
