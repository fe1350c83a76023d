package lanewise.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/// One pass of one operation: what was measured, and what theory says of it.
///
/// @param time measured
/// @param flops floating point operations of the batch in theory, two per multiply-add of the
///     direct algorithm whichever runs
/// @param bytes bytes of the batch that must move in theory; see [lanewise.network.Theory]
public record PassProfile(Timing time, long flops, long bytes) {

  /// What keeps a computation from being faster.
  public enum Bound {
    COMPUTE,
    MEMORY;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// Thousand million operations a second, achieved.
  public double gflops() {
    return flops / time.median() / 1e9;
  }

  /// Operations per byte; 0 for what is not counted, such as activations.
  public double intensity() {
    return bytes == 0 ? 0 : (double) flops / bytes;
  }

  /// Achieved share of the measured FMA peak. An algorithm that needs fewer operations than the
  /// direct one can pass 1.
  public double shareOfPeak(MachinePeak peak) {
    return gflops() / peak.gflops();
  }

  /// Achieved share of the measured memory bandwidth. What is still in the cache can pass 1.
  public double shareOfBandwidth(MachinePeak peak) {
    return bytes / time.median() / 1e9 / peak.gigabytesPerSecond();
  }

  /// The least time in theory: that of the slower of computing and moving.
  public double theorySeconds(MachinePeak peak) {
    return Math.max(flops / peak.gflops(), bytes / peak.gigabytesPerSecond()) / 1e9;
  }

  /// Which of the two is slower in theory.
  public Bound bound(MachinePeak peak) {
    return intensity() >= peak.ridge() ? Bound.COMPUTE : Bound.MEMORY;
  }

  Map<String, Object> json(MachinePeak peak) {
    Map<String, Object> object = new LinkedHashMap<>(time.json());
    object.put("theory_s", theorySeconds(peak));
    object.put("flops", flops);
    object.put("bytes", bytes);
    object.put("gflops", gflops());
    object.put("share_of_fma_peak", shareOfPeak(peak));
    object.put("share_of_bandwidth", shareOfBandwidth(peak));
    object.put("flops_per_byte", intensity());
    object.put("bound", bound(peak).toString());
    return object;
  }
}
