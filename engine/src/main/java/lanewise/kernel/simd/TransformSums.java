package lanewise.kernel.simd;

import static java.lang.Float.NEGATIVE_INFINITY;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import lanewise.kernel.Parallel;
import lanewise.tensor.Tensor;

/// `dst = conv(src)` as products of transformed tiles ([TileTransform]): Winograd forward and
/// backward-data, and im2col, whose tiles are single pixels. Per block of tiles: input transform to
/// `V[point][tile][C]`, per group of output channels the products with the transformed weights
/// `U[point][K][C]` to `M[point][K][tile]`, output transform. C counts all channels of all taps
/// that the transform leaves.
///
/// Where the weights are small, each thread takes blocks of tiles of its own, so that V and M stay
/// in its second-level cache, and makes the transformed weights for itself: lines of memory that
/// another processor has read are slow to write again. Where they are large (deep layers) or tiles
/// are few, V is made once, and each thread takes groups of output channels, whose transformed
/// weights it makes as it goes, so that they never reach main memory.
///
/// Weights that stay the same from run to run (inference) are transformed once, by [#prepare], if
/// that does not make them much larger.
///
/// Products of pixels (im2col) end in the destination where the register tile's pixels lie side by
/// side there ([NarrowTiles#finished2x6], [WideTiles#finished]), the others in M.
final class TransformSums {

  private static final long VECTOR = Lanes.BYTES;
  private static final long PAIR = Lanes.COUNT * VECTOR;

  /// Blocks of output channels whose products with the tiles of a point follow one another: these
  /// then come from the first-level cache.
  private static final int PRODUCT_BLOCKS = 4;

  /// Tiles of one point, whose products are computed together, at most: the source is then read in
  /// long runs.
  private static final int MOST_PIXELS = 160;

  /// What V may take in the second-level cache beside M and the weights: of 512 KB with AVX2
  /// processors, of 1 MB and more with others.
  private static final long V_BYTES = Lanes.COUNT == 8 ? 256 * 1024 : 512 * 1024;

  /// What V of all tiles may take for threads to share it instead of the weights.
  private static final long FEW_BYTES = V_BYTES + V_BYTES / 2;

  /// Fewer are one piece if pieces are of tiles.
  private static final int FEW_TILES = 32;

  /// Tiles whose inputs are transformed at a time where V is shared.
  private static final int INPUT_TILES = 8;

  /// Blocks of their channels at least.
  private static final int INPUT_BLOCKS = 4;

  /// Room behind V and the weights, which are addressed through slices of a constant size.
  private static final long SLICE_BYTES =
      Math.max(NarrowTiles.WEIGHTS_SLICE, WinogradTransforms.SLICE);

  /// Positions that the last register tile may reach beyond.
  private static final int BEYOND = 12;

  /// With fewer tiles, packed weights are not worth copying to where there is room behind them.
  private static final int MANY_TILES = 128;

  /// Pixels of a map whose products end in the destination: with fewer, too many register tiles go
  /// across two images.
  private static final int LEAST_PIXELS = 24;

  /// With more, each thread makes the transformed weights of the channels that it has as it goes.
  private static final long LARGE_WEIGHTS = 4L * 1024 * 1024;

  /// More are not prepared: they would come from main memory, four times as many bytes as packed.
  private static final long LARGE_PREPARED = 12L * 1024 * 1024;

  /// What V may take in the last-level cache, which all threads share.
  private static final long SHARED_BYTES = 16L * 1024 * 1024;

  /// Zeros for sums of a register tile that start from nothing.
  private static final long ZEROS = Lanes.MAX_BLOCKS * VECTOR;

  /// Two cache lines, so that the points fall into different cache sets.
  private static final long SKEW = 128;

  private final TileTransform transform;
  private final int points;
  private final int srcBlocks;
  private final int dstBlocks;
  private final int[] groups; // of output channels: the first block of each, and the end
  private final int[] groupOf; // per block of output channels
  private final int tiles;
  private final boolean byGroups;
  private final int blockTiles;
  private final boolean prepares;
  private final boolean sliced;
  private final boolean makesWeights;
  private final boolean finishes;
  private final int[] channels; // per point: how many are summed over, all in one run
  private final long weightsBlock;
  private final long weightsStep = VECTOR; // a variable, for which see NarrowTiles
  private final int[] firstSource; // per point: the first block of the source that has products
  private final boolean[][] vanishing; // per point and block of the result: it has none
  private final long vTile;
  private final long vStep;
  private final long uStep;
  private final int productTiles;
  private final int mTiles;
  private final long mStep;
  private final int workers; // threads that need memory of their own
  private final long[] madeWeights; // per thread: for which run it has made the weights
  private final Parallel.Body prepareWeights = this::prepareWeights;
  private final Parallel.Body tileBlock = this::tileBlock;
  private final Parallel.Body sharedInput = this::sharedInput;
  private final Parallel.Body channelGroup = this::channelGroup;

  private Tensor src;
  private MemorySegment weights;
  private MemorySegment prepared;
  private MemorySegment u;
  private long weightsAt;
  private MemorySegment bias;
  private Tensor dst;
  private float floor;
  private Prologue prologue;
  private Epilogue epilogue;
  private MemorySegment workspace;
  private long start;
  private int firstTile;
  private int tileCount;
  private int inputParts; // of the source's blocks, transformed one by one
  private long run;

  /// @param srcBlocks vectors that a tile takes at each point
  /// @param srcChannels channels in them that are summed over
  /// @param constantWeights whether the weights change so rarely that they can be prepared
  TransformSums(
      TileTransform transform,
      int srcBlocks,
      int srcChannels,
      int dstChannels,
      int batch,
      int threads,
      boolean constantWeights) {
    this.transform = transform;
    points = transform.points();
    madeWeights = new long[threads];
    this.srcBlocks = srcBlocks;
    dstBlocks = Math.ceilDiv(dstChannels, Lanes.COUNT);
    productTiles = productTiles();
    tiles = batch * transform.tilesPerImage();
    mTiles = Math.min(productTiles, tiles) + BEYOND;
    mStep = Math.min(PRODUCT_BLOCKS, dstBlocks) * mTiles * VECTOR + SKEW;
    long allWeights = points * srcBlocks * dstBlocks * PAIR;
    boolean grow = transform.transformsWeights();
    prepares = constantWeights && (!grow || allWeights <= LARGE_PREPARED);
    boolean several = Lanes.COUNT != 8 || dstBlocks > 1;
    sliced = several && (grow || prepares || tiles >= MANY_TILES);
    makesWeights = grow || sliced;
    finishes =
        sliced
            && (Lanes.COUNT == 8 || srcChannels <= NarrowTiles.PART)
            && transform.adjoining(0, transform.tilesPerImage()) >= LEAST_PIXELS;
    groups = evenGroups(dstBlocks, threads, finishes ? 2 : 1);
    groupOf = new int[dstBlocks];
    for (int group = 0; group + 1 < groups.length; group++) {
      Arrays.fill(groupOf, groups[group], groups[group + 1], group);
    }
    boolean onePiece = tiles < FEW_TILES && tiles <= productTiles;
    byGroups =
        dstBlocks <= Lanes.MAX_BLOCKS
            ? groups.length > 2 && onePiece
            : allWeights > LARGE_WEIGHTS || hasFewTiles(allWeights);
    int kept = byGroups && !prepares ? Math.min(dstBlocks, Lanes.MAX_BLOCKS) : dstBlocks;
    blockTiles = byGroups ? sharedTiles() : ownTiles();
    // A single piece is run by thread 0.
    workers = byGroups || blockTiles < tiles ? threads : 1;
    // Patches a multiple of 1 KB apart would fall into few sets of the first-level cache.
    vTile = srcBlocks * VECTOR + (points == 1 && srcBlocks * VECTOR % 1024 == 0 ? 64 : 0);
    vStep = blockTiles * vTile + SKEW;
    uStep = srcBlocks * kept * PAIR;
    firstSource = new int[points];
    vanishing = new boolean[points][dstBlocks];
    channels = new int[points];
    weightsBlock = srcBlocks * PAIR;
    for (int point = 0; point < points; point++) {
      int last = srcBlocks;
      while (last > 0 && !isSeen(point, last - 1)) {
        last--;
      }
      int first = 0;
      while (first < last && !isSeen(point, first)) {
        first++;
      }
      firstSource[point] = first;
      for (int block = 0; block < dstBlocks; block++) {
        vanishing[point][block] = transform.vanishes(point, block, first, srcBlocks);
      }
      channels[point] = last - first == srcBlocks ? srcChannels : (last - first) * Lanes.COUNT;
    }
  }

  /// Groups of at most [Lanes#MAX_BLOCKS] blocks, as many for each thread and as equal as can be.
  ///
  /// @param least blocks of a group, where there are enough of them: results that end in the
  ///     destination start with the bias, those of a single block end with it, and which of the two
  ///     must not depend on threads
  /// @return where each begins, and the last one ends
  private static int[] evenGroups(int blocks, int threads, int least) {
    int fewest = Math.ceilDiv(blocks, Lanes.MAX_BLOCKS);
    int perThread = Math.ceilDiv(Math.ceilDiv(blocks, threads), Lanes.MAX_BLOCKS);
    int count = Math.clamp(perThread * threads, fewest, Math.max(fewest, blocks / least));
    return IntStream.rangeClosed(0, count).map(group -> group * blocks / count).toArray();
  }

  /// Whether pieces of tiles would be too few or too small to be worth reading all weights for
  /// each.
  private boolean hasFewTiles(long allWeights) {
    boolean inputsFit = (long) points * tiles * srcBlocks * VECTOR <= FEW_BYTES;
    boolean several = dstBlocks > 3 * Lanes.MAX_BLOCKS;
    return tiles < 64 || several && inputsFit && allWeights > V_BYTES;
  }

  private int productTiles() {
    int whole = wholeTiles(dstBlocks);
    if (points > 1) {
      // A block of tiles costs some 100 cycles per point besides its products: with few channels it
      // has as many tiles as V and M of them may take.
      int blocks = srcBlocks + Math.min(PRODUCT_BLOCKS, dstBlocks);
      return (int) Math.max(1, V_BYTES / (points * blocks * VECTOR) / whole) * whole;
    }
    long fitting = V_BYTES / (srcBlocks * VECTOR) / whole * whole;
    return Math.clamp(fitting, whole, MOST_PIXELS / whole * whole);
  }

  /// Positions of whole register tiles ([NarrowTiles], [WideTiles]).
  private static int wholeTiles(int blocks) {
    return Lanes.COUNT == 8 ? 24 : blocks < 4 ? 48 : 40;
  }

  /// Whole register tiles, as many as make the last of two and of four threads end early; of the
  /// shapes alone, as slots are.
  private int ownTiles() {
    if (tiles < FEW_TILES) {
      return Math.ceilDiv(tiles, Math.ceilDiv(tiles, productTiles));
    }
    int step = registerTiles();
    int most = Math.max(productTiles / step * step, step);
    int least = Math.min(most / 2, Math.ceilDiv(tiles, 4));
    int best = most;
    long fewest = Long.MAX_VALUE;
    for (int size = most; size >= Math.max(least, step); size -= step) {
      long blocks = Math.ceilDiv(tiles, size);
      // What one of two threads computes, and one of four.
      long computed = (Math.ceilDiv(blocks, 2) + Math.ceilDiv(blocks, 4)) * size;
      if (computed < fewest) {
        fewest = computed;
        best = size;
      }
    }
    return Math.min(best, tiles);
  }

  /// Positions of a register tile.
  private int registerTiles() {
    int blocks = Tiles.blocks(dstBlocks);
    return Lanes.COUNT == 8 ? Tiles.positions(blocks) : WideTiles.positions(blocks);
  }

  private int sharedTiles() {
    long fitting = SHARED_BYTES / (points * srcBlocks * VECTOR) / productTiles * productTiles;
    return (int) Math.min(tiles, Math.max(productTiles, fitting));
  }

  /// Whether a block of the source has a product at a point.
  private boolean isSeen(int point, int srcBlock) {
    for (int block = 0; block < dstBlocks; block++) {
      if (!transform.vanishes(point, block, srcBlock, srcBlocks)) {
        return true;
      }
    }
    return false;
  }

  /// Tiles of a block, of which each thread has one at a time.
  int blockTiles() {
    return blockTiles;
  }

  /// Bytes from one point to the next in V.
  long vStep() {
    return vStep;
  }

  /// Slots in which a pass hands over its results.
  int slots() {
    return Math.ceilDiv(tiles, slotTiles());
  }

  private int slotTiles() {
    return byGroups ? productTiles : blockTiles;
  }

  /// Bytes of workspace: V (once for all threads that take groups of output channels, else per
  /// thread), and transformed weights, M and scratch memory per thread; or what preparing needs.
  long workspaceBytes() {
    long preparing = (long) madeWeights.length * transform.scratchBytes();
    return Math.max(sharedBytes() + workers * threadBytes(), preparing) + SLICE_BYTES;
  }

  private long vBytes() {
    // Tiles read whole register tiles, the last one possibly beyond the last position.
    return points * vStep + BEYOND * vTile;
  }

  /// Bytes that [#prepare] needs, with room behind the last weights; 0 if nothing is prepared.
  long preparedBytes() {
    long room = sliced ? NarrowTiles.WEIGHTS_SLICE : 0;
    return prepares && makesWeights ? points * uStep + room : 0;
  }

  private long uBytes() {
    return makesWeights && !prepares ? points * uStep : 0;
  }

  private long sharedBytes() {
    return byGroups ? vBytes() : 0;
  }

  private long threadBytes() {
    return ownBytes() + points * mStep + transform.scratchBytes() + ZEROS;
  }

  /// V and transformed weights of one thread.
  private long ownBytes() {
    return uBytes() + (byGroups ? 0 : vBytes());
  }

  private long threadAt(int thread) {
    return start + sharedBytes() + thread * threadBytes();
  }

  /// Where the V that a thread works on begins.
  long vAt(int thread) {
    return byGroups ? start : threadAt(thread) + uBytes();
  }

  /// Where the weights of the products from a block of output channels on lie in [#u].
  private long uAt(int block, int thread) {
    if (!makesWeights) {
      return weightsAt + block * weightsBlock;
    }
    if (prepares) {
      return block * weightsBlock;
    }
    return threadAt(thread) + (byGroups ? block - groups[groupOf[block]] : block) * weightsBlock;
  }

  private long mAt(int thread) {
    return threadAt(thread) + ownBytes();
  }

  private long scratchAt(int thread) {
    return mAt(thread) + points * mStep;
  }

  private long zerosAt(int thread) {
    return scratchAt(thread) + transform.scratchBytes();
  }

  /// Transforms the weights ahead of all runs until they change, if that is of use.
  ///
  /// @param prepared takes [#preparedBytes()]; every run reads it
  /// @param workspace scratch memory
  void prepare(
      MemorySegment weights, MemorySegment prepared, MemorySegment workspace, Parallel parallel) {
    this.prepared = prepared;
    if (preparedBytes() > 0) {
      this.weights = weights;
      weightsAt = 0;
      this.workspace = workspace;
      start = 0;
      u = prepared;
      parallel.run(srcBlocks * dstBlocks, prepareWeights);
    }
  }

  /// @param prologue makes the source, or null if it is there
  /// @param weights packed weights `[dst blocks][src blocks][taps][lanes of src][lanes of dst]`
  /// @param weightsAt where they begin
  /// @param bias start values, or null to add to the destination
  /// @param epilogue takes the results, or null
  /// @param at where the workspace's free part starts
  void run(
      Tensor src,
      Prologue prologue,
      MemorySegment weights,
      long weightsAt,
      MemorySegment bias,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment workspace,
      long at,
      Parallel parallel) {
    begin(src, prologue, weights, weightsAt, bias, dst, floor, epilogue, workspace, at);
    if (!byGroups) {
      parallel.run(Math.ceilDiv(tiles, blockTiles), tileBlock);
      return;
    }
    for (firstTile = 0; firstTile < tiles; firstTile += blockTiles) {
      tileCount = Math.min(blockTiles, tiles - firstTile);
      int pieces = Math.ceilDiv(tileCount, INPUT_TILES);
      inputParts = Math.clamp(Math.ceilDiv(madeWeights.length, pieces), 1, mostInputParts());
      parallel.run(pieces * inputParts, sharedInput);
      parallel.run(groups.length - 1, channelGroup);
    }
  }

  private int mostInputParts() {
    return Math.ceilDiv(srcBlocks, INPUT_BLOCKS);
  }

  /// What [#run] does before its loops, for who runs [#tileBlock] in a loop of its own.
  void begin(
      Tensor src,
      Prologue prologue,
      MemorySegment weights,
      long weightsAt,
      MemorySegment bias,
      Tensor dst,
      float floor,
      Epilogue epilogue,
      MemorySegment workspace,
      long at) {
    this.src = src;
    this.prologue = prologue;
    this.weightsAt = weightsAt;
    this.epilogue = epilogue;
    this.weights = weights;
    this.bias = bias;
    this.dst = dst;
    this.floor = floor;
    this.workspace = workspace;
    this.start = at;
    u = !makesWeights ? weights : prepares ? prepared : workspace;
    run++;
  }

  private void prepareWeights(int pair, int thread) {
    transformWeights(pair, thread, (long) thread * transform.scratchBytes());
  }

  private void transformWeights(int pair, int thread, long scratch) {
    int block = pair / srcBlocks;
    transform.weights(
        weights,
        weightsAt,
        block,
        pair % srcBlocks,
        srcBlocks,
        workspace,
        scratch,
        u,
        uAt(block, thread) + pair % srcBlocks * PAIR,
        uStep);
  }

  /// Everything for a block of tiles; what its inputs became then lies in V.
  void tileBlock(int piece, int thread) {
    if (madeWeights[thread] != run) {
      madeWeights[thread] = run;
      makeWeights(0, dstBlocks, thread);
    }
    int first = piece * blockTiles;
    int count = Math.min(blockTiles, tiles - first);
    input(first, vAt(thread), count, 0, srcBlocks, thread);
    for (int block = 0; block < dstBlocks; ) {
      int left = dstBlocks - block;
      int blocks = Lanes.COUNT == 8 && sliced ? Math.min(PRODUCT_BLOCKS, left) : Tiles.blocks(left);
      products(block, blocks, first, vAt(thread), uAt(block, thread), count, thread);
      block += blocks;
    }
  }

  /// Transformed weights of some blocks of output channels, for this thread alone.
  private void makeWeights(int block, int blocks, int thread) {
    for (int i = 0; i < blocks * srcBlocks && uBytes() > 0; i++) {
      transformWeights(block * srcBlocks + i, thread, scratchAt(thread));
    }
  }

  private void sharedInput(int piece, int thread) {
    int from = piece / inputParts * INPUT_TILES;
    int count = Math.min(INPUT_TILES, tileCount - from);
    int part = piece % inputParts;
    int block = firstBlock(part);
    long v = vAt(thread) + from * vTile;
    input(firstTile + from, v, count, block, firstBlock(part + 1) - block, thread);
  }

  /// Where a part of the source's blocks begins, and the one before ends: whole cache lines of V.
  private int firstBlock(int part) {
    return Math.min(part * mostInputParts() / inputParts * INPUT_BLOCKS, srcBlocks);
  }

  private void channelGroup(int group, int thread) {
    int block = groups[group];
    int blocks = groups[group + 1] - block;
    makeWeights(block, blocks, thread);
    long at = uAt(block, thread);
    for (int from = 0; from < tileCount; from += productTiles) {
      long v = vAt(thread) + from * vTile;
      int count = Math.min(productTiles, tileCount - from);
      products(block, blocks, firstTile + from, v, at, count, thread);
    }
  }

  /// @param v where the first block of the first tile's first point would go
  private void input(int first, long v, int count, int block, int blocks, int thread) {
    if (prologue != null) {
      int perImage = transform.tilesPerImage();
      prologue.need(first / perImage, (first + count - 1) / perImage + 1);
    }
    transform.inputs(
        src,
        first,
        first + count,
        block,
        blocks,
        workspace,
        scratchAt(thread),
        workspace,
        v + block * VECTOR,
        vTile,
        vStep);
  }

  /// The results of some blocks of output channels and some tiles.
  private void products(int block, int blocks, int first, long v, long w, int count, int thread) {
    if (finishes && blocks > 1 && (Lanes.COUNT == 8 || bias != null)) {
      finished(block, blocks, first, v, w, count, thread);
      return;
    }
    long m = mAt(thread);
    for (int point = 0; point < points; point++) {
      long vp = v + point * vStep;
      long wp = w + point * uStep;
      long mp = m + point * mStep;
      for (int b = 0; b < blocks; b += Lanes.MAX_BLOCKS) {
        pointProducts(point, block, b, Math.min(blocks, b + Lanes.MAX_BLOCKS), vp, wp, count, mp);
      }
    }
    output(block, blocks, first, count, m, thread);
    gather(block, blocks, first, count);
  }

  /// The products at one point of the blocks `from` to `to` (exclusive) behind `block`, which one
  /// register tile takes at once. Where they vanish, zeros.
  private void pointProducts(
      int point, int block, int from, int to, long v, long w, int count, long m) {
    int start = from;
    while (start < to && vanishing[point][block + start]) {
      start++;
    }
    int end = to;
    while (end > start && vanishing[point][block + end - 1]) {
      end--;
    }
    long mBlock = mTiles * VECTOR;
    for (int b = from; b < to; b++) {
      if (b < start || b >= end) {
        Vectors.zero(workspace, m + b * mBlock, count * VECTOR);
      }
    }
    if (start < end) {
      long vFirst = v + firstSource[point] * VECTOR;
      long wFirst = w + firstSource[point] * PAIR + start * weightsBlock;
      product(channels[point], end - start, vFirst, wFirst, count, m + start * mBlock);
    }
  }

  /// The same for tiles that are single pixels, with nothing in between: tiles of registers whose
  /// pixels lie side by side in the destination end there. Those across two images, and the last,
  /// go by M, through the same register tile: another one would have so few calls that the JVM's
  /// compiler comes to it a second later.
  private void finished(int block, int blocks, int first, long v, long w, int count, int thread) {
    long m = mAt(thread);
    long zeros = zerosAt(thread);
    Vectors.zero(workspace, zeros, ZEROS);
    for (int b = 0; b < blocks; b += Lanes.MAX_BLOCKS) {
      int some = Math.min(Lanes.MAX_BLOCKS, blocks - b);
      int positions = Lanes.COUNT == 8 ? Tiles.positions(some) : WideTiles.positions(some);
      long wb = w + b * weightsBlock;
      for (int done = 0; done < count; ) {
        long vd = v + done * vTile;
        int adjoining = some < 2 ? 0 : transform.adjoining(first + done, first + count);
        int run = adjoining / positions * positions;
        if (run > 0) {
          long at = transform.resultAt(dst, first + done, block + b);
          long atBlock = dst.blockStride() * (long) Float.BYTES;
          long biasAt = (block + b) * VECTOR;
          finished(some, run, vd, wb, bias, biasAt, dst.segment(), at, atBlock, floor);
        } else {
          run = some < 2 ? count : Math.min(positions, count - done);
          if (some < 2) {
            product(channels[0], some, vd, wb, run, m);
          } else {
            long mBlock = mTiles * VECTOR;
            finished(some, run, vd, wb, workspace, zeros, workspace, m, mBlock, NEGATIVE_INFINITY);
          }
          output(block + b, some, first + done, run, m, thread);
        }
        done += run;
      }
    }
    gather(block, blocks, first, count);
  }

  /// The same for whole tiles of registers: `max(product + start, least)`.
  private void finished(
      int blocks,
      int count,
      long v,
      long w,
      MemorySegment start,
      long startAt,
      MemorySegment to,
      long at,
      long atBlock,
      float least) {
    int summed = channels[0];
    if (Lanes.COUNT == 8) {
      NarrowTiles.finished2x6(
          count,
          workspace,
          v,
          vTile,
          u,
          w,
          weightsBlock,
          summed,
          start,
          startAt,
          to,
          at,
          atBlock,
          least);
    } else {
      WideTiles.finished(
          blocks,
          count,
          workspace,
          v,
          vTile,
          u,
          w,
          weightsBlock,
          summed,
          start,
          startAt,
          to,
          at,
          atBlock,
          least);
    }
  }

  private void output(int block, int blocks, int first, int count, long m, int thread) {
    for (int b = 0; b < blocks; b++) {
      transform.output(
          workspace,
          m + b * mTiles * VECTOR,
          mStep,
          first,
          first + count,
          block + b,
          bias,
          dst,
          floor,
          workspace,
          scratchAt(thread));
    }
  }

  /// Hands over results.
  private void gather(int block, int blocks, int first, int count) {
    for (int b = 0; b < blocks && epilogue != null; b++) {
      transform.gather(epilogue, first / slotTiles(), first, first + count, block + b, dst);
    }
  }

  private void product(int summed, int blocks, long v, long w, int count, long m) {
    long mBlock = mTiles * VECTOR;
    if (sliced && Lanes.COUNT != 8 && summed <= NarrowTiles.PART) {
      WideTiles.sliced(
          blocks, count, workspace, v, vTile, u, w, weightsBlock, summed, workspace, m, mBlock);
    } else if (sliced && blocks == 2 && summed <= NarrowTiles.PART) {
      NarrowTiles.sliced2x6(
          count, workspace, v, vTile, u, w, weightsBlock, summed, workspace, m, mBlock);
    } else if (sliced && Lanes.COUNT == 8 && blocks == 2) {
      NarrowTiles.long2x6(
          count, workspace, v, vTile, u, w, weightsBlock, summed, workspace, m, mBlock);
    } else {
      Tiles.runToScratch(
          blocks,
          count,
          workspace,
          v,
          vTile,
          u,
          w,
          weightsBlock,
          weightsStep,
          summed,
          workspace,
          m,
          mBlock);
    }
  }
}
