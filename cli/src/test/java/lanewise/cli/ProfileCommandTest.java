package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileCommandTest {

  @TempDir private Path folder;

  private Program.Result profile(String... more) {
    List<String> args = new ArrayList<>(List.of("profile", "lenet5", "--batch", "2"));
    args.addAll(List.of("--warm-up", "0", "--seconds", "0", "--output", folder.toString()));
    args.addAll(List.of(more));
    Program.Result result = Program.run(args.toArray());
    assertThat(result.code()).as(result.err()).isZero();
    return result;
  }

  @Test
  void textHasARowPerPassAndThePageIsWritten() throws Exception {
    Program.Result result = profile();
    assertThat(result.out())
        .startsWith("lenet5, training step, 2 images\n")
        .containsPattern("conv1 +forward +6x28x28")
        .containsPattern("fc3 +backward +100")
        .contains("(update)", "Finding 1", "Memory planned");
    assertThat(result.err()).contains("a training step of lenet5 with a batch of 2: ");
    assertThat(Files.readString(folder.resolve("profile.html"))).contains("<svg", "Roofline");
    assertThat(Json.parseObject(Files.readString(folder.resolve("profile.json"))))
        .containsEntry("mode", "training");
  }

  @Test
  void jsonOfInferenceHasNoBackward() throws Exception {
    Map<String, Object> json = Json.parseObject(profile("--inference", "--format", "json").out());
    assertThat(json).containsEntry("mode", "inference").containsEntry("batch", 2L);
    Map<?, ?> first = (Map<?, ?>) ((List<?>) json.get("operations")).get(0);
    assertThat(first.get("backward")).isNull();
  }

  @Test
  void overTheBudgetSaysHowMuchItNeeds() {
    Program.run("profile", "vgg16-imagenet", "--batch", 4, "--memory-budget", "100M")
        .fails(ExitCode.MEMORY, "vgg16-imagenet with a batch of 4 needs ", " GB", "is 100.0 MB");
  }

  @Test
  void anUnknownModelSuggestsNames() {
    Program.run("profile", "vgg15").fails(ExitCode.MODEL, "vgg15", "vgg16");
  }
}
