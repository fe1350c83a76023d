package lanewise.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lanewise.error.InvalidModelException;

/// Whether a run may go on from a checkpoint: only if it would then do what it would have done
/// without a break.
final class CheckpointChecks {

  /// Settings that no result depends on.
  private static final Set<String> FREE = Set.of("threads", "data_workers");

  private CheckpointChecks() {}

  /// @throws InvalidModelException naming what differs, on both sides
  static void requireSameRun(Checkpoint checkpoint, CheckpointInfo run) {
    CheckpointInfo saved = checkpoint.info();
    Path file = checkpoint.file();
    require(file, "model", saved.model(), run.model());
    require(file, "input", saved.input(), run.input());
    Map<String, Object> here = run.config().toMap();
    saved
        .config()
        .toMap()
        .forEach(
            (key, value) -> {
              if (!FREE.contains(key)) {
                require(file, key, value, here.get(key));
              }
            });
    require(file, "training images", images(saved), images(run));
    require(file, "normalization", saved.normalization(), run.normalization());
    require(file, "class names", saved.classNames(), run.classNames());
    int stepsHere = run.position().stepsPerEpoch();
    require(file, "steps per epoch", saved.position().stepsPerEpoch(), stepsHere);
  }

  private static String images(CheckpointInfo info) {
    return "%s (%,d images)".formatted(info.data(), info.dataSize());
  }

  private static void require(Path file, String what, Object saved, Object run) {
    if (!Objects.equals(saved, run)) {
      throw new InvalidModelException(
          "cannot resume from %s: its %s is %s, this run's is %s"
              .formatted(file, what, shorten(saved), shorten(run)));
    }
  }

  private static String shorten(Object value) {
    String text = Objects.toString(value);
    return text.length() <= 120 ? text : text.substring(0, 120) + "...";
  }
}
