package lanewise.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import java.util.function.Consumer;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/// JMH's own output goes to a log file, and a line per benchmark to whoever waits.
final class BenchLog implements OutputFormat {

  private final OutputFormat log;
  private final Consumer<String> progress;

  BenchLog(PrintStream log, Consumer<String> progress) {
    this.log = OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL);
    this.progress = progress;
  }

  @Override
  public void startBenchmark(BenchmarkParams params) {
    StringBuilder line = new StringBuilder();
    line.append(
        params
            .getBenchmark()
            .substring(
                params.getBenchmark().lastIndexOf('.', params.getBenchmark().lastIndexOf('.') - 1)
                    + 1));
    for (String key : params.getParamsKeys()) {
      String value = params.getParam(key);
      line.append(value.equals("0") ? "" : " %s=%s".formatted(key, value));
    }
    progress.accept(line.toString());
    log.startBenchmark(params);
  }

  @Override
  public void iteration(BenchmarkParams params, IterationParams iteration, int number) {
    log.iteration(params, iteration, number);
  }

  @Override
  public void iterationResult(
      BenchmarkParams params, IterationParams iteration, int number, IterationResult result) {
    log.iterationResult(params, iteration, number, result);
  }

  @Override
  public void endBenchmark(BenchmarkResult result) {
    log.endBenchmark(result);
  }

  @Override
  public void startRun() {
    log.startRun();
  }

  @Override
  public void endRun(Collection<RunResult> results) {
    log.endRun(results);
  }

  @Override
  public void print(String text) {
    log.print(text);
  }

  @Override
  public void println(String text) {
    log.println(text);
  }

  @Override
  public void flush() {
    log.flush();
  }

  @Override
  public void close() {
    log.close();
  }

  @Override
  public void verbosePrintln(String text) {
    log.verbosePrintln(text);
  }

  @Override
  public void write(int value) {
    log.write(value);
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    log.write(bytes);
  }
}
