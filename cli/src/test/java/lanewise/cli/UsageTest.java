package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "trian; unknown command trian: did you mean train? (see lanewise --help)",
        "xyzzy; unknown command xyzzy (see lanewise --help)",
        "--help-me; unknown option --help-me (see lanewise --help)",
        "train --epoch 3; unknown option --epoch: did you mean --epochs?",
        "train --momentun=0.5; unknown option --momentun: did you mean --momentum?",
        "models resnet20; unexpected argument resnet20 (see lanewise models --help)",
        "summary; missing required parameter: 'MODEL'",
        "summary lenet5 --format xml; 'xml' is no format: write text, markdown, csv or json",
        "summary lenet5 --input 32; 32' is no input shape: write channels x height x width",
        "summary lenet5 --batch 0; '0' is no whole number from 1 to",
        "train --epochs x; 'x' is not an int",
        "train --epochs 0; epochs 0: must be at least 1",
        "train --batch -1; batch size -1: must be at least 1",
        "train --learning-rate -0.1; learning rate -0.1: must be finite and not negative",
        "train --learning-rate NaN; learning rate NaN: must be finite and not negative",
        "train --momentum 1; momentum 1.0: must be at least 0 and below 1",
        "train --weight-decay -1; weight decay -1.0: must be finite and not negative",
        "train --label-smoothing 2; label smoothing 2.0: must be 0 to 1",
        "train --threads 0; threads 0: must be at least 1",
        "train --workers 0; data workers 0: must be at least 1",
        "profile lenet5 --warm-up x; 'x' is no number of seconds from 0 to",
        "profile lenet5 --seconds -1; '-1' is no number of seconds from 0 to",
        "train --schedule step; 'step' is no schedule: write one-cycle or constant",
        "train --memory-budget lots; 'lots' is no amount of memory: write 4G",
        "train --synthetic --validation-split 1.5 --output {}; --validation-split 1.5: must be"
            + " above 0",
        "train --synthetic --data x; --synthetic takes no --data",
        "train --mirror https://localhost/; --mirror needs --download",
        "train --data; missing required parameter for option '--data' (PATH)",
      })
  void wrongCommandLinesAreNamedInOneLine(String line, String message, @TempDir Path folder) {
    String[] args = line.replace("{}", folder.resolve("run").toString()).split(" ");
    Program.run((Object[]) args).fails(ExitCode.USAGE, message);
  }

  @Test
  void noCommandListsThem() {
    Program.run().fails(ExitCode.USAGE, "train, evaluate, summary, models");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "train --help", "evaluate -h", "summary -h", "models --help"})
  void helpGoesToStdoutAndFitsIntoATerminal(String line) {
    String out = Program.run((Object[]) line.split(" ")).succeeds().out();
    assertThat(out).contains("Usage: lanewise").contains("--help");
    assertThat(out.lines()).allMatch(text -> text.length() <= 100);
  }

  @Test
  void helpStatesTheDefaultOfEveryTrainingOption() {
    List<String> options =
        List.of(
            "--model",
            "--epochs",
            "--batch",
            "--learning-rate",
            "--schedule",
            "--momentum",
            "--weight-decay",
            "--label-smoothing",
            "--seed",
            "--threads",
            "--workers",
            "--output",
            "--memory-budget");
    String help = Program.run("train", "--help").out().replaceAll("\\s+", " ");
    for (String option : options) {
      String text = help.substring(help.indexOf(" " + option + "="));
      int next = text.indexOf(" --", 3);
      assertThat(next < 0 ? text : text.substring(0, next)).as(option).contains("(default: ");
    }
  }

  @Test
  void versionNamesProgramAndJava() {
    assertThat(Program.run("--version").succeeds().out())
        .startsWith("lanewise ")
        .contains("Java " + Runtime.version());
  }

  @Test
  void theEntryForOtherProgramsReturnsTheCode() {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.run(
            new String[] {"models", "--format", "csv"}, new PrintWriter(out), new PrintWriter(err));
    assertThat(code).isZero();
    assertThat(out.toString()).startsWith("name,family,");
    assertThat(err.toString()).isEmpty();
  }
}
