package lanewise.cli;

import java.io.Console;
import java.io.PrintWriter;
import lanewise.data.DataLocator;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/// Starts the program.
public final class Main {

  private Main() {}

  /// The entry of the JVM.
  public static void main(String[] args) {
    Console console = System.console();
    Session session =
        new Session(
            new PrintWriter(System.out, true, System.out.charset()),
            new PrintWriter(System.err, true, System.err.charset()),
            console != null && console.isTerminal(),
            new Interruption(),
            new DataLocator().cacheFolder());
    Runtime.getRuntime().addShutdownHook(new Thread(session.interruption()::atShutdown));
    int code = run(args, session);
    session.interruption().end(code);
    System.exit(code);
  }

  /// Runs a command without a terminal and without ending the JVM.
  ///
  /// @return the exit code
  public static int run(String[] args, PrintWriter out, PrintWriter err) {
    return run(
        args, new Session(out, err, false, new Interruption(), new DataLocator().cacheFolder()));
  }

  static int run(String[] args, Session session) {
    CommandLine commandLine = commandLine(session);
    int code = commandLine.execute(args);
    session.out().flush();
    session.err().flush();
    return code;
  }

  private static CommandLine commandLine(Session session) {
    CommandLine program =
        new CommandLine(new Lanewise())
            .addSubcommand(new TrainCommand(session))
            .addSubcommand(new EvaluateCommand(session))
            .addSubcommand(new SummaryCommand(session))
            .addSubcommand(new ModelsCommand(session))
            .addSubcommand(new TheoryCommand(session))
            .addSubcommand(new ProfileCommand(session))
            .addSubcommand(new BenchCommand(session));
    program
        .getSubcommands()
        .values()
        .forEach(command -> CommonOptions.addTo(command.getCommandSpec()));
    return program
        .setOut(session.out())
        .setErr(session.err())
        .setOverwrittenOptionsAllowed(true)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler((failure, _) -> Failures.usage(failure, session.err()))
        .setExecutionExceptionHandler(
            (failure, command, parsed) ->
                Failures.execution(failure, session.err(), CommonOptions.isDebug(parsed)))
        .setExecutionStrategy(parsed -> executeCatchingErrors(parsed, session));
  }

  /// Picocli hands exceptions to its handlers, but not errors: a full heap is one.
  private static int executeCatchingErrors(ParseResult parsed, Session session) {
    try {
      return new CommandLine.RunLast().execute(parsed);
    } catch (CommandLine.ExecutionException e) {
      throw e;
    } catch (Error e) {
      return Failures.execution(e, session.err(), CommonOptions.isDebug(parsed));
    }
  }
}
