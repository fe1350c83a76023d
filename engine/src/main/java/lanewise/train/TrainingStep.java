package lanewise.train;

import java.util.List;
import lanewise.choice.ConvChooser;
import lanewise.error.NumericException;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.tensor.Tensor;

/// One training step of a network: forward, the losses of all outputs, backward, optimizer. What a
/// [Trainer] repeats, and what a benchmark measures. Allocates nothing on the heap once warm.
///
/// Its memory belongs to the [Memory] that it was given. Not safe to share between threads.
public final class TrainingStep {

  private final Program program;
  private final SoftmaxCrossEntropy.Bound[] losses;
  private final double[] weights;
  private final OptimizerState state;
  private final Optimizer.Step update;

  /// The same with convolutions that run as the fixed rule says.
  public TrainingStep(
      Network network,
      int batch,
      SoftmaxCrossEntropy loss,
      Optimizer optimizer,
      Parameters parameters,
      Memory memory,
      Parallel parallel) {
    this(network, batch, loss, optimizer, parameters, memory, parallel, ConvChooser.rule());
  }

  /// Compiles the network for training and binds losses and optimizer to it.
  ///
  /// @param batch images per step
  /// @param loss loss of every output, weighted as the network says
  /// @param chooser chooses the algorithms of convolutions
  public TrainingStep(
      Network network,
      int batch,
      SoftmaxCrossEntropy loss,
      Optimizer optimizer,
      Parameters parameters,
      Memory memory,
      Parallel parallel,
      ConvChooser chooser) {
    program = Program.compile(network, batch, Mode.TRAINING, parameters, memory, parallel, chooser);
    List<Tensor> outputs = program.outputs();
    losses = new SoftmaxCrossEntropy.Bound[outputs.size()];
    weights = new double[losses.length];
    for (int i = 0; i < losses.length; i++) {
      weights[i] = network.outputs().get(i).weight();
      losses[i] = loss.bind(outputs.get(i), program.outputGradients().get(i), weights[i], parallel);
    }
    state = OptimizerState.create(optimizer, parameters, program.gradients(), memory);
    update = optimizer.compile(state, parallel);
  }

  /// Forward pass, losses and their gradients.
  ///
  /// @param images plain N x C x H x W, a full batch
  /// @param labels one class per image
  /// @param step number of the step in the run, which dropout depends on
  /// @return the mean loss over the batch, all outputs weighted and added
  /// @throws NumericException if the loss is not finite; names the step and the layer
  public double forward(float[] images, int[] labels, long step) {
    program.setStep(step);
    program.setInput(images, program.batch());
    program.forward();
    double total = 0;
    for (int i = 0; i < losses.length; i++) {
      total += weights[i] * losses[i].compute(labels, program.batch());
    }
    if (!Double.isFinite(total)) {
      throw diverged(step, total);
    }
    return total;
  }

  /// Backward pass and the optimizer's change of the parameters; comes after [#forward].
  public void backward(double learningRate) {
    program.backward();
    update.apply(learningRate);
  }

  private NumericException diverged(long step, double loss) {
    return new NumericException(
        "step %,d: the training loss is %s; %s; lower the learning rate"
            .formatted(step + 1, loss, Evaluator.source(program)));
  }

  /// How many images of the last batch the first output classified right.
  public int correct() {
    return losses[0].top1();
  }

  /// What the optimizer keeps from step to step.
  public OptimizerState optimizerState() {
    return state;
  }

  /// The compiled network.
  public Program program() {
    return program;
  }
}
