package lanewise.peers;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.SplittableRandom;

/// PyTorch through the Deep Java Library, all of it from the class path: offline, and its native
/// libraries unpacked beside the jars.
///
/// Tasks: `name`; `training`, a whole step with its stochastic gradient descent (DJL's has no
/// Nesterov momentum); `inference`.
public final class DjlPeer {

  private static final String ENGINE = "PyTorch";
  private static final float LEARNING_RATE = 1e-4f;
  private static final float MOMENTUM = 0.9f;
  private static final float WEIGHT_DECAY = 5e-4f;

  private final Conversation conversation;
  private final Request request;
  private final DescribedBlock block;
  private final Shape shape;
  private final float[] images;
  private final long[] labels;
  private final double[] weights;

  private DjlPeer(Conversation conversation, Request request) {
    this.conversation = conversation;
    this.request = request;
    Request network = request.object("network");
    block = new DescribedBlock(network);
    long[] input = network.integers("input");
    int batch = request.integer("batch");
    shape = new Shape(batch, input[0], input[1], input[2]);
    SplittableRandom random = new SplittableRandom(1);
    images = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) random.nextGaussian();
    }
    weights = network.reals("weights");
    labels = random.longs(batch, 0, network.integer("classes")).toArray();
  }

  /// Answers the requests on stdin.
  public static void main(String[] args) throws Exception {
    Conversation conversation = new Conversation();
    Request request = conversation.next().orElseThrow();
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("DJL_CACHE_DIR", request.text("natives"));
    System.setProperty("ai.djl.pytorch.num_threads", request.integer("threads") + "");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    if (request.text("task").equals("name")) {
      String version = Engine.getEngine(ENGINE).getVersion();
      conversation.answer("name", "DJL " + Engine.getDjlVersion() + " with PyTorch " + version);
      return;
    }
    DjlPeer peer = new DjlPeer(conversation, request);
    try (Model model = Model.newInstance("described", Device.cpu(), ENGINE)) {
      model.setBlock(peer.block);
      switch (request.text("task")) {
        case "training" -> peer.training(model);
        case "inference" -> peer.inference(model);
        default -> throw new IllegalArgumentException("no such task: " + request.text("task"));
      }
    }
  }

  private void training(Model model) throws Exception {
    Optimizer optimizer =
        Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed(LEARNING_RATE))
            .optMomentum(MOMENTUM)
            .optWeightDecays(WEIGHT_DECAY)
            .build();
    Loss loss = Loss.softmaxCrossEntropyLoss();
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(loss)
            .optOptimizer(optimizer)
            .optDevices(new Device[] {Device.cpu()});
    try (Trainer trainer = model.newTrainer(config)) {
      trainer.initialize(shape);
      requireSameParameters();
      conversation.measure(() -> step(trainer, loss));
    }
  }

  private void step(Trainer trainer, Loss loss) {
    try (NDManager manager = trainer.getManager().newSubManager()) {
      NDList wanted = new NDList(manager.create(labels));
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDList outputs = trainer.forward(new NDList(manager.create(images, shape)));
        NDArray sum = null;
        for (int i = 0; i < weights.length; i++) {
          NDArray one = loss.evaluate(wanted, new NDList(outputs.get(i)));
          NDArray weighted = weights[i] == 1 ? one : one.mul(weights[i]);
          sum = sum == null ? weighted : sum.add(weighted);
        }
        collector.backward(sum);
      }
      trainer.step();
    }
  }

  private void inference(Model model) throws Exception {
    NDManager all = model.getNDManager();
    block.initialize(all, DataType.FLOAT32, shape);
    requireSameParameters();
    ParameterStore parameters = new ParameterStore(all, false);
    conversation.measure(
        () -> {
          try (NDManager manager = all.newSubManager()) {
            NDList input = new NDList(manager.create(images, shape));
            block.forward(parameters, input, false);
          }
        });
  }

  private void requireSameParameters() {
    long expected = request.object("network").integer("parameters");
    long found =
        block.getParameters().values().stream()
            .filter(parameter -> parameter.requiresGradient())
            .mapToLong(parameter -> parameter.getArray().size())
            .sum();
    if (found != expected) {
      throw new IllegalStateException(
          "%d parameters, expected %d: not the same network".formatted(found, expected));
    }
  }
}
