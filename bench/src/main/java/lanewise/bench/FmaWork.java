package lanewise.bench;

import lanewise.kernel.Parallel;

/// Register-only multiply-adds on every thread.
final class FmaWork {

  private static final int ITERATIONS = 20_000;
  private static final int PIECES_PER_THREAD = 4;

  private final Parallel parallel;
  private final float[] sums;
  private final Parallel.Body body = this::piece;

  FmaWork(Parallel parallel) {
    this.parallel = parallel;
    sums = new float[parallel.threads() * PIECES_PER_THREAD];
  }

  /// @return floating point operations done
  long run() {
    parallel.run(sums.length, body);
    return sums.length * PeakLoops.flops(ITERATIONS);
  }

  private void piece(int piece, int thread) {
    sums[piece] = PeakLoops.fma(ITERATIONS);
  }

  /// A result of the last run; each chain ends near 1.
  float check() {
    return sums[0];
  }
}
