package lanewise.bench;

import lanewise.choice.ConvChooser;
import lanewise.kernel.Parallel;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Theory;
import lanewise.tensor.Memory;
import lanewise.train.Sgd;
import lanewise.train.SoftmaxCrossEntropy;
import lanewise.train.TrainingStep;

/// Whole training steps of a network on noise: input, forward, loss, backward, gradient descent
/// with
/// Nesterov momentum and weight decay. The learning rate is 0, so that every step computes the
/// same.
final class TrainingWork implements AutoCloseable {

  static final Sgd OPTIMIZER = new Sgd(0.9, true, 5e-4);
  static final SoftmaxCrossEntropy LOSS = new SoftmaxCrossEntropy(0);

  private final Memory memory = Memory.withDefaultBudget();
  private final Parallel parallel;
  private final TrainingStep step;
  private final float[] images;
  private final int[] labels;
  private final long flops;
  private long count;

  TrainingWork(Network network, int batch, int threads, ConvChooser chooser) {
    parallel = new Parallel(threads);
    Parameters parameters = Parameters.create(network, memory, 1);
    step = new TrainingStep(network, batch, LOSS, OPTIMIZER, parameters, memory, parallel, chooser);
    images = Noise.values(1, batch * network.input().elements());
    labels = Noise.labels(2, batch, network.output().channels());
    Theory theory = Theory.of(network, Theory.Counting.FLOPS);
    flops = batch * (theory.forwardOperations() + theory.backwardOperations());
  }

  /// Runs one step.
  ///
  /// @return the loss
  double run() {
    double loss = step.forward(images, labels, count++);
    step.backward(0);
    return loss;
  }

  int batch() {
    return labels.length;
  }

  /// Floating point operations of a step in theory, two per multiply-add.
  long flops() {
    return flops;
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
