package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.List;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// A convolution on the blocked layout, all three passes, bound to one spec, batch and algorithm; a
/// linear layer is the 1x1 convolution of a 1x1 map. One caller at a time; nothing is allocated by
/// a pass.
public final class Convolution {

  private final ConvSpec spec;
  private final ConvAlgorithm algorithm;
  private final WeightPacking.Transpose transpose;
  private final FirstConv first;
  private final DirectSums directForward;
  private final DirectSums directData;
  private final DirectWeights directWeights;
  private final WinogradSums winogradForward;
  private final WinogradSums winogradData;
  private final WinogradWeights winogradWeights;
  private final long weightBytes;

  /// @param srcImage floats from one sample to the next of src
  /// @param dSrcImage the same of dSrc; of no matter where no gradient of the source is wanted
  /// @param dstImage the same of dst and dDst
  /// @param training whether the backward passes will run
  public Convolution(
      ConvSpec spec,
      int batch,
      long srcImage,
      long dSrcImage,
      long dstImage,
      int threads,
      boolean training,
      ConvAlgorithm algorithm) {
    this.spec = spec;
    this.algorithm = algorithm;
    ConvSpec c = WeightPacking.aligned(spec);
    weightBytes = WeightPacking.floats(spec) * Float.BYTES;
    transpose = new WeightPacking.Transpose(c);
    boolean winograd = algorithm == ConvAlgorithm.WINOGRAD;
    boolean direct = algorithm == ConvAlgorithm.DIRECT;
    first =
        algorithm == ConvAlgorithm.FIRST
            ? new FirstConv(c, batch, srcImage, dstImage, threads)
            : null;
    directForward = direct ? directForward(c, batch, srcImage, dstImage) : null;
    directData = !winograd && training ? directData(c, batch, dSrcImage, dstImage) : null;
    directWeights = direct && training ? new DirectWeights(c, batch, threads) : null;
    winogradForward = !winograd ? null : winogradForward(c, batch, threads);
    winogradData = !winograd || !training ? null : winogradData(c, batch, threads);
    winogradWeights = !winograd || !training ? null : new WinogradWeights(c, batch, threads);
  }

  private static DirectSums directForward(ConvSpec c, int batch, long srcImage, long dstImage) {
    int images = DirectSums.imagesPerPiece(c.outHeight() * c.outWidth(), batch);
    int rest = batch % images;
    return new DirectSums(
        Geometry.forward(c, images, srcImage, dstImage, Lanes.COUNT),
        rest == 0 ? List.of() : Geometry.forward(c, rest, srcImage, dstImage, Lanes.COUNT),
        batch,
        images,
        c.groups(),
        c.channelsPerGroup(),
        c.filtersPerGroup());
  }

  private static DirectSums directData(ConvSpec c, int batch, long srcImage, long dstImage) {
    int pixels = c.height() * c.width() / c.stride() / c.stride();
    int images = DirectSums.imagesPerPiece(pixels, batch);
    int rest = batch % images;
    return new DirectSums(
        Geometry.backwardData(c, images, dstImage, srcImage, Lanes.COUNT),
        rest == 0 ? List.of() : Geometry.backwardData(c, rest, dstImage, srcImage, Lanes.COUNT),
        batch,
        images,
        c.groups(),
        c.filtersPerGroup(),
        c.channelsPerGroup());
  }

  private static WinogradSums winogradForward(ConvSpec c, int batch, int threads) {
    WinogradTiling tiling = new WinogradTiling(c.padding(), c.outHeight(), c.outWidth());
    return new WinogradSums(tiling, c.channels(), c.filters(), batch, threads);
  }

  private static WinogradSums winogradData(ConvSpec c, int batch, int threads) {
    WinogradTiling tiling = new WinogradTiling(2 - c.padding(), c.height(), c.width());
    return new WinogradSums(tiling, c.filters(), c.channels(), batch, threads);
  }

  /// Bytes of scratch memory that the passes need.
  public static long workspaceBytes(
      ConvSpec spec, int batch, int threads, boolean training, ConvAlgorithm algorithm) {
    ConvSpec c = WeightPacking.aligned(spec);
    long scratch = (long) threads * Tiles.SCRATCH_BYTES;
    long weights = training ? WeightPacking.floats(spec) * Float.BYTES : 0;
    if (algorithm == ConvAlgorithm.DIRECT) {
      long gradient = training ? new DirectWeights(c, batch, threads).workspaceBytes() : 0;
      return Math.max(weights + scratch, gradient);
    }
    if (algorithm == ConvAlgorithm.FIRST) {
      long passes = new FirstConv(c, batch, 0, 0, threads).workspaceBytes();
      return Math.max(weights + scratch, passes);
    }
    long result = winogradForward(c, batch, threads).workspaceBytes();
    if (training) {
      result = Math.max(result, weights + winogradData(c, batch, threads).workspaceBytes());
      result = Math.max(result, new WinogradWeights(c, batch, threads).workspaceBytes());
    }
    return result;
  }

  /// `dst = max(conv(src) + bias, floor)`.
  ///
  /// @param bias one value per output channel, padded with zeros to whole blocks
  /// @param floor 0 for a fused ReLU, minus infinity for none
  public void forward(
      Tensor src,
      MemorySegment weights,
      MemorySegment bias,
      Tensor dst,
      float floor,
      MemorySegment workspace,
      Parallel parallel) {
    switch (algorithm) {
      case DIRECT ->
          directForward.run(src, weights, bias, false, dst, floor, workspace, 0, parallel);
      case FIRST -> first.forward(src, weights, bias, dst, floor, workspace, parallel);
      case WINOGRAD ->
          winogradForward.run(src, weights, 0, false, bias, dst, floor, workspace, 0, parallel);
    }
  }

  /// `dSrc = ` or `+=` the transposed convolution of dDst.
  ///
  /// @param zeros a zero per input channel, padded to whole blocks
  public void backwardData(
      Tensor dDst,
      MemorySegment weights,
      Tensor dSrc,
      boolean add,
      MemorySegment zeros,
      MemorySegment workspace,
      Parallel parallel) {
    transpose.run(weights, workspace, parallel);
    float none = Float.NEGATIVE_INFINITY;
    switch (algorithm) {
      case DIRECT, FIRST ->
          directData.run(dDst, workspace, zeros, add, dSrc, none, workspace, weightBytes, parallel);
      case WINOGRAD ->
          winogradData.run(
              dDst,
              workspace,
              0,
              true,
              add ? null : zeros,
              dSrc,
              none,
              workspace,
              weightBytes,
              parallel);
    }
  }

  /// `dWeights =` the sum over the batch.
  public void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    switch (algorithm) {
      case DIRECT -> {
        directWeights.run(src, dDst, dWeights, workspace, parallel);
        WeightPacking.clearBetweenGroups(spec, dWeights);
      }
      case FIRST -> first.backwardWeights(src, dDst, dWeights, workspace, parallel);
      case WINOGRAD -> winogradWeights.run(src, dDst, dWeights, workspace, parallel);
    }
  }
}
