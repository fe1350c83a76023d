package lanewise.bench;

import lanewise.kernel.Cpu;
import lanewise.models.Models;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A whole training step per model: input, forward, loss, backward, optimizer. Secondary results:
/// images a second, and GFLOP/s (forward and backward in theory, two operations per multiply-add).
@Warmup(iterations = 8, time = 2)
@Measurement(iterations = 5, time = 2)
public class TrainingStepBenchmark extends ForkedBenchmark {

  /// Any model of `lanewise models`.
  @Param({"lenet5", "alexnet", "vgg16", "googlenet", "resnet20", "resnet18", "resnet10-thin"})
  public String model;

  /// Images per step; 0 means as many as the model is measured with.
  @Param("0")
  public int batch;

  /// How the algorithms of convolutions are chosen: `measured`, `rule`, or one to force.
  @Param("measured")
  public String algorithm;

  /// Threads; 0 means all processors.
  @Param("0")
  public int threads;

  private TrainingWork work;

  /// What a second brings.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    /// Images.
    public long images;

    /// Thousand million operations.
    public double gflops;
  }

  @Setup
  public void setUp() {
    work =
        new TrainingWork(
            Models.create(model),
            batch == 0 ? ModelCase.defaultBatch(model) : batch,
            threads == 0 ? Cpu.processors() : threads,
            BenchChoosers.of(algorithm));
  }

  @TearDown
  public void tearDown() {
    work.close();
  }

  @Benchmark
  public double step(Rates rates) {
    double loss = work.run();
    rates.images += work.batch();
    rates.gflops += work.flops() / 1e9;
    return loss;
  }
}
