package lanewise.kernel.simd;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.ConvAlgorithms;
import lanewise.kernel.ConvPass;
import lanewise.kernel.ConvSpec;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// A convolution on the blocked layout, all three passes, bound to one spec and batch and to an
/// algorithm per pass; a linear layer is the 1x1 convolution of a 1x1 map. One caller at a time;
/// nothing is allocated by
/// a pass.
public final class Convolution {

  static {
    Segments.profile();
  }

  private final ConvSpec spec;
  private final ConvAlgorithms algorithms;
  private final WeightTranspose transpose;
  private final FirstConv first;
  private final ImageSums imagesForward;
  private final ImageSums imagesData;
  private final ImageWeights imagesWeights;
  private final DirectSums directForward;
  private final DirectSums directData;
  private final DirectWeights directWeights;
  private final TransformSums transformForward;
  private final TransformSums transformData;
  private final StridedData stridedData;
  private final WinogradWeights winogradWeights;
  private final WinogradBackward winogradBackward;
  private final PatchWeights patchWeights;
  private final long weightBytes;

  /// @param srcImage floats from one sample to the next of src
  /// @param dSrcImage the same of dSrc; of no matter where no gradient of the source is wanted
  /// @param dstImage the same of dst and dDst
  /// @param training whether the backward passes will run; if not, weights are constant, and
  ///     [#prepare] must come before the first forward pass and whenever they have changed
  /// @param algorithms none that refuses the spec, and in forward and backward-weights those that
  ///     read the lanes that src has
  public Convolution(
      ConvSpec spec,
      int batch,
      long srcImage,
      long dSrcImage,
      long dstImage,
      int threads,
      boolean training,
      ConvAlgorithms algorithms) {
    this.spec = spec;
    this.algorithms = algorithms;
    ConvSpec c = WeightPacking.aligned(spec);
    weightBytes = WeightPacking.floats(spec) * Float.BYTES;
    transpose = new WeightTranspose(c, Geometry.isTurned(c));
    ConvAlgorithm forward = algorithms.forward();
    directForward =
        forward == ConvAlgorithm.DIRECT ? directForward(c, batch, srcImage, dstImage) : null;
    transformForward = transformForward(c, batch, threads, !training, forward);
    ConvAlgorithm data = training ? algorithms.backwardData() : null;
    directData = data == ConvAlgorithm.DIRECT ? directData(c, batch, dSrcImage, dstImage) : null;
    boolean phases = hasPhases(c, data);
    stridedData = phases ? new StridedData(c, batch, threads) : null;
    transformData = phases ? null : transformData(c, batch, threads, data);
    ConvAlgorithm weights = training ? algorithms.backwardWeights() : null;
    directWeights = weights == ConvAlgorithm.DIRECT ? new DirectWeights(c, batch, threads) : null;
    winogradWeights =
        weights == ConvAlgorithm.WINOGRAD ? new WinogradWeights(c, batch, threads) : null;
    boolean both = data == ConvAlgorithm.WINOGRAD && weights == ConvAlgorithm.WINOGRAD;
    winogradBackward = both ? WinogradBackward.of(c, batch, threads) : null;
    patchWeights = weights == ConvAlgorithm.IM2COL ? new PatchWeights(c, batch, threads) : null;
    imagesForward = forward == ConvAlgorithm.CHWN ? imagesForward(c, batch, threads) : null;
    imagesData = data == ConvAlgorithm.CHWN ? ImageSums.backwardData(c, batch, threads) : null;
    imagesWeights = weights == ConvAlgorithm.CHWN ? imagesWeights(c, batch, threads) : null;
    boolean readsImage = forward == ConvAlgorithm.FIRST || weights == ConvAlgorithm.FIRST;
    first = readsImage ? new FirstConv(c, batch, threads) : null;
  }

  /// Null where the algorithm is not one of transforms.
  private static TransformSums transformForward(
      ConvSpec c, int batch, int threads, boolean constantWeights, ConvAlgorithm algorithm) {
    return switch (algorithm) {
      case WINOGRAD -> winogradForward(c, batch, threads, constantWeights);
      case IM2COL ->
          sums(
              PatchTransform.forward(c),
              c.channels(),
              c.filters(),
              batch,
              threads,
              constantWeights);
      case CHWN, FIRST, DIRECT -> null;
    };
  }

  private static TransformSums transformData(
      ConvSpec c, int batch, int threads, ConvAlgorithm algorithm) {
    return switch (algorithm) {
      case WINOGRAD -> winogradData(c, batch, threads);
      case IM2COL ->
          sums(PatchTransform.backwardData(c), c.filters(), c.channels(), batch, threads, false);
      case null -> null;
      case CHWN, FIRST, DIRECT -> null;
    };
  }

  private static ImageSums imagesForward(ConvSpec c, int batch, int threads) {
    return ImageSums.forward(c, readsPlainImages(c), batch, threads);
  }

  private static ImageWeights imagesWeights(ConvSpec c, int batch, int threads) {
    return new ImageWeights(c, readsPlainImages(c), batch, threads);
  }

  private static boolean readsPlainImages(ConvSpec c) {
    return ConvAlgorithm.CHWN.sourceLanes(c) != Lanes.COUNT;
  }

  private static DirectSums directForward(ConvSpec c, int batch, long srcImage, long dstImage) {
    int images =
        DirectSums.imagesPerPiece(
            Geometry.forward(c, 1, srcImage, dstImage, Lanes.COUNT),
            WeightPacking.blocks(c.filtersPerGroup()),
            batch);
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
    int images =
        DirectSums.imagesPerPiece(
            Geometry.backwardData(c, 1, dstImage, srcImage, Lanes.COUNT),
            WeightPacking.blocks(c.channelsPerGroup()),
            batch);
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

  /// Whether an algorithm makes the source's gradient phase by phase.
  private static boolean hasPhases(ConvSpec c, ConvAlgorithm data) {
    return data == ConvAlgorithm.IM2COL && c.stride() > 1 && c.kernelHeight() * c.kernelWidth() > 1;
  }

  private static TransformSums sums(
      PatchTransform patches,
      int channels,
      int filters,
      int batch,
      int threads,
      boolean constantWeights) {
    int side = patches.channels(channels);
    int blocks = WeightPacking.blocks(side);
    return new TransformSums(patches, blocks, side, filters, batch, threads, constantWeights);
  }

  private static TransformSums winogradForward(
      ConvSpec c, int batch, int threads, boolean constantWeights) {
    WinogradTiling tiling = WinogradTiling.forward(c);
    return winograd(tiling, c.channels(), c.filters(), batch, threads, constantWeights);
  }

  static TransformSums winogradData(ConvSpec c, int batch, int threads) {
    WinogradTiling tiling = WinogradTiling.backwardData(c);
    return winograd(tiling, c.filters(), c.channels(), batch, threads, false);
  }

  private static TransformSums winograd(
      WinogradTiling tiling,
      int srcChannels,
      int dstChannels,
      int batch,
      int threads,
      boolean constantWeights) {
    return new TransformSums(
        tiling,
        tiling.srcBlocks(srcChannels),
        tiling.srcChannels(srcChannels),
        tiling.dstChannels(dstChannels),
        batch,
        threads,
        constantWeights);
  }

  /// Bytes of scratch memory that one pass needs with an algorithm.
  ///
  /// @param training whether weights change from run to run; if not, what is made of them is none
  ///     of the scratch memory ([#preparedBytes])
  public static long workspaceBytes(
      ConvSpec spec,
      int batch,
      int threads,
      boolean training,
      ConvPass pass,
      ConvAlgorithm algorithm) {
    ConvSpec c = WeightPacking.aligned(spec);
    long tiles = (long) threads * Tiles.SCRATCH_BYTES;
    return switch (pass) {
      case FORWARD ->
          switch (algorithm) {
            case WINOGRAD, IM2COL ->
                transformForward(c, batch, threads, !training, algorithm).workspaceBytes();
            case CHWN -> imagesForward(c, batch, threads).workspaceBytes();
            case FIRST -> new FirstConv(c, batch, threads).workspaceBytes();
            case DIRECT -> tiles;
          };
      // Behind the transposed weights, which have it for room.
      case BACKWARD_DATA ->
          WeightPacking.floats(spec) * Float.BYTES
              + switch (algorithm) {
                case WINOGRAD -> winogradDataBytes(c, batch, threads);
                case IM2COL ->
                    hasPhases(c, algorithm)
                        ? new StridedData(c, batch, threads).workspaceBytes()
                        : transformData(c, batch, threads, algorithm).workspaceBytes();
                case CHWN -> ImageSums.backwardData(c, batch, threads).workspaceBytes();
                case FIRST, DIRECT -> tiles;
              };
      case BACKWARD_WEIGHTS ->
          switch (algorithm) {
            case WINOGRAD -> new WinogradWeights(c, batch, threads).workspaceBytes();
            case CHWN -> imagesWeights(c, batch, threads).workspaceBytes();
            case FIRST -> new FirstConv(c, batch, threads).workspaceBytes();
            case DIRECT -> new DirectWeights(c, batch, threads).workspaceBytes();
            case IM2COL -> new PatchWeights(c, batch, threads).workspaceBytes();
          };
    };
  }

  /// Enough for both gradients at once, which needs more than one of them.
  private static long winogradDataBytes(ConvSpec c, int batch, int threads) {
    WinogradBackward both = WinogradBackward.of(c, batch, threads);
    return both == null ? winogradData(c, batch, threads).workspaceBytes() : both.workspaceBytes();
  }

  /// Bytes of scratch memory that all passes of training need.
  public static long workspaceBytes(
      ConvSpec spec, int batch, int threads, ConvAlgorithms algorithms) {
    return Arrays.stream(ConvPass.values())
        .mapToLong(pass -> workspaceBytes(spec, batch, threads, true, pass, algorithms.of(pass)))
        .max()
        .orElseThrow();
  }

  /// Bytes of memory of its own that forward needs with constant weights, beside the workspace.
  public static long preparedBytes(ConvSpec spec, int batch, int threads, ConvAlgorithm algorithm) {
    TransformSums sums =
        transformForward(WeightPacking.aligned(spec), batch, threads, true, algorithm);
    return sums == null ? 0 : sums.preparedBytes();
  }

  /// Makes of constant weights what forward reads.
  ///
  /// @param prepared takes [#preparedBytes]
  public void prepare(
      MemorySegment weights, MemorySegment prepared, MemorySegment workspace, Parallel parallel) {
    if (transformForward != null) {
      transformForward.prepare(weights, prepared, workspace, parallel);
    }
  }

  private int slots() {
    return switch (algorithms.forward()) {
      case DIRECT -> directForward.slots(spec.outHeight() * spec.outWidth());
      case CHWN -> imagesForward.slots();
      case FIRST -> first.slots();
      case WINOGRAD, IM2COL -> transformForward.slots();
    };
  }

  /// `dst = max(conv(src) + bias, floor)`.
  ///
  /// @param prologue makes src, or null if it is there
  /// @param weights packed, with [Tensor#ROOM] bytes behind the last one
  /// @param bias one value per output channel, padded with zeros to whole blocks
  /// @param floor 0 for a fused ReLU, minus infinity for none
  /// @param epilogue takes the results, or null
  public void forward(
      Tensor src,
      Prologue prologue,
      MemorySegment weights,
      MemorySegment bias,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment workspace,
      Parallel parallel) {
    if (epilogue != null) {
      epilogue.begin(slots());
    }
    Prologue inside = inside(prologue, algorithms.forward(), parallel);
    switch (algorithms.forward()) {
      case DIRECT ->
          directForward.run(
              src, inside, weights, bias, false, dst, floor, epilogue, workspace, 0, parallel);
      case CHWN ->
          imagesForward.run(src, weights, bias, dst, floor, epilogue, workspace, 0, parallel);
      case FIRST -> first.forward(src, weights, bias, dst, floor, epilogue, workspace, parallel);
      case WINOGRAD, IM2COL ->
          transformForward.run(
              src, inside, weights, 0, bias, dst, floor, epilogue, workspace, 0, parallel);
    }
    finish(prologue, parallel);
  }

  /// Algorithms that do not make their source as they go have it made before.
  private static Prologue inside(Prologue prologue, ConvAlgorithm algorithm, Parallel parallel) {
    return switch (algorithm) {
      case DIRECT, WINOGRAD, IM2COL -> prologue;
      case CHWN, FIRST -> {
        finish(prologue, parallel);
        yield null;
      }
    };
  }

  private static void finish(Prologue prologue, Parallel parallel) {
    if (prologue != null) {
      prologue.finish(parallel);
    }
  }

  /// Both gradients, one after the other or, where the algorithms share what they make of dDst, at
  /// once.
  ///
  /// @param prologue makes dDst, or null if it is there
  /// @param dSrc null if it is not wanted
  /// @param zeros a zero per input channel, padded to whole blocks
  public void backward(
      Tensor src,
      Tensor dDst,
      Prologue prologue,
      MemorySegment weights,
      Tensor dSrc,
      boolean add,
      MemorySegment zeros,
      MemorySegment dWeights,
      MemorySegment workspace,
      Parallel parallel) {
    if (dSrc != null && winogradBackward != null) {
      transpose.run(weights, workspace, parallel);
      winogradBackward.run(
          src,
          dDst,
          prologue,
          workspace,
          add ? null : zeros,
          dSrc,
          dWeights,
          workspace,
          weightBytes,
          parallel);
      finish(prologue, parallel);
      return;
    }
    if (dSrc != null) {
      backwardData(dDst, prologue, weights, dSrc, add, zeros, workspace, parallel);
    }
    finish(prologue, parallel);
    backwardWeights(src, dDst, dWeights, workspace, parallel);
  }

  /// `dSrc = ` or `+=` the transposed convolution of dDst.
  ///
  /// @param prologue makes dDst, or null if it is there
  /// @param zeros a zero per input channel, padded to whole blocks
  public void backwardData(
      Tensor dDst,
      Prologue prologue,
      MemorySegment weights,
      Tensor dSrc,
      boolean add,
      MemorySegment zeros,
      MemorySegment workspace,
      Parallel parallel) {
    transpose.run(weights, workspace, parallel);
    float none = Float.NEGATIVE_INFINITY;
    MemorySegment start = add ? null : zeros;
    MemorySegment w = workspace;
    ConvAlgorithm algorithm = algorithms.backwardData();
    Prologue inside = inside(prologue, algorithm, parallel);
    switch (algorithm) {
      case DIRECT ->
          directData.run(dDst, inside, w, zeros, add, dSrc, none, null, w, weightBytes, parallel);
      case CHWN -> imagesData.run(dDst, w, start, dSrc, none, null, w, weightBytes, parallel);
      case FIRST -> throw none(algorithm, ConvPass.BACKWARD_DATA);
      case WINOGRAD, IM2COL -> {
        if (stridedData != null) {
          stridedData.run(dDst, inside, start, dSrc, w, weightBytes, parallel);
        } else {
          transformData.run(dDst, inside, w, 0, start, dSrc, none, null, w, weightBytes, parallel);
        }
      }
    }
    finish(prologue, parallel);
  }

  /// `dWeights =` the sum over the batch.
  public void backwardWeights(
      Tensor src, Tensor dDst, MemorySegment dWeights, MemorySegment workspace, Parallel parallel) {
    switch (algorithms.backwardWeights()) {
      case DIRECT -> {
        directWeights.run(src, dDst, dWeights, workspace, parallel);
        WeightPacking.clearBetweenGroups(spec, dWeights);
      }
      case CHWN -> imagesWeights.run(src, dDst, dWeights, workspace, parallel);
      case FIRST -> first.backwardWeights(src, dDst, dWeights, workspace, parallel);
      case WINOGRAD -> winogradWeights.run(src, dDst, dWeights, workspace, parallel);
      case IM2COL -> patchWeights.run(src, dDst, dWeights, workspace, 0, parallel);
    }
  }

  private static IllegalStateException none(ConvAlgorithm algorithm, ConvPass pass) {
    return new IllegalStateException(algorithm + " has no pass " + pass);
  }
}
