package lanewise.cli;

import java.nio.file.Path;
import java.util.Iterator;
import lanewise.choice.Choosers;
import lanewise.choice.ConvChooser;
import lanewise.choice.ConvProblem;
import lanewise.choice.MeasuredChooser;
import lanewise.kernel.ConvPass;
import picocli.CommandLine.Option;

/// How the algorithms of convolutions are chosen: the option of all commands that compute.
final class AlgorithmOptions {

  @Option(
      names = "--algorithm",
      paramLabel = "NAME",
      defaultValue = Choosers.MEASURED,
      converter = Converters.ChooserNames.class,
      completionCandidates = Names.class,
      description =
          "How convolutions run: ${COMPLETION-CANDIDATES}. Measured times are kept in the user's"
              + " cache folder; rule is the same everywhere; any other is taken wherever it can be"
              + " (default: ${DEFAULT-VALUE}).")
  private String name;

  /// What can be written after `--algorithm`.
  static final class Names implements Iterable<String> {

    @Override
    public Iterator<String> iterator() {
      return Choosers.names().iterator();
    }
  }

  String name() {
    return name;
  }

  /// The file of measured times.
  static Path file(Session session) {
    return Choosers.file(session.cacheFolder());
  }

  /// One for the whole command, so that nothing is measured twice. A person is told when it
  /// measures, everybody if its times cannot be kept.
  ConvChooser chooser(Session session) {
    return Choosers.of(
        name,
        file(session),
        new MeasuredChooser.Listener() {
          private boolean told;

          @Override
          public void measuring(ConvProblem problem, ConvPass pass) {
            if (session.terminal() && !told) {
              told = true;
              say("measuring the algorithms of convolutions, once: %s".formatted(file(session)));
            }
          }

          @Override
          public void unsettled(ConvProblem problem, ConvPass pass) {
            if (session.terminal()) {
              say("the machine is busy, measured again next time: %s, %s".formatted(problem, pass));
            }
          }

          @Override
          public void notSaved(String reason) {
            say("measured again next time: " + reason);
          }

          private void say(String line) {
            session.err().println("lanewise: " + line);
            session.err().flush();
          }
        });
  }
}
