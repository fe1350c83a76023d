package lanewise.bench;

import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The machine's own limits: fused multiply-adds in registers (GFLOP/s), and memory traffic (GB/s).
/// Means over an iteration; [MachinePeak] has the best.
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class PeakBenchmark extends ForkedBenchmark {

  /// Threads; 0 means all processors.
  @Param({"1", "0"})
  public int threads;

  private Parallel parallel;
  private FmaWork fma;
  private TriadWork triad;

  /// Thousand millions a second.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    /// Thousand million floating point operations.
    public double gflops;

    /// Thousand million bytes.
    public double gigabytes;
  }

  @Setup
  public void setUp() {
    parallel = new Parallel(threads == 0 ? Cpu.processors() : threads);
    fma = new FmaWork(parallel);
    triad = new TriadWork(parallel);
  }

  @TearDown
  public void tearDown() {
    triad.close();
    parallel.close();
  }

  @Benchmark
  public float fma(Rates rates) {
    rates.gflops += fma.run() / 1e9;
    return fma.check();
  }

  @Benchmark
  public float triad(Rates rates) {
    rates.gigabytes += triad.run() / 1e9;
    return triad.check();
  }
}
