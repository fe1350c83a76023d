package lanewise.cli;

import lanewise.layer.BatchNorm2d;
import lanewise.layer.Layer;
import lanewise.layer.Sigmoid;
import lanewise.network.Network;
import lanewise.train.TrainingConfig;

/// How models are trained unless the user says otherwise.
final class Recipes {

  /// Without batch normalization the usual peak of 0.2 lets deep networks diverge.
  private static final double PLAIN_RATE = 0.02;

  /// Sigmoids pass on a quarter of a gradient at most, so a network of them needs large steps; and
  /// weight decay holds it where all of its outputs are the same.
  private static final double SIGMOID_RATE = 1;

  private static final double SIGMOID_DECAY = 0;

  private Recipes() {}

  static TrainingConfig of(Network network) {
    TrainingConfig config = TrainingConfig.of(network.name());
    if (has(network, BatchNorm2d.class)) {
      return config;
    }
    return has(network, Sigmoid.class)
        ? config.withLearningRate(SIGMOID_RATE).withWeightDecay(SIGMOID_DECAY)
        : config.withLearningRate(PLAIN_RATE);
  }

  private static boolean has(Network network, Class<? extends Layer> kind) {
    return network.nodes().stream().anyMatch(node -> kind.isInstance(node.layer()));
  }
}
