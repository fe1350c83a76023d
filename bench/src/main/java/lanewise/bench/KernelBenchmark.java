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

/// The three passes of convolutions and linear layers, in shapes of the five architectures at CIFAR
/// and ImageNet sizes. The secondary result is GFLOP/s, two operations per multiply-add of the
/// direct algorithm whichever runs.
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark extends ForkedBenchmark {

  /// `MODEL/LAYER`; `lanewise bench` fills in all distinct shapes of a model.
  @Param({
    // 3x3, stride 1: CIFAR sizes 64@32, 128@16, 256@8, 512@4, 32@32, then 1-3 pixels and ImageNet
    "resnet18/stage1.block1.conv1",
    "resnet18/stage2.block2.conv1",
    "resnet18/stage3.block2.conv1",
    "resnet18/stage4.block2.conv1",
    "resnet20/stage1.block1.conv1",
    "vgg16/stage5.conv1",
    "vgg16-imagenet/stage1.conv2",
    "vgg16-imagenet/stage4.conv2",
    // 3x3, stride 2
    "resnet18/stage2.block1.conv1",
    // 1x1, plain and strided
    "googlenet/3a.conv2",
    "resnet50-imagenet/stage2.block2.conv1",
    "resnet18/stage2.block1.shortcut.conv1",
    // 5x5
    "alexnet/conv2",
    "googlenet/3a.conv5",
    "lenet5/conv2",
    // first layers
    "resnet18/stem.conv1",
    "alexnet/conv1",
    "resnet50-imagenet/stem.conv1",
    "alexnet-imagenet/conv1",
    // linear
    "alexnet/fc1",
    "lenet5/fc1"
  })
  public String layer;

  /// How the algorithms of convolutions are chosen: `measured`, `rule`, or one to force.
  @Param("measured")
  public String algorithm;

  /// Samples; 0 means as many as the model is measured with.
  @Param("0")
  public int batch;

  /// Threads; 0 means all processors.
  @Param("0")
  public int threads;

  private ConvWork work;

  /// Thousand million operations a second.
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    /// Thousand million operations.
    public double gflops;
  }

  @Setup
  public void setUp() {
    LayerCase which = LayerCase.of(layer);
    int images = batch == 0 ? ModelCase.defaultBatch(which.model()) : batch;
    work =
        new ConvWork(
            which.problem(algorithm, images, threads == 0 ? Cpu.processors() : threads),
            BenchChoosers.of(algorithm));
  }

  @TearDown
  public void tearDown() {
    work.close();
  }

  @Benchmark
  public void forward(Rates rates) {
    work.forward();
    rates.gflops += work.flops() / 1e9;
  }

  @Benchmark
  public void backwardData(Rates rates) {
    work.backwardData();
    rates.gflops += work.flops() / 1e9;
  }

  @Benchmark
  public void backwardWeights(Rates rates) {
    work.backwardWeights();
    rates.gflops += work.flops() / 1e9;
  }

  ConvWork work() {
    return work;
  }
}
