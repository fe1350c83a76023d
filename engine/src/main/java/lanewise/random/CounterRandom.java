package lanewise.random;

/// Counter-based random numbers: pure functions of a key and a counter, without state.
///
/// The `counter`-th number of the stream `key` is the SplitMix64 generator's output number
/// `counter` from the seed `key` (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014; the finalizer is Stafford's variant 13). Keys are folded with another
/// mixer, the finalizer of MurmurHash3 (Appleby), so that a key derived from a stream's key is not
/// one of that stream's numbers.
///
/// ```java
/// long key = CounterRandom.key(seed, PURPOSE, epoch, sample);
/// int row = CounterRandom.bounded(CounterRandom.bits(key, 0), 9);
/// ```
///
/// Every function gives the same result on every machine. Not for cryptography. Safe to use from
/// any thread.
public final class CounterRandom {

  /// The odd number nearest to 2^64 divided by the golden ratio.
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /// 64 random bits: number `counter` of the stream `key`.
  public static long bits(long key, long counter) {
    long z = key + (counter + 1) * GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// The key of the stream that belongs to `seed` and to one further part, such as a purpose.
  public static long key(long seed, long first) {
    return fold(fold(0, seed), first);
  }

  /// The key of the stream that belongs to `seed` and two further parts; their order matters.
  public static long key(long seed, long first, long second) {
    return fold(key(seed, first), second);
  }

  /// The key of the stream that belongs to `seed` and three further parts; their order matters.
  public static long key(long seed, long first, long second, long third) {
    return fold(key(seed, first, second), third);
  }

  /// The key of the stream that belongs to `seed` and any number of further parts; their order
  /// matters. The same key as the fixed-argument forms give, which allocate nothing.
  public static long key(long seed, long... parts) {
    long key = fold(0, seed);
    for (long part : parts) {
      key = fold(key, part);
    }
    return key;
  }

  /// An integer in `0 <= n < bound` from 64 random bits. The upper 32 bits are scaled, so no value
  /// is more likely than another by more than `bound` / 2^32.
  ///
  /// @throws IllegalArgumentException if `bound` is less than 1
  public static int bounded(long bits, int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound " + bound + " must be at least 1");
    }
    return (int) (((bits >>> 32) * bound) >>> 32);
  }

  /// A number in `0 <= u < 1` from 64 random bits, a multiple of 2^-24.
  public static float uniform(long bits) {
    return (bits >>> 40) * 0x1p-24f;
  }

  /// Normal number `counter` of the stream `key`, with mean 0 and standard deviation 1: the
  /// Box-Muller transform of the stream's numbers `2 counter` and `2 counter + 1`.
  public static double gaussian(long key, long counter) {
    // 1 - x keeps the logarithm's argument off zero.
    double u = 1.0 - (bits(key, 2 * counter) >>> 11) * 0x1p-53;
    double v = (bits(key, 2 * counter + 1) >>> 11) * 0x1p-53;
    return StrictMath.sqrt(-2.0 * StrictMath.log(u)) * StrictMath.cos(2.0 * Math.PI * v);
  }

  /// The numbers 0 to `n` - 1 in an order that depends on `key` alone (Fisher-Yates).
  ///
  /// @throws IllegalArgumentException if `n` is negative
  public static int[] permutation(long key, int n) {
    if (n < 0) {
      throw new IllegalArgumentException("length " + n + " must not be negative");
    }
    int[] order = new int[n];
    permute(key, order);
    return order;
  }

  /// Fills `order` with what [#permutation(long, int)] gives for its length, and allocates nothing.
  public static void permute(long key, int[] order) {
    for (int i = 0; i < order.length; i++) {
      int j = bounded(bits(key, i), i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }

  /// One step of the key's hash.
  private static long fold(long key, long part) {
    long z = (key ^ part) + GOLDEN;
    z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return z ^ (z >>> 33);
  }
}
