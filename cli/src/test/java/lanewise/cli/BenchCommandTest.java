package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

  @Test
  void anUnknownGroupIsNamed() {
    Program.run("bench", "kernels")
        .fails(ExitCode.USAGE, "'kernels' is no group of benchmarks: write peak, kernel, layer");
  }

  @Test
  void quickFiguresAreNotHeldBesidePeers() {
    Program.run("bench", "--quick", "--peers").fails(ExitCode.USAGE, "leave it out with --peers");
  }

  @Test
  void aPeerAskedForByNameIsAPeerToo() {
    Program.run("bench", "--quick", "--peer", "djl").fails(ExitCode.USAGE, "--peers");
  }

  @Test
  void anUnknownPeerIsNamed() {
    Program.run("bench", "--peer", "onnxruntime,tensorflow")
        .fails(ExitCode.USAGE, "no peer is named 'tensorflow': write pytorch, onnxruntime or djl");
  }

  @Test
  void anUnknownModelSuggestsNames(@TempDir Path folder) {
    Program.run("bench", "training", "--model", "vgg17", "--output", folder.resolve("new"))
        .fails(ExitCode.MODEL, "vgg17", "vgg16");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anEarlierReportThatIsNotThereIsNamed(@TempDir Path folder) {
    Program.run("bench", "--compare", folder.resolve("none.json"), "--output", folder)
        .fails(ExitCode.STORAGE, "cannot read the earlier report", "none.json");
  }

  @Test
  void helpSaysWhatCanBeRun() {
    String help = Program.run("bench", "--help").succeeds().out();
    assertThat(help).contains("peak, kernel, layer, training, inference", "--peers", "--peer=NAME");
    assertThat(help.lines()).allMatch(line -> line.length() <= 100);
  }
}
