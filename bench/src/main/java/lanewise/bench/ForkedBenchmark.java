package lanewise.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What all benchmarks share: runs a second, in one JVM with the options of `./lanewise`, where it
/// stands why.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseParallelGC",
      "-XX:+UseTransparentHugePages",
      "-Xmn64m",
      "-XX:OptoLoopAlignment=32",
      "-XX:PerMethodTrapLimit=5000",
      "-XX:Tier3DelayOn=1000"
    })
public abstract class ForkedBenchmark {

  ForkedBenchmark() {}

  /// Options of the JVMs that ours is measured in.
  static List<String> jvmOptions() {
    return List.of(ForkedBenchmark.class.getAnnotation(Fork.class).jvmArgsAppend());
  }
}
