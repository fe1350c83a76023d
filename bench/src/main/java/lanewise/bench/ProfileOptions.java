package lanewise.bench;

import java.time.Duration;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.network.Mode;
import lanewise.network.Network;

/// What to profile, and for how long.
///
/// @param mode a whole training step, or inference
/// @param batch images at a time
/// @param warmUp how long to run before measuring; empty: until the JVM has compiled what runs
/// @param measure how long to measure; at least five repetitions are made
/// @param peak how long to measure each of the machine's limits
/// @param memoryBudget the most bytes of off-heap memory to take
/// @param chooser chooses the algorithms of convolutions
public record ProfileOptions(
    Network network,
    Mode mode,
    int batch,
    int threads,
    Optional<Duration> warmUp,
    Duration measure,
    Duration peak,
    long memoryBudget,
    ConvChooser chooser) {

  public ProfileOptions {
    if (batch < 1 || threads < 1) {
      throw new IllegalArgumentException("batch %d, threads %d".formatted(batch, threads));
    }
    network = mode == Mode.TRAINING ? network : network.withoutAuxiliaryOutputs();
  }

  /// What is profiled, in words.
  String what() {
    return "%s of %s with a batch of %d"
        .formatted(mode == Mode.TRAINING ? "a training step" : "inference", network.name(), batch);
  }
}
