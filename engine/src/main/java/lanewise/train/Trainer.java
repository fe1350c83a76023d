package lanewise.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import lanewise.choice.ConvChooser;
import lanewise.data.Batch;
import lanewise.data.BatchOptions;
import lanewise.data.Batches;
import lanewise.data.Normalization;
import lanewise.data.Split;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.tensor.Memory;

/// Trains a network: epoch by epoch, with an evaluation of the validation images, and a checkpoint
/// if wanted, at the end of each.
///
/// ```java
/// try (Trainer trainer = Trainer.create(network, TrainingConfig.of("mine"), data)) {
///   trainer.checkpointTo(Path.of("mine.safetensors"));
///   trainer.train();
/// }
/// ```
///
/// What comes out depends on network, settings, data and the algorithms of the convolutions alone,
/// to the bit: not on the number of threads, nor on whether the run was stopped and resumed, be it
/// in the middle of an epoch. The algorithms are those of the fixed rule unless another
/// [ConvChooser] is given; one that measures may choose otherwise for another number of threads.
///
/// One thread at a time; only [#requestStop()] may come from another. [#close()] frees the memory
/// and stops the threads.
public final class Trainer implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(Trainer.class.getName());

  private final Network network;
  private final TrainingConfig config;
  private final Split data;
  private final Normalization normalization;
  private final Memory memory;
  private final Parallel parallel;
  private final Parameters parameters;
  private final TrainingStep trainingStep;
  private final Evaluator evaluator;
  private final Batches batches;
  private final Schedule schedule;
  private final Progress progress;

  private TrainingListener[] listeners = {};
  private Path checkpoint;
  private volatile boolean stopRequested;

  private Trainer(
      Network network,
      TrainingConfig config,
      Split data,
      Normalization normalization,
      Memory memory,
      Parallel parallel,
      ConvChooser chooser) {
    this.network = network;
    this.config = config;
    this.data = data;
    this.normalization = normalization;
    this.memory = memory;
    this.parallel = parallel;
    Evaluator.requireMatch(network, data.train());
    int batch = config.batchSize();
    parameters = Parameters.create(network, memory, config.seed());
    SoftmaxCrossEntropy loss = new SoftmaxCrossEntropy(config.labelSmoothing());
    trainingStep =
        new TrainingStep(
            network, batch, loss, config.optimizer(), parameters, memory, parallel, chooser);
    BatchOptions evaluation =
        BatchOptions.evaluation(batch, normalization).withWorkers(config.dataWorkers());
    evaluator = new Evaluator(network, evaluation, parameters, memory, parallel, chooser, () -> {});
    BatchOptions training =
        BatchOptions.training(batch, config.seed(), normalization)
            .withAugmentation(config.augmentation())
            .withWorkers(config.dataWorkers());
    batches = Batches.of(data.train(), training);
    schedule = config.scheduleOver((long) config.epochs() * batches.steps());
    progress = new Progress(config.epochs(), batches.steps(), batch);
  }

  /// A trainer at the beginning of its run. Normalizes by the training images' own figures and uses
  /// up to 80 % of the memory that is free.
  ///
  /// @see #create(Network, TrainingConfig, Split, Normalization, long, ConvChooser)
  public static Trainer create(Network network, TrainingConfig config, Split data) {
    Normalization normalization = Normalization.of(data.train());
    return create(
        network, config, data, normalization, Memory.withDefaultBudget(), ConvChooser.rule());
  }

  /// The same with other figures to normalize by, and another budget.
  ///
  /// @see #create(Network, TrainingConfig, Split, Normalization, long, ConvChooser)
  public static Trainer create(
      Network network,
      TrainingConfig config,
      Split data,
      Normalization normalization,
      long memoryBudget) {
    return create(network, config, data, normalization, memoryBudget, ConvChooser.rule());
  }

  /// A trainer at the beginning of its run.
  ///
  /// @param memoryBudget bytes of off-heap memory that it may use
  /// @param chooser chooses the algorithms of convolutions, for training and evaluation
  /// @throws InvalidModelException if images or classes of the data are not those of the network
  /// @throws lanewise.error.DataException if the batch is larger than the data set
  /// @throws lanewise.error.MemoryBudgetException if the run does not fit into the budget
  public static Trainer create(
      Network network,
      TrainingConfig config,
      Split data,
      Normalization normalization,
      long memoryBudget,
      ConvChooser chooser) {
    return create(network, config, data, normalization, Memory.withBudget(memoryBudget), chooser);
  }

  private static Trainer create(
      Network network,
      TrainingConfig config,
      Split data,
      Normalization normalization,
      Memory memory,
      ConvChooser chooser) {
    Parallel parallel = new Parallel(config.threads());
    try {
      return new Trainer(network, config, data, normalization, memory, parallel, chooser);
    } catch (RuntimeException | Error e) {
      parallel.close();
      memory.close();
      throw e;
    }
  }

  /// Bytes of off-heap memory that a run by the fixed rule needs.
  ///
  /// @see #memoryBytes(Network, TrainingConfig, ConvChooser)
  public static long memoryBytes(Network network, TrainingConfig config) {
    return memoryBytes(network, config, ConvChooser.rule());
  }

  /// Bytes of off-heap memory that a run needs: parameters, gradients, optimizer state, and the
  /// buffers of training and evaluation. Nothing is allocated.
  ///
  /// @param chooser the one that the run will get
  public static long memoryBytes(Network network, TrainingConfig config, ConvChooser chooser) {
    int batch = config.batchSize();
    long arrays = 1L + config.optimizer().stateNames().size();
    return Parameters.bytes(network)
        + arrays * Parameters.trainedBytes(network)
        + Program.plan(network, batch, Mode.TRAINING, config.threads(), chooser).bytes()
        + Program.plan(network, batch, Mode.INFERENCE, config.threads(), chooser).bytes();
  }

  /// Adds someone to tell what happens; told in the order of adding.
  public void addListener(TrainingListener listener) {
    listeners = Arrays.copyOf(listeners, listeners.length + 1);
    listeners[listeners.length - 1] = listener;
  }

  /// Writes a checkpoint to this file at the end of every epoch and when the run is stopped,
  /// replacing the one before.
  public void checkpointTo(Path file) {
    checkpoint = file;
  }

  /// Trains from where the run is to its end, or until it is stopped.
  ///
  /// @return whether the run reached its end
  /// @throws NumericException if a loss is no longer finite; names the step and the layer. The last
  ///     checkpoint is left as it is
  /// @throws lanewise.error.StorageException if a checkpoint cannot be written
  public boolean train() {
    try {
      while (!progress.finished()) {
        if (!trainEpoch() || !finishEpoch()) {
          writeCheckpoint();
          return false;
        }
      }
      return true;
    } finally {
      stopRequested = false;
    }
  }

  /// Asks the run to stop: it ends its step, writes its checkpoint and returns from [#train()]. May
  /// come from any thread.
  public void requestStop() {
    stopRequested = true;
  }

  /// Does the epoch's remaining steps; false if stopped before that was done.
  private boolean trainEpoch() {
    batches.start(progress.epoch(), progress.step());
    progress.startEpoch();
    while (progress.epochHasSteps()) {
      if (stopRequested) {
        return false;
      }
      Batch batch = batches.next();
      double rate = schedule.learningRate(progress.globalStep());
      double loss = trainingStep.forward(batch.images(), batch.labels(), progress.globalStep());
      trainingStep.backward(rate);
      progress.stepDone(loss, trainingStep.correct());
      if (listeners.length > 0) {
        StepReport report = progress.stepReport(loss, rate);
        for (int i = 0; i < listeners.length; i++) {
          listeners[i].onStep(report);
        }
      }
    }
    return true;
  }

  /// Evaluates and goes on to the next epoch; false if stopped before that was done.
  private boolean finishEpoch() {
    double seconds = progress.seconds();
    Optional<Evaluation> evaluation = evaluateEpoch();
    if (evaluation.isEmpty()) {
      return false;
    }
    double rate = schedule.learningRate(progress.globalStep() - 1);
    EpochReport report = progress.epochDone(evaluation.get(), rate, seconds);
    LOGGER.log(System.Logger.Level.DEBUG, "{0}: {1}", network.name(), report);
    for (TrainingListener listener : listeners) {
      listener.onEpoch(report);
    }
    writeCheckpoint();
    return true;
  }

  private Optional<Evaluation> evaluateEpoch() {
    try {
      return evaluator.evaluate(data.validation(), () -> stopRequested);
    } catch (NumericException e) {
      throw new NumericException(
          "after step %,d (epoch %d): %s"
              .formatted(progress.globalStep(), progress.epoch() + 1, e.getMessage()),
          e);
    }
  }

  private void writeCheckpoint() {
    if (checkpoint != null) {
      save(checkpoint);
      for (TrainingListener listener : listeners) {
        listener.onCheckpoint(checkpoint);
      }
    }
  }

  /// Writes a checkpoint of the run as it is now.
  ///
  /// @throws NumericException if a parameter is not finite; the former file is kept
  /// @throws lanewise.error.StorageException if writing fails; the former file is kept
  public void save(Path file) {
    Checkpoint.save(file, info(), parameters, trainingStep.optimizerState());
  }

  private CheckpointInfo info() {
    return new CheckpointInfo(
        network.name(),
        network.input(),
        data.train().classNames(),
        normalization,
        config,
        data.train().name(),
        data.train().size(),
        position());
  }

  /// Takes up a run where a checkpoint left it: parameters, optimizer, schedule, and the place in
  /// the epoch.
  ///
  /// @throws InvalidModelException if the checkpoint is damaged, of another model, or of a run with
  ///     other settings or data (the numbers of threads may differ)
  /// @throws lanewise.error.StorageException if the file cannot be read
  public void resume(Path file) {
    try (Checkpoint saved = Checkpoint.open(file)) {
      CheckpointChecks.requireSameRun(saved, info());
      saved.load(parameters);
      saved.load(trainingStep.optimizerState());
      progress.moveTo(saved.info().position());
    }
  }

  /// How far the run has come.
  public TrainingPosition position() {
    return progress.position();
  }

  /// Measures the validation images with the parameters as they are now.
  ///
  /// @throws NumericException if the loss is not finite; names the layer
  public Evaluation evaluate() {
    return evaluator.evaluate(data.validation());
  }

  /// The parameters, which change with every step. Gone after [#close()].
  public Parameters parameters() {
    return parameters;
  }

  /// The settings.
  public TrainingConfig config() {
    return config;
  }

  /// Bytes of off-heap memory in use.
  public long liveBytes() {
    return memory.liveBytes();
  }

  /// Frees the memory and stops the threads. Closing twice does nothing.
  @Override
  public void close() {
    batches.close();
    parallel.close();
    memory.close();
  }
}
