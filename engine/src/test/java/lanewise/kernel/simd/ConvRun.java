package lanewise.kernel.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Cpu;
import lanewise.kernel.Parallel;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;
import lanewise.testing.Compare;
import lanewise.testing.GuardedTensor;

/// One convolution on memory of its own, run by hand; all arrays are in plain order. What a pass
/// reads in forward or for the source's gradient is made when it needs it. Whatever it must write
/// starts as NaN, the workspace and the padding of the weights' gradient included,
/// and padding that is not zero afterwards is an error.
final class ConvRun implements AutoCloseable {

  static final float NO_FLOOR = Float.NEGATIVE_INFINITY;

  private final Memory memory = Memory.withBudget(2L << 30);
  private final ConvSpec spec;
  private final int batch;
  private final int guardBlocks;
  private final int srcLanes;
  private final Parallel parallel;
  private final Convolution convolution;
  private final Convolution inference;
  private final MemorySegment prepared;
  private final MemorySegment workspace;
  private final MemorySegment packed;
  private final MemorySegment vector;
  private final ChannelStatistics statistics;

  /// @param guardBlocks blocks of channels before and behind each sample, as for a slice of a
  ///     concatenation; 0 makes dense tensors
  ConvRun(ConvAlgorithm algorithm, ConvSpec spec, int batch, int guardBlocks, Parallel parallel) {
    this.spec = spec;
    this.batch = batch;
    this.guardBlocks = guardBlocks;
    this.parallel = parallel;
    int threads = parallel.threads();
    srcLanes = algorithm.sourceLanes(spec);
    long src = tensor("src", false).tensor().imageStride();
    long dSrc = tensor("dSrc", false).tensor().imageStride();
    long dst = tensor("dst", true).tensor().imageStride();
    ConvAlgorithms all = ConvAlgorithms.of(algorithm, spec);
    convolution = new Convolution(spec, batch, src, dSrc, dst, threads, true, all);
    inference = new Convolution(spec, batch, src, 0, dst, threads, false, all);
    long prepare = Convolution.preparedBytes(spec, batch, threads, algorithm);
    prepared = memory.allocate("prepared", prepare).asSlice(0, prepare);
    long bytes = Convolution.workspaceBytes(spec, batch, threads, all);
    workspace = memory.allocate("workspace", bytes).asSlice(0, bytes);
    packed = memory.allocate("weights", WeightPacking.floats(spec) * Float.BYTES + Tensor.ROOM);
    int channels = Math.max(spec.channels(), spec.filters());
    statistics = new ChannelStatistics(spec.filters());
    vector = memory.allocate("bias", Math.ceilDiv(channels, 64) * 64L * Float.BYTES);
  }

  private GuardedTensor tensor(String name, boolean output) {
    int lanes = name.equals("src") ? srcLanes : Cpu.lanes();
    return new GuardedTensor(
        memory, name, batch, output ? spec.output() : spec.input(), guardBlocks, lanes);
  }

  private GuardedTensor filled(String name, boolean output, float[] plain) {
    GuardedTensor tensor = tensor(name, output);
    tensor.set(plain);
    workspace.fill((byte) 0xFF);
    return tensor;
  }

  /// Leaves it to the convolution to have each sample made of the whole; until then it is NaN.
  private Prologue making(Tensor whole, Tensor made) {
    long step = made.imageStride() * Float.BYTES;
    long bytes = Tensor.imageFloats(made.shape(), made.lanes()) * Float.BYTES;
    Prologue prologue = new Prologue(batch);
    prologue.begin(
        sample -> {
          long at = sample * step;
          MemorySegment.copy(whole.segment(), at, made.segment(), at, bytes);
        });
    return prologue;
  }

  private MemorySegment packed(float[] weights) {
    packed.fill((byte) 0);
    WeightPacking.pack(spec, weights, packed);
    return packed;
  }

  float[] forward(float[] src, float[] weights, float[] bias, float floor) {
    GuardedTensor dst = tensor("dst", true);
    vector.fill((byte) 0);
    MemorySegment.copy(bias, 0, vector, ValueLayout.JAVA_FLOAT, 0, bias.length);
    Tensor from = tensor("src", false).tensor();
    convolution.forward(
        from,
        making(filled("src", false, src).tensor(), from),
        packed(weights),
        vector,
        dst.tensor(),
        floor,
        statistics,
        workspace,
        parallel);
    return dst.get();
  }

  /// The same with constant weights, prepared before.
  float[] inference(float[] src, float[] weights, float[] bias, float floor) {
    GuardedTensor dst = tensor("dst", true);
    inference(src, weights, bias, dst, floor, null);
    return dst.get();
  }

  /// The same at the end of a residual block.
  ///
  /// @param blocks of channels before and behind each sample of the residual
  float[] residual(float[] src, float[] weights, float[] bias, float[] residual, int blocks) {
    GuardedTensor dst = tensor("dst", true);
    GuardedTensor from =
        new GuardedTensor(memory, "residual", batch, spec.output(), blocks, Cpu.lanes());
    from.set(residual);
    ResidualSum sum = new ResidualSum(from.tensor(), dst.tensor(), 0);
    inference(src, weights, bias, dst, NO_FLOOR, sum);
    Compare.bitEqual("residual", from.get(), residual);
    return dst.get();
  }

  private void inference(
      float[] src,
      float[] weights,
      float[] bias,
      GuardedTensor dst,
      float floor,
      Epilogue epilogue) {
    vector.fill((byte) 0);
    MemorySegment.copy(bias, 0, vector, ValueLayout.JAVA_FLOAT, 0, bias.length);
    GuardedTensor from = filled("src", false, src);
    prepared.fill((byte) 0xFF);
    inference.prepare(packed(weights), prepared, workspace, parallel);
    workspace.fill((byte) 0xFF);
    inference.forward(
        from.tensor(), null, packed, vector, dst.tensor(), floor, epilogue, workspace, parallel);
  }

  /// Mean and variance of each channel of what [#forward] made last.
  double[] statistics() {
    assertThat(statistics.take()).isTrue();
    double[] result = new double[2 * spec.filters()];
    for (int c = 0; c < spec.filters(); c++) {
      statistics.combine(c);
      result[2 * c] = statistics.mean();
      result[2 * c + 1] = statistics.variance();
    }
    return result;
  }

  /// @param before what is added to, or null to overwrite
  float[] backwardData(float[] dDst, float[] weights, float[] before) {
    GuardedTensor dSrc = before == null ? tensor("dSrc", false) : filled("dSrc", false, before);
    vector.fill((byte) 0);
    Tensor from = tensor("dDst", true).tensor();
    convolution.backwardData(
        from,
        making(filled("dDst", true, dDst).tensor(), from),
        packed(weights),
        dSrc.tensor(),
        before != null,
        vector,
        workspace,
        parallel);
    return dSrc.get();
  }

  /// Both gradients of a convolution.
  record Gradients(float[] dSrc, float[] dWeights) {}

  /// @param before what the source's gradient is added to, or null to overwrite
  Gradients backward(float[] src, float[] dDst, float[] weights, float[] before) {
    GuardedTensor dSrc = before == null ? tensor("dSrc", false) : filled("dSrc", false, before);
    GuardedTensor read = filled("src", false, src);
    MemorySegment dWeights = memory.allocate("dWeights", packed.byteSize());
    dWeights.fill((byte) 0xFF);
    vector.fill((byte) 0);
    Tensor from = tensor("dDst", true).tensor();
    convolution.backward(
        read.tensor(),
        from,
        making(filled("dDst", true, dDst).tensor(), from),
        packed(weights),
        dSrc.tensor(),
        before != null,
        vector,
        dWeights,
        workspace,
        parallel);
    MemorySegment.copy(dWeights, 0, packed, 0, packed.byteSize());
    return new Gradients(dSrc.get(), unpackedGradient());
  }

  float[] backwardWeights(float[] src, float[] dDst) {
    packed.fill((byte) 0xFF);
    convolution.backwardWeights(
        filled("src", false, src).tensor(),
        filled("dDst", true, dDst).tensor(),
        packed,
        workspace,
        parallel);
    return unpackedGradient();
  }

  private float[] unpackedGradient() {
    float[] plain = new float[Math.toIntExact(spec.weights())];
    WeightPacking.unpack(spec, packed, plain);
    requireZeroPadding();
    return plain;
  }

  /// Everything but the values themselves: packing zeros over them must leave nothing.
  private void requireZeroPadding() {
    WeightPacking.pack(spec, new float[Math.toIntExact(spec.weights())], packed);
    float[] rest = packed.toArray(ValueLayout.JAVA_FLOAT);
    if (!Arrays.equals(rest, 0, (int) WeightPacking.floats(spec), zeros(), 0, zeros().length)) {
      throw new AssertionError("the padding of the weights' gradient is not zero");
    }
  }

  private float[] zeros() {
    return new float[Math.toIntExact(WeightPacking.floats(spec))];
  }

  @Override
  public void close() {
    memory.close();
  }
}
