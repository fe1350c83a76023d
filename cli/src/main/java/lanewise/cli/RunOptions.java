package lanewise.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Where a run is kept, and whether it goes on with an earlier one.
final class RunOptions {

  private static final String NEWEST = "newest";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "Folder of the run (default: runs/MODEL-DATE-TIME).")
  private Path output;

  @Option(
      names = "--resume",
      paramLabel = "PATH",
      arity = "0..1",
      fallbackValue = NEWEST,
      description =
          "Go on from a checkpoint, or from the last one in a folder. Without PATH: from --output,"
              + " or else from the run under runs/ that was saved last.")
  private Path resume;

  /// The checkpoint to go on from; empty for a new run.
  Optional<Path> checkpoint() {
    if (resume == null) {
      return Optional.empty();
    }
    if (!resume.toString().equals(NEWEST)) {
      return Optional.of(RunFolder.lastIn(resume));
    }
    return Optional.of(
        output != null
            ? RunFolder.lastIn(output)
            : RunFolder.newest()
                .orElseThrow(
                    () ->
                        usage(
                            "there is no run under %s: name a checkpoint or its folder after"
                                    .formatted(RunFolder.RUNS)
                                + " --resume")));
  }

  /// The folder of a new run.
  ///
  /// @throws ParameterException if an earlier run is in it, which would be overwritten
  RunFolder folder(String model) {
    RunFolder folder =
        output == null ? RunFolder.named(model, LocalDateTime.now()) : new RunFolder(output);
    requireUnused(folder);
    return folder;
  }

  /// The folder of a run that goes on: where its checkpoint is. From any other checkpoint than the
  /// last one it is a new folder, since what came after would be overwritten.
  ///
  /// @throws ParameterException if another run is in it, which would be overwritten
  RunFolder folder(String model, Path checkpoint) {
    Path absolute = checkpoint.toAbsolutePath().normalize();
    RunFolder own = new RunFolder(absolute.getParent());
    boolean last = absolute.equals(own.last());
    if (last && (output == null || output.toAbsolutePath().normalize().equals(own.path()))) {
      Path parent = checkpoint.getParent();
      return new RunFolder(parent == null ? Path.of("") : parent);
    }
    return folder(model);
  }

  private void requireUnused(RunFolder folder) {
    if (Files.exists(folder.last())) {
      throw usage(
          "%s holds an earlier run: go on with it by --resume %s, or choose another --output"
              .formatted(folder.path(), folder.path()));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
