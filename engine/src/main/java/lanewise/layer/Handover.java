package lanewise.layer;

import lanewise.kernel.Parallel;
import lanewise.kernel.simd.ChannelStatistics;
import lanewise.kernel.simd.Prologue;

/// What, in training, the producer of a value and who reads it hand each other beside the value and
/// its gradient, so that a batch normalization passes over less memory. Each may be missing (null);
/// both sides then do without.
///
/// @param statistics of the value, taken by the convolution that makes it for the batch
///     normalization that reads it
/// @param value the value itself, where the convolution that reads it next makes each sample just
///     before it reads it
/// @param gradient the value's gradient, where the convolution that made the value does the same on
///     the way back
@SuppressWarnings("exports") // a matter between the engine's own layers
public record Handover(ChannelStatistics statistics, Prologue value, Prologue gradient) {

  /// Nothing is handed over.
  public static final Handover NONE = new Handover(null, null, null);

  /// Makes what is left to be made of the value.
  public void finishValue(Parallel parallel) {
    if (value != null) {
      value.finish(parallel);
    }
  }

  /// Makes what is left to be made of its gradient.
  public void finishGradient(Parallel parallel) {
    if (gradient != null) {
      gradient.finish(parallel);
    }
  }
}
