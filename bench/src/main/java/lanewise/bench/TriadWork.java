package lanewise.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lanewise.kernel.Parallel;
import lanewise.tensor.Memory;

/// `dst = left + 3 * right` over arrays that fit into no cache, on every thread.
final class TriadWork implements AutoCloseable {

  private static final int ARRAY_BYTES = 96 << 20;
  private static final int PIECE_BYTES = 1 << 20;

  private final Parallel parallel;
  private final Memory memory = Memory.withBudget(3L * ARRAY_BYTES);
  private final MemorySegment dst = memory.allocate("triad, result", ARRAY_BYTES);
  private final MemorySegment left = memory.allocate("triad, left", ARRAY_BYTES);
  private final MemorySegment right = memory.allocate("triad, right", ARRAY_BYTES);
  private final Parallel.Body body = this::piece;

  TriadWork(Parallel parallel) {
    this.parallel = parallel;
    left.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 1);
    right.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 2);
  }

  /// @return bytes read and written
  long run() {
    parallel.run(ARRAY_BYTES / PIECE_BYTES, body);
    return 3L * ARRAY_BYTES;
  }

  private void piece(int piece, int thread) {
    PeakLoops.triad(dst, left, right, piece * PIECE_BYTES, PIECE_BYTES);
  }

  /// The first value of the result: 7.
  float check() {
    return dst.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  @Override
  public void close() {
    memory.close();
  }
}
