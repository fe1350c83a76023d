package lanewise.bench;

import lanewise.choice.ConvChooser;
import lanewise.kernel.Parallel;
import lanewise.network.Mode;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.network.Program;
import lanewise.network.Theory;
import lanewise.tensor.Memory;

/// Whole inferences of a network on noise: input and forward.
final class InferenceWork implements AutoCloseable {

  private final Memory memory = Memory.withDefaultBudget();
  private final Parallel parallel;
  private final Program program;
  private final float[] images;
  private final long flops;

  InferenceWork(Network network, int batch, int threads, ConvChooser chooser) {
    parallel = new Parallel(threads);
    Parameters parameters = Parameters.create(network, memory, 1);
    program =
        Program.compile(network, batch, Mode.INFERENCE, parameters, memory, parallel, chooser);
    images = Noise.values(1, batch * network.input().elements());
    flops = batch * Theory.of(program.network(), Theory.Counting.FLOPS).forwardOperations();
  }

  /// Runs one batch.
  ///
  /// @return the first class score of the first image
  float run() {
    program.setInput(images, program.batch());
    program.forward();
    return program.outputs().get(0).get(0, 0, 0, 0);
  }

  int batch() {
    return program.batch();
  }

  /// Floating point operations of a batch in theory, two per multiply-add.
  long flops() {
    return flops;
  }

  @Override
  public void close() {
    parallel.close();
    memory.close();
  }
}
