package lanewise.train;

import java.util.List;
import lanewise.data.ArrayDataset;
import lanewise.data.Augmentation;
import lanewise.data.Normalization;
import lanewise.data.Split;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.random.CounterRandom;
import lanewise.tensor.Shape;

/// A run small enough for tests in which every part takes part: batch normalization, dropout, an
/// auxiliary output, augmentation, an odd number of channels and a last batch that is not full.
final class TrainRuns {

  static final Shape IMAGE = new Shape(3, 10, 8);
  static final int CLASSES = 6;
  static final int BATCH = 16;
  static final int STEPS = 4;
  static final long BUDGET = 1 << 28;

  private TrainRuns() {}

  static Network network() {
    return network("small", CLASSES);
  }

  static Network network(String name, int classes) {
    Flow x = Flow.input(IMAGE).conv(7, 3, 1, 1).batchNorm().relu();
    x.flatten().linear(classes).auxiliaryOutput(0.3);
    return x.dropout(0.25)
        .conv(20, 3, 2, 1)
        .batchNorm()
        .relu()
        .flatten()
        .linear(classes)
        .network(name);
  }

  /// 70 noisy images to train, 23 to validate; the class shows in the brightness of a corner.
  static Split data() {
    return new Split(dataset("small train", 70, 1), dataset("small validation", 23, 2));
  }

  static ArrayDataset dataset(String name, int size, long seed) {
    int elements = (int) IMAGE.elements();
    byte[] pixels = new byte[size * elements];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = i % CLASSES;
      long key = CounterRandom.key(seed, i);
      for (int p = 0; p < elements; p++) {
        int noise = CounterRandom.bounded(CounterRandom.bits(key, p), 64);
        int signal = p % IMAGE.width() < 4 ? 30 * labels[i] : 0;
        pixels[i * elements + p] = (byte) (noise + signal);
      }
    }
    List<String> names = List.of("a", "b", "c", "d", "e", "f");
    return new ArrayDataset(name, IMAGE, names, labels, pixels);
  }

  static TrainingConfig config() {
    return TrainingConfig.of("small")
        .withEpochs(3)
        .withBatchSize(BATCH)
        .withLearningRate(0.05)
        .withAugmentation(new Augmentation(1, true))
        .withSeed(7)
        .withThreads(2);
  }

  static Trainer trainer(TrainingConfig config) {
    Split data = data();
    Normalization normalization = Normalization.of(data.train());
    return Trainer.create(network(), config, data, normalization, BUDGET);
  }

  /// Parameters and statistics, all of them, as they lie in memory.
  static float[] values(Parameters parameters) {
    return parameters.values().toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
  }
}
