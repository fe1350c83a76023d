package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SummaryCommandTest {

  private static Map<String, Object> json(Object... args) throws Exception {
    return Json.parseObject(Program.run(args).succeeds().out());
  }

  @ParameterizedTest
  @CsvSource({
    "lenet5, 69656, 659280",
    "resnet20, 278324, 40818944",
    "resnet10-thin, 1252100, 63824896",
    "resnet18-imagenet, 11689512, 1814073344"
  })
  void totalsAreThoseOfTheWellKnownNetworks(String model, long parameters, long multiplyAdds)
      throws Exception {
    assertThat(json("summary", model, "--format", "json"))
        .containsEntry("model", model)
        .containsEntry("parameters", parameters)
        .containsEntry("multiply_adds", multiplyAdds);
  }

  @Test
  void auxiliaryClassifiersAreCountedApart() throws Exception {
    assertThat(json("summary", "googlenet-imagenet", "--format", "json"))
        .containsEntry("parameters", 13_378_280L)
        .containsEntry("evaluation_parameters", 6_998_552L)
        .containsEntry("evaluation_multiply_adds", 1_582_671_872L);
    assertThat(Program.run("models", "--format", "csv").succeeds().out())
        .contains("googlenet-imagenet,GoogLeNet,3x224x224,1000,6998552,1582671872,");
    assertThat(json("summary", "lenet5", "--format", "json"))
        .doesNotContainKey("evaluation_parameters");
  }

  @Test
  void jsonHasEveryLayerAndSumsUpToTheTotals() throws Exception {
    Map<String, Object> summary = json("summary", "lenet5", "--format", "json");
    List<?> layers = (List<?>) summary.get("layers");
    assertThat(layers).hasSize(12);
    Map<?, ?> conv = (Map<?, ?>) layers.get(0);
    Map<String, Object> expected =
        Map.of(
            "name",
            "conv1",
            "kind",
            "conv",
            "output",
            "6x28x28",
            "output_bytes",
            4L * 6 * 28 * 28,
            "parameters",
            456L,
            "multiply_adds",
            352_800L,
            "operations",
            352_800L,
            "operations_share",
            352_800 / 665_584.0,
            "backward_operations",
            352_800L);
    expected.forEach((key, value) -> assertThat(conv.get(key)).as(key).isEqualTo(value));
    assertThat(summary).containsEntry("operations", 659_280L + 4 * (6 * 14 * 14 + 16 * 5 * 5));
    for (String key :
        List.of("parameters", "multiply_adds", "operations", "output_bytes", "step_bytes")) {
      long sum = layers.stream().mapToLong(row -> (Long) ((Map<?, ?>) row).get(key)).sum();
      assertThat(sum).as(key).isEqualTo(summary.get(key));
    }
  }

  @Test
  void textHasARowPerLayerAndTheTotals() {
    String out = Program.run("summary", "lenet5").succeeds().out();
    assertThat(out).startsWith("lenet5: 3x32x32 -> 100 classes\n");
    assertThat(out.lines().map(line -> line.replaceAll(" +", " ")))
        .contains(
            "Layer Kind Output Output memory Parameters Share Multiply-adds Operations Share"
                + " Backward Moved",
            "conv1 conv 6x28x28 18.4 KB 456 0.65 % 352,800 352,800 53.01 % 352,800 7.6 MB",
            "fc3 fc 100 400 B 8,500 12.20 % 8,400 8,400 1.26 % 16,800 491.6 KB",
            "total 40.5 KB 69,656 100.00 % 659,280 665,584 100.00 % 972,064 27.0 MB",
            "Parameters 69,656");
  }

  @Test
  void biasesAndStrictCountingAreOnRequest() throws Exception {
    String[] line = {"summary", "lenet5", "--count-biases", "--strict", "--format", "json"};
    Map<String, Object> summary = json((Object[]) line);
    long pooling = 4 * (6 * 14 * 14 + 16 * 5 * 5);
    long biases = 6 * 28 * 28 + 16 * 10 * 10 + 120 + 84 + 100;
    assertThat(summary)
        .containsEntry("operations", 2 * 659_280L + pooling + biases)
        .containsEntry("multiply_adds", 659_280L)
        .containsEntry("counting", "a multiply-add as two operations, biases too");
  }

  @Test
  void classesAndInputAreFreeToChoose() throws Exception {
    Map<String, Object> summary =
        json("summary", "lenet5", "--classes", 10, "--input", "1x32x32", "--format", "json");
    assertThat(summary)
        .containsEntry("classes", 10L)
        .containsEntry("input", "1x32x32")
        .containsEntry("parameters", 61_706L);
  }

  @Test
  void memoryGrowsWithTheBatchAndIsLessForInference() throws Exception {
    Map<String, Object> small = json("summary", "resnet20", "--batch", 1, "--format", "json");
    Map<String, Object> large = json("summary", "resnet20", "--batch", 64, "--format", "json");
    assertThat((Long) large.get("training_bytes"))
        .isGreaterThan((Long) small.get("training_bytes"));
    assertThat((Long) large.get("inference_bytes")).isLessThan((Long) large.get("training_bytes"));
    // Three arrays of parameters at least, and the stem's output for every image.
    assertThat((Long) large.get("training_bytes"))
        .isGreaterThan(3 * 4 * 278_324L + 64L * 4 * 16 * 32 * 32);
  }

  @Test
  void anUnknownModelSuggestsNames() {
    Program.run("summary", "resnet21").fails(ExitCode.MODEL, "resnet21", "resnet20");
  }

  @Test
  void anInputTooSmallNamesTheLayer() {
    Program.run("summary", "lenet5", "--input", "3x8x8").fails(ExitCode.MODEL, "lenet5, layer ");
  }

  @Test
  void modelsAreListedWithTheirSizes() throws Exception {
    List<?> models = (List<?>) json("models", "--format", "json").get("models");
    Map<?, ?> resnet20 =
        models.stream()
            .map(row -> (Map<?, ?>) row)
            .filter(row -> row.get("name").equals("resnet20"))
            .findFirst()
            .orElseThrow();
    assertThat(resnet20.get("parameters")).isEqualTo(278_324L);
    assertThat(resnet20.get("input")).isEqualTo("3x32x32");
    assertThat(Program.run("models").succeeds().out()).startsWith(models.size() + " models\n");
  }
}
