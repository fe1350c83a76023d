package lanewise.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import lanewise.data.SyntheticImages;
import lanewise.train.Trainer;
import lanewise.train.TrainingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compiles the README's embedding examples as they stand and runs them in a JVM of their own, on
/// the class path and on the module path.
class ReadmeTest {

  private static final Pattern EXAMPLE =
      Pattern.compile("<!-- example: (\\w+) -->\\s*```java\\n(.*?)```", Pattern.DOTALL);

  private static final String MODULE = "module example { requires lanewise.models; }";

  private static final String CLASSIFY_MAIN =
      """
      class Main {
        public static void main(String[] args) {
          Classify.classify(java.nio.file.Path.of(args[0]), new byte[3 * 32 * 32]);
        }
      }
      """;

  private static final String TRAIN_MAIN =
      """
      class Main {
        public static void main(String[] args) {
          TrainMine.train(java.nio.file.Path.of(args[0]));
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void trainsANetworkOfOnesOwnOnTheClassPath() throws Exception {
    Path checkpoint = folder.resolve("mine.safetensors");
    Path classes = compile("train", TRAIN_MAIN, false);
    String output =
        java(
            List.of(
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                classes + File.pathSeparator + libraries(),
                "Main",
                checkpoint.toString()));
    assertThat(checkpoint).as(output).exists();
  }

  @Test
  void classifiesAnImageOnTheModulePath() throws Exception {
    Path checkpoint = folder.resolve("trained.safetensors");
    TrainingConfig config =
        TrainingConfig.of("resnet10-thin").withEpochs(1).withBatchSize(32).withThreads(2);
    try (Trainer trainer =
        Trainer.create(
            Models.create("resnet10-thin"), config, SyntheticImages.create(100, 100, 0))) {
      trainer.save(checkpoint);
    }
    Path classes = compile("classify", "package example;" + CLASSIFY_MAIN, true);
    String output =
        java(
            List.of(
                "-p",
                classes + File.pathSeparator + libraries(),
                "-m",
                "example/example.Main",
                checkpoint.toString()));
    assertThat(output.lines().filter(line -> line.matches("\\s*[0-9.]+ %  .+"))).hasSize(5);
  }

  private Path compile(String name, String main, boolean module) throws IOException {
    String example =
        examples().filter(m -> m.group(1).equals(name)).findFirst().orElseThrow().group(2);
    List<String> arguments =
        new ArrayList<>(List.of(module ? "-p" : "-cp", libraries(), "-d", folder.toString()));
    if (module) {
      arguments.add(write("module-info.java", MODULE));
      example = "package example;\n" + example;
    }
    arguments.add(write("Example.java", example));
    arguments.add(write("Main.java", main));
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(code).as("javac of the README's example '%s'", name).isZero();
    return folder;
  }

  private String write(String file, String text) throws IOException {
    return Files.writeString(folder.resolve(file), text).toString();
  }

  private static Stream<Matcher> examples() throws IOException {
    Matcher matcher = EXAMPLE.matcher(Files.readString(Path.of("..", "README.md")));
    List<Matcher> found = new ArrayList<>();
    while (matcher.find()) {
      Matcher one = EXAMPLE.matcher(matcher.group());
      assertThat(one.find()).isTrue();
      found.add(one);
    }
    return found.stream();
  }

  /// The engine and the models alone, without the test's own dependencies.
  private static String libraries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.contains("engine") || entry.endsWith("classes"))
        .filter(entry -> !entry.contains("test-classes"))
        .filter(entry -> !entry.contains("junit"))
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  private static String java(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
