package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import lanewise.choice.ConvProblem;
import lanewise.error.InvalidModelException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.simd.WeightPacking;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Param;

/// Runs the body of every benchmark once and looks at what it computed.
class BenchmarksTest {

  private static final double PER_BILLION = 1e-9;

  @Test
  void forksHaveTheOptionsOfTheLauncher() throws IOException {
    String launcher = Files.readString(Path.of("..", "lanewise")).replace("-modules ", "-modules=");
    assertThat(ForkedBenchmark.jvmOptions()).allMatch(launcher::contains);
  }

  @Test
  void theLoopOfMultiplyAddsAddsUp() {
    double added = PeakLoops.fma(1000) - PeakLoops.fma(0);
    double chains = PeakLoops.flops(1) / 2;
    // Sums of up to 12 lose up to half a millionth with each of 1,000 additions.
    assertThat(added).isCloseTo(chains * 1000 * 0.999 * 0.001, withinPercentage(0.1));
  }

  @Test
  void peakLoopsComputeWhatTheySay() {
    PeakBenchmark benchmark = new PeakBenchmark();
    benchmark.threads = 2;
    benchmark.setUp();
    try {
      PeakBenchmark.Rates rates = new PeakBenchmark.Rates();
      assertThat(benchmark.fma(rates)).isPositive().isFinite();
      assertThat(benchmark.triad(rates)).isEqualTo(1 + 3 * 2f);
      assertThat(rates.gflops).isPositive();
      assertThat(rates.gigabytes).isEqualTo(3 * (96 << 20) * PER_BILLION, within(1e-9));
    } finally {
      benchmark.tearDown();
    }
  }

  static Stream<String> kernelLayers() throws NoSuchFieldException {
    return Arrays.stream(
        KernelBenchmark.class.getField("layer").getAnnotation(Param.class).value());
  }

  @ParameterizedTest
  @MethodSource("kernelLayers")
  void everyKernelCaseIsAConvolution(String layer) {
    assertThat(LayerCase.of(layer).spec()).isPresent();
    assertThat(LayerCase.of(layer).path()).isEqualTo(layer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet20/stage1.block1.conv1", "lenet5/conv2", "lenet5/fc1"})
  void kernelPassesAgreeBetweenAlgorithms(String layer) {
    ConvSpec spec = LayerCase.of(layer).spec().orElseThrow();
    float[][] chosen = passes(layer, "rule");
    for (ConvAlgorithm algorithm : ConvAlgorithm.values()) {
      if (algorithm.refuses(spec).isEmpty()) {
        float[][] other = passes(layer, algorithm.toString());
        for (int pass = 0; pass < chosen.length; pass++) {
          assertThat(largest(chosen[pass])).isPositive();
          double tolerance = 1e-4 * largest(chosen[pass]);
          for (int i = 0; i < chosen[pass].length; i++) {
            assertThat((double) other[pass][i])
                .as("%s, pass %d, value %d", algorithm, pass, i)
                .isEqualTo(chosen[pass][i], within(tolerance));
          }
        }
      }
    }
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static float[][] passes(String layer, String algorithm) {
    KernelBenchmark benchmark = new KernelBenchmark();
    benchmark.layer = layer;
    benchmark.algorithm = algorithm;
    benchmark.batch = 2;
    benchmark.threads = 2;
    benchmark.setUp();
    try {
      KernelBenchmark.Rates rates = new KernelBenchmark.Rates();
      benchmark.forward(rates);
      benchmark.backwardData(rates);
      benchmark.backwardWeights(rates);
      ConvWork work = benchmark.work();
      assertThat(rates.gflops).isEqualTo(3 * work.flops() * PER_BILLION, within(1e-12));
      return new float[][] {
        work.dst().toArray(), work.dSrc().toArray(), work.dWeights().toArray(ValueLayout.JAVA_FLOAT)
      };
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void aRefusedAlgorithmSaysWhy() {
    KernelBenchmark benchmark = new KernelBenchmark();
    benchmark.layer = "googlenet/3a.conv2";
    benchmark.algorithm = "winograd";
    benchmark.batch = 2;
    benchmark.threads = 1;
    assertThatThrownBy(benchmark::setUp)
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("winograd refuses 192x16x16 -> 96, 1x1/1 pad 0: the kernel is not 2x2 to 7x7");
  }

  @Test
  void aMeasuredKernelRemembersWhatItRanWith(@TempDir Path folder) {
    Path times = folder.resolve("times.json");
    System.setProperty(BenchChoosers.FILE, times.toString());
    try {
      String layer = "resnet20/stage1.block1.conv1";
      ConvProblem problem = LayerCase.of(layer).problem("measured", 2, 2);
      assertThat(BenchChoosers.ran("measured", times, problem, ConvPass.FORWARD))
          .as("before")
          .isEqualTo("measured");
      passes(layer, "measured");
      for (ConvPass pass : ConvPass.values()) {
        assertThat(BenchChoosers.ran("measured", times, problem, pass))
            .isIn(problem.candidates(pass).stream().map(ConvAlgorithm::toString).toList());
      }
      assertThat(BenchChoosers.ran("rule", times, problem, ConvPass.FORWARD)).isEqualTo("winograd");
    } finally {
      System.clearProperty(BenchChoosers.FILE);
    }
  }

  static Stream<String> otherLayers() throws NoSuchFieldException {
    return Arrays.stream(LayerBenchmark.class.getField("layer").getAnnotation(Param.class).value());
  }

  @ParameterizedTest
  @MethodSource("otherLayers")
  void layersComputeSomething(String layer) {
    LayerBenchmark benchmark = new LayerBenchmark();
    benchmark.layer = layer;
    benchmark.batch = 2;
    benchmark.threads = 2;
    benchmark.setUp();
    try {
      LayerBenchmark.Rates rates = new LayerBenchmark.Rates();
      benchmark.forward(rates);
      benchmark.backward(rates);
      assertThat(rates.gigabytes)
          .isEqualTo(2 * benchmark.work().bytes() * PER_BILLION, within(1e-12));
      assertThat(largest(benchmark.work().output().toArray())).isPositive().isFinite();
      benchmark
          .work()
          .inputGradients()
          .forEach(dSrc -> assertThat(largest(dSrc.toArray())).isPositive().isFinite());
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void aTrainingStepHasTheLossOfGuessing() {
    TrainingStepBenchmark benchmark = new TrainingStepBenchmark();
    benchmark.model = "lenet5";
    benchmark.algorithm = "rule";
    benchmark.batch = 3;
    benchmark.threads = 2;
    benchmark.setUp();
    try {
      TrainingStepBenchmark.Rates rates = new TrainingStepBenchmark.Rates();
      double loss = benchmark.step(rates);
      assertThat(loss).isEqualTo(Math.log(100), within(1.0));
      assertThat(benchmark.step(rates)).as("nothing is learned").isEqualTo(loss);
      assertThat(rates.images).isEqualTo(6);
      assertThat(rates.gflops).isPositive();
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void anInferenceComputesScores() {
    InferenceBenchmark benchmark = new InferenceBenchmark();
    benchmark.model = "resnet20";
    benchmark.algorithm = "rule";
    benchmark.batch = 2;
    benchmark.threads = 2;
    benchmark.setUp();
    try {
      InferenceBenchmark.Rates rates = new InferenceBenchmark.Rates();
      assertThat(benchmark.batch(rates)).isFinite().isNotZero();
      assertThat(rates.images).isEqualTo(2);
      assertThat(rates.gflops).isEqualTo(2 * 2 * 40_818_944 * PER_BILLION, within(1e-2));
    } finally {
      benchmark.tearDown();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet5", "alexnet", "resnet20", "resnet10-thin"})
  void smallModelsAreMeasuredWith128Images(String model) {
    assertThat(ModelCase.defaultBatch(model)).isEqualTo(128);
  }

  @Test
  void largeModelsAreMeasuredWithFewerImages() {
    assertThat(ModelCase.defaultBatch("vgg16")).isEqualTo(64);
    assertThat(ModelCase.defaultBatch("resnet18")).isEqualTo(64);
    assertThat(ModelCase.defaultBatch("googlenet")).isEqualTo(64);
    assertThat(ModelCase.defaultBatch("resnet50-imagenet")).isEqualTo(8);
  }

  @Test
  void everyShapeOfAModelIsMeasuredOnce() {
    var products = LayerCase.products(lanewise.models.Models.create("vgg16"));
    assertThat(products.stream().map(layer -> layer.spec().orElseThrow())).doesNotHaveDuplicates();
    assertThat(products).hasSize(9 + 2); // of 13 convolutions, and two linear layers
    assertThat(WeightPacking.floats(products.get(0).spec().orElseThrow())).isPositive();
    assertThat(LayerCase.others(lanewise.models.Models.create("vgg16")))
        .extracting(layer -> layer.layer().kind())
        .contains("bn", "relu", "pool", "dropout");
  }

  @Test
  void anUnknownLayerIsNamed() {
    assertThatThrownBy(() -> LayerCase.of("vgg16/conv99"))
        .hasMessage("vgg16 has no layer conv99; lanewise summary vgg16 lists them");
    assertThatThrownBy(() -> LayerCase.of("vgg16")).hasMessageContaining("write MODEL/LAYER");
  }
}
