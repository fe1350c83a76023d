package lanewise.kernel.simd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Shows the compiler how memory segments are used, before any kernel runs.
///
/// It does not inline calls of `asSlice` that its profile says are rare, by how often the method
/// itself was counted. While many methods wait to be compiled, as when a program starts, small ones
/// run without being counted, and a kernel compiled then calls `asSlice` for as long as the process
/// lives: vectors go through memory around the call, and checks stay in the loop. So it is counted
/// here.
///
/// Segments on the heap are loaded here too. While there are none in a process, the compiler takes
/// every segment for a native one, and when the first comes, as within the vector API while an
/// exponential is interpreted, it throws away all kernels.
///
/// And values are read here from both kinds of segment, as floats and as integers. Methods of the
/// JDK that were compiled for one kind are left, four times for each place, when they meet
/// another. The compiler sums these counts over all that it inlines into a kernel: five reads had
/// 110, and past 100 (`PerMethodTrapLimit`) it no longer relies on any class in that kernel, whose
/// sums then go through memory, at half the speed.
final class Segments {

  /// Some thousands would do if nothing else were being compiled.
  private static final int CALLS = 100_000;

  private static final int BYTES = 64;

  private Segments() {}

  /// @return the bytes of all segments, and zeros that were read, so that nothing is left out
  static long profile() {
    MemorySegment onHeap = MemorySegment.ofArray(new byte[2 * BYTES]);
    long bytes = 0;
    // Of a kind with all memory of the engine: a second kind of arena would be tested for in
    // kernels.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment segment = arena.allocate(2 * BYTES);
      for (int i = 0; i < CALLS; i++) {
        bytes += segment.asSlice(i % BYTES, BYTES).byteSize();
        bytes += read(segment, i % BYTES) + read(onHeap, i % BYTES);
      }
    }
    return bytes;
  }

  private static int read(MemorySegment segment, int at) {
    return segment.get(JAVA_INT_UNALIGNED, at) + (int) segment.get(JAVA_FLOAT_UNALIGNED, at);
  }
}
