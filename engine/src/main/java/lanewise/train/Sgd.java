package lanewise.train;

import java.lang.foreign.MemorySegment;
import java.util.List;
import lanewise.kernel.Parallel;
import lanewise.kernel.simd.Update;
import lanewise.network.Parameters;

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` without dampening:
///
/// ```
/// g          = gradient + weightDecay * parameter      (no decay on biases and normalization)
/// velocity   = momentum * velocity + g
/// parameter -= learningRate * (nesterov ? g + momentum * velocity : velocity)
/// ```
///
/// @param momentum share of the velocity that stays, at least 0 and below 1
/// @param nesterov whether to look one step of the velocity ahead; needs a momentum
/// @param weightDecay L2 penalty, at least 0, on parameters of the role `WEIGHT`
public record Sgd(double momentum, boolean nesterov, double weightDecay) implements Optimizer {

  private static final String VELOCITY = "momentum";

  /// Floats that one thread takes at a time; fixed, so that nothing depends on their number.
  private static final int PIECE_FLOATS = 1 << 14;

  public Sgd {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "momentum %s: must be at least 0 and below 1".formatted(momentum));
    }
    if (nesterov && momentum == 0) {
      throw new IllegalArgumentException("Nesterov needs a momentum above 0");
    }
    if (!Double.isFinite(weightDecay) || weightDecay < 0) {
      throw new IllegalArgumentException(
          "weight decay %s: must be finite and not negative".formatted(weightDecay));
    }
  }

  @Override
  public String kind() {
    return "sgd";
  }

  @Override
  public List<String> stateNames() {
    return momentum == 0 ? List.of() : List.of(VELOCITY);
  }

  @Override
  public Step compile(OptimizerState state, Parallel parallel) {
    return new SgdStep(this, state, parallel);
  }

  private static final class SgdStep implements Step {
    private final Sgd sgd;
    private final Parallel parallel;
    private final Parameters owner;
    private final MemorySegment parameters;
    private final MemorySegment gradients;
    private final MemorySegment velocity;
    private final long[] offset;
    private final int[] floats;
    private final boolean[] decays;
    private final Parallel.Body body = this::piece;
    private float learningRate;

    SgdStep(Sgd sgd, OptimizerState state, Parallel parallel) {
      this.sgd = sgd;
      this.parallel = parallel;
      owner = state.parameters();
      parameters = owner.values();
      gradients = state.gradients();
      velocity = sgd.momentum == 0 ? null : state.array(VELOCITY);
      List<Parameters.Entry> trained =
          owner.entries().stream().filter(entry -> entry.parameter().role().trained()).toList();
      int pieces = trained.stream().mapToInt(SgdStep::pieces).sum();
      offset = new long[pieces];
      floats = new int[pieces];
      decays = new boolean[pieces];
      int next = 0;
      for (Parameters.Entry entry : trained) {
        for (long done = 0; done < entry.floats(); done += PIECE_FLOATS, next++) {
          offset[next] = entry.offset() + done;
          floats[next] = (int) Math.min(PIECE_FLOATS, entry.floats() - done);
          decays[next] = entry.parameter().role().decayed();
        }
      }
    }

    private static int pieces(Parameters.Entry entry) {
      return Math.toIntExact(Math.ceilDiv(entry.floats(), (long) PIECE_FLOATS));
    }

    @Override
    public void apply(double rate) {
      learningRate = (float) rate;
      parallel.run(floats.length, body);
      owner.markChanged();
    }

    private void piece(int piece, int thread) {
      float decay = decays[piece] ? (float) sgd.weightDecay : 0;
      if (velocity == null) {
        Update.sgd(parameters, gradients, offset[piece], floats[piece], learningRate, decay);
      } else {
        Update.sgdMomentum(
            parameters,
            gradients,
            velocity,
            offset[piece],
            floats[piece],
            learningRate,
            decay,
            (float) sgd.momentum,
            sgd.nesterov);
      }
    }
  }
}
