package lanewise.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

/// ONNX Runtime: inference of a model in a file, with all of its graph optimizations.
///
/// Tasks: `name`; `outputs`, which computes those of the `images` in a file into the file
/// `outputs`, both plain fp32; `inference`, which is measured on noise, turn by turn.
public final class OnnxRuntimePeer implements AutoCloseable {

  private final Conversation conversation;
  private final Request request;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final long[] shape;

  private OnnxRuntimePeer(Conversation conversation, Request request, OrtEnvironment environment)
      throws OrtException {
    this.conversation = conversation;
    this.request = request;
    this.environment = environment;
    shape = request.integers("shape");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(request.integer("threads"));
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      options.setSymbolicDimensionValue("N", shape[0]);
      session = environment.createSession(request.text("model"), options);
    }
  }

  /// Answers the requests on stdin.
  public static void main(String[] args) throws Exception {
    Conversation conversation = new Conversation();
    Request request = conversation.next().orElseThrow();
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "lanewise");
    if (request.text("task").equals("name")) {
      conversation.answer("name", "ONNX Runtime " + environment.getVersion());
      return;
    }
    try (OnnxRuntimePeer peer = new OnnxRuntimePeer(conversation, request, environment)) {
      switch (request.text("task")) {
        case "outputs" -> peer.outputs();
        case "inference" -> peer.inference();
        default -> throw new IllegalArgumentException("no such task: " + request.text("task"));
      }
    }
  }

  private void outputs() throws OrtException, IOException {
    ByteBuffer images = images();
    images.put(Files.readAllBytes(Path.of(request.text("images")))).flip();
    try (OnnxTensor input = tensor(images);
        OrtSession.Result result = run(input)) {
      ByteBuffer values = ((OnnxTensor) result.get(0)).getByteBuffer();
      byte[] bytes = new byte[values.remaining()];
      values.get(bytes);
      Files.write(Path.of(request.text("outputs")), bytes);
      conversation.answer("values", bytes.length / Float.BYTES);
    }
  }

  private void inference() throws Exception {
    ByteBuffer images = images();
    SplittableRandom random = new SplittableRandom(1);
    while (images.hasRemaining()) {
      images.putFloat((float) random.nextGaussian());
    }
    images.flip();
    try (OnnxTensor input = tensor(images)) {
      conversation.measure(() -> run(input).close());
    }
  }

  private ByteBuffer images() {
    long values = 1;
    for (long size : shape) {
      values = Math.multiplyExact(values, size);
    }
    return ByteBuffer.allocateDirect(Math.toIntExact(values * Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /// Of the buffer itself, without a copy.
  private OnnxTensor tensor(ByteBuffer images) throws OrtException {
    return OnnxTensor.createTensor(environment, images.asFloatBuffer(), shape);
  }

  private OrtSession.Result run(OnnxTensor input) throws OrtException {
    return session.run(Map.of(session.getInputNames().iterator().next(), input));
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
