package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lanewise.choice.Choosers;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlgorithmOptionsTest {

  @TempDir private Path folder;

  private static Program.Result algorithms(Path cache, Object... more) {
    List<Object> args = new ArrayList<>(List.of("summary", "resnet20", "--algorithms"));
    args.addAll(List.of("--input", "3x8x8", "--batch", 2, "--threads", 1));
    args.addAll(List.of(more));
    return Program.runWithCache(cache, new Interruption(), args.toArray());
  }

  @Test
  void theRuleIsShownPassByPassWithEveryReason() {
    Program.Result result = algorithms(folder, "--algorithm", "rule").succeeds();
    assertThat(result.out())
        .startsWith("resnet20, algorithms of a training step\n")
        .containsPattern("stem.conv1 +forward +first(_im2col)? +chosen +the first of the list")
        .containsPattern("stem.conv1 +forward +direct +refused +the source is a plain image")
        .containsPattern("stage1.block1.conv1 +backward-data +winograd +chosen")
        .containsPattern("stage2.block1.conv1 +backward-weights +first +refused +more than")
        .containsPattern("fc1 +backward-weights +(im2col|direct) +chosen")
        .doesNotContainPattern("stem.conv1 +backward-data");
    assertThat(folder).as("nothing was measured").isEmptyDirectory();
  }

  @Test
  void oneAlgorithmIsTakenWhereverItCanBe() {
    assertThat(algorithms(folder, "--algorithm", "direct").succeeds().out())
        .containsPattern("stem.conv1 +forward +first(_im2col)? +chosen")
        .containsPattern("stage1.block1.conv1 +forward +winograd +lost")
        .containsPattern("stage1.block1.conv1 +forward +direct +chosen +one was ordered");
  }

  @Test
  void whatIsMeasuredIsMeasuredOnceAndShownWithItsTimes() throws Exception {
    Map<String, Object> first =
        Json.parseObject(algorithms(folder, "--format", "json").succeeds().out());
    Path file = folder.resolve("convolutions.json");
    String measured = Files.readString(file);
    assertThat(measured).contains("16x8x8 -> 16, 3x3/1 pad 1; batch 2, 1 threads", "winograd");
    Map<String, Object> second =
        Json.parseObject(algorithms(folder, "--format", "json").succeeds().out());
    assertThat(second).isEqualTo(first);
    assertThat(file).hasContent(measured);
    assertThat((List<?>) first.get("algorithms"))
        .map(row -> (Map<?, ?>) row)
        .filteredOn(row -> row.get("layer").equals("stage1.block1.conv1"))
        .hasSizeGreaterThanOrEqualTo(9)
        .allMatch(row -> row.get("verdict").equals("refused") == (row.get("ms") == null));
  }

  @Test
  void aCacheThatCannotBeWrittenIsOneLineAndNoFailure() throws Exception {
    Path cache = Files.createFile(folder.resolve("file"));
    Program.Result result = algorithms(cache);
    assertThat(result.code()).isZero();
    assertThat(result.err())
        .startsWith("lanewise: measured again next time: Cannot write " + cache)
        .hasLineCount(1);
    assertThat(result.out()).containsPattern("stage1.block1.conv1 +forward +winograd +\\w+ +\\d");
  }

  @Test
  void theRunsLogSaysHowAlgorithmsWereChosen() throws Exception {
    Path run = folder.resolve("run");
    List<Object> args = new ArrayList<>(List.of("train", "--synthetic", "--model", "lenet5"));
    args.addAll(List.of("--epochs", 1, "--batch", 50, "--train-images", 50, "--test-images", 10));
    args.addAll(List.of("--threads", 1, "--algorithm", "direct", "--output", run));
    Program.run(args.toArray()).succeeds();
    assertThat(Files.readString(run.resolve("log.jsonl"))).contains("\"algorithm\":\"direct\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "evaluate run", "summary lenet5", "profile lenet5", "bench"})
  void anUnknownNameIsRefusedByAllCommands(String command) {
    List<Object> args = new ArrayList<>(List.of(command.split(" ")));
    args.addAll(List.of("--algorithm", "fft"));
    Program.run(args.toArray())
        .fails(
            ExitCode.USAGE, "'fft' is no algorithm: write " + String.join(", ", Choosers.names()));
  }
}
