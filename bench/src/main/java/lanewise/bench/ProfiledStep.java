package lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;
import lanewise.train.Optimizer;
import lanewise.train.OptimizerState;
import lanewise.train.SoftmaxCrossEntropy;

/// A training step or an inference on noise that can be run as a whole or piece by piece. The
/// learning rate is 0, so that every step computes the same.
final class ProfiledStep implements AutoCloseable {

  /// Something that is timed by itself.
  ///
  /// @param kind what it is part of
  /// @param operation index of the program's operation; -1 where it is none
  record Piece(Kind kind, int operation, Runnable run) {}

  /// The parts of a step.
  enum Kind {
    INPUT,
    FORWARD,
    LOSS,
    BACKWARD,
    UPDATE
  }

  private final Memory memory;
  private final Parallel parallel;
  private final Program program;
  private final float[] images;
  private final int[] labels;
  private final List<SoftmaxCrossEntropy.Bound> losses = new ArrayList<>();
  private final Optional<Optimizer.Step> update;
  private final List<Piece> pieces = new ArrayList<>();

  ProfiledStep(ProfileOptions options) {
    Network network = options.network();
    boolean training = options.mode() == Mode.TRAINING;
    memory = Memory.withBudget(options.memoryBudget());
    parallel = new Parallel(options.threads());
    Parameters parameters = Parameters.create(network, memory, 1);
    program =
        Program.compile(
            network,
            options.batch(),
            options.mode(),
            parameters,
            memory,
            parallel,
            options.chooser());
    images = Noise.values(1, options.batch() * network.input().elements());
    labels = Noise.labels(2, options.batch(), network.output().channels());
    for (int i = 0; training && i < program.outputs().size(); i++) {
      losses.add(
          TrainingWork.LOSS.bind(
              program.outputs().get(i),
              program.outputGradients().get(i),
              network.outputs().get(i).weight(),
              parallel));
    }
    update = training ? Optional.of(update(parameters)) : Optional.empty();
    addPieces(training);
  }

  private Optimizer.Step update(Parameters parameters) {
    OptimizerState state =
        OptimizerState.create(TrainingWork.OPTIMIZER, parameters, program.gradients(), memory);
    return TrainingWork.OPTIMIZER.compile(state, parallel);
  }

  private void addPieces(boolean training) {
    pieces.add(new Piece(Kind.INPUT, -1, this::input));
    int operations = program.operationCount();
    for (int i = 0; i < operations; i++) {
      int operation = i;
      pieces.add(new Piece(Kind.FORWARD, i, () -> program.forward(operation)));
    }
    if (!training) {
      return;
    }
    pieces.add(new Piece(Kind.LOSS, -1, this::loss));
    for (int i = operations - 1; i >= 0; i--) {
      int operation = i;
      pieces.add(new Piece(Kind.BACKWARD, i, () -> program.backward(operation)));
    }
    pieces.add(new Piece(Kind.UPDATE, -1, this::update));
  }

  private void input() {
    program.setInput(images, program.batch());
  }

  private void loss() {
    for (SoftmaxCrossEntropy.Bound loss : losses) {
      loss.compute(labels, program.batch());
    }
  }

  private void update() {
    update.orElseThrow().apply(0);
  }

  /// Runs the whole step, as training or inference does.
  void runWhole() {
    input();
    program.forward();
    if (update.isPresent()) {
      loss();
      program.backward();
      update();
    }
  }

  /// What the step consists of, in the order in which it runs.
  List<Piece> pieces() {
    return pieces;
  }

  Program program() {
    return program;
  }

  /// Bytes that were allocated for it.
  long liveBytes() {
    return memory.liveBytes();
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
