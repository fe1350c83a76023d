package lanewise.kernel.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Makes sure that the compiler inlines `MemorySegment.asSlice` into kernels.
///
/// It leaves out calls that its profile says are rare, by how often the method itself was counted.
/// While many methods wait to be compiled, as when a program starts, small ones run without being
/// counted, and a kernel compiled then calls `asSlice` for as long as the process lives: vectors go
/// through memory around the call, and checks stay in the loop. So it is counted here, before any
/// kernel runs.
///
/// Segments on the heap are loaded here too. While there are none in a process, the compiler takes
/// every segment for a native one, and when the first comes, as within the vector API while an
/// exponential is interpreted, it throws away all kernels.
final class Slices {

  /// Some thousands would do if nothing else were being compiled.
  private static final int CALLS = 100_000;

  private static final int BYTES = 64;

  private Slices() {}

  /// @return the bytes of all segments, so that none of them is left out
  static long profile() {
    long bytes = MemorySegment.ofArray(new byte[1]).byteSize();
    // Of a kind with all memory of the engine: a second kind of arena would be tested for in
    // kernels.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment segment = arena.allocate(2 * BYTES);
      for (int i = 0; i < CALLS; i++) {
        bytes += segment.asSlice(i % BYTES, BYTES).byteSize();
      }
    }
    return bytes;
  }
}
