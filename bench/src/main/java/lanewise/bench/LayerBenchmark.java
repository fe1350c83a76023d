package lanewise.bench;

import lanewise.kernel.Cpu;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Layers that are bound by memory: pooling, normalization, activations, sums. The secondary result
/// is GB/s of their inputs and outputs, each counted once.
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class LayerBenchmark extends ForkedBenchmark {

  /// `MODEL/LAYER`; `lanewise bench` fills in all distinct shapes of a model.
  @Param({
    "resnet18/stem.bn1",
    "resnet18/stem.relu1",
    "resnet18/stage1.block1.add1",
    "resnet18/head.pool1",
    "resnet20-cifar10/stage2.block1.shortcut.subsample1",
    "lenet5/pool1",
    "lenet5/sigmoid1",
    "alexnet/pool1",
    "alexnet/flatten1",
    "alexnet/dropout1",
    "alexnet-2012-imagenet/lrn1",
    "vgg16/stage1.pool1",
    "googlenet/3a.concat1",
    "googlenet/3a.pool1"
  })
  public String layer;

  /// Samples; 0 means as many as the model is measured with.
  @Param("0")
  public int batch;

  /// Threads; 0 means all processors.
  @Param("0")
  public int threads;

  private LayerWork work;

  /// Thousand million bytes a second.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    /// Thousand million bytes.
    public double gigabytes;
  }

  @Setup
  public void setUp() {
    LayerCase which = LayerCase.of(layer);
    work =
        new LayerWork(
            which.layer(),
            which.inputs(),
            batch == 0 ? ModelCase.defaultBatch(which.model()) : batch,
            threads == 0 ? Cpu.processors() : threads);
    work.forward(); // backward reads what forward leaves behind
  }

  @TearDown
  public void tearDown() {
    work.close();
  }

  @Benchmark
  public void forward(Rates rates) {
    work.forward();
    rates.gigabytes += work.bytes() / 1e9;
  }

  @Benchmark
  public void backward(Rates rates) {
    work.backward();
    rates.gigabytes += work.bytes() / 1e9;
  }

  LayerWork work() {
    return work;
  }
}
