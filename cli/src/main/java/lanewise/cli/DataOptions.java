package lanewise.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import lanewise.data.Cifar100;
import lanewise.data.DataLocator;
import lanewise.data.Download;
import lanewise.data.RemoteFile;
import lanewise.data.Split;
import lanewise.data.SyntheticImages;
import lanewise.error.DataException;
import lanewise.train.CheckpointInfo;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which images, and where they come from.
final class DataOptions {

  /// How the names of drawn data sets begin.
  private static final String SYNTHETIC = "synthetic";

  private final DataLocator locator = new DataLocator();
  private long shownPercent = -1;

  /// What was found.
  ///
  /// @param origin where from, in words
  /// @param option what finds the same images again, with a space before it; empty if nothing is
  ///     needed
  /// @param warning what the user has to know about it
  record Source(Split split, String origin, String option, Optional<String> warning) {}

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = {
        "CIFAR-100: cifar-100-binary.tar.gz, its unpacked folder or a folder that has one of them.",
        "Without this: the variable LANEWISE_DATA, then the cache folder."
      })
  private Path data;

  @Option(
      names = "--download",
      description =
          "Download CIFAR-100 (161 MB) into the cache folder (or the folder --data) unless it is"
              + " there. A partial download goes on where it stopped.")
  private boolean download;

  @Option(
      names = "--mirror",
      paramLabel = "URL",
      description = "With --download: fetch from this https address (of the file or its folder).")
  private String mirror;

  @Option(
      names = "--synthetic",
      description = "Use the built-in drawn images: 100 classes, no file and no network needed.")
  private boolean synthetic;

  @Option(names = "--train-images", hidden = true, paramLabel = "N")
  private int trainImages = SyntheticImages.TRAIN_SIZE;

  @Option(names = "--test-images", hidden = true, paramLabel = "N")
  private int testImages = SyntheticImages.TEST_SIZE;

  /// Finds and reads the images; with none at hand, draws some.
  ///
  /// @param session is told how a download gets on
  Source loadOrDraw(Session session) {
    return load(session).orElseGet(() -> draw(Optional.of(missing("training on drawn images"))));
  }

  /// Finds and reads the images that a checkpoint was trained on: drawn ones for drawn ones, else
  /// real ones.
  ///
  /// @throws DataException if they are not there, or their classes are others
  Source loadFor(CheckpointInfo saved, Session session) {
    boolean drawn = saved.data().startsWith(SYNTHETIC) && data == null && !download;
    Source source =
        drawn
            ? draw(Optional.empty())
            : load(session)
                .orElseThrow(() -> new DataException(missing("the checkpoint needs it")));
    if (!source.split().train().classNames().equals(saved.classNames())) {
      throw new DataException(
          "the checkpoint was trained on %s, whose classes are not those of %s"
              .formatted(saved.data(), source.split().train().name()));
    }
    return source;
  }

  /// The images that the options name, or that are found; empty if none are.
  private Optional<Source> load(Session session) {
    require(
        !(synthetic && (data != null || download)), "--synthetic takes no --data or --download");
    require(mirror == null || download, "--mirror needs --download");
    if (synthetic) {
      return Optional.of(draw(Optional.empty()));
    }
    if (download) {
      Path folder = data == null ? locator.cacheFolder() : data;
      require(!Files.isRegularFile(folder), folder + " is a file: --download needs a folder");
      return Optional.of(read(fetch(folder, session)));
    }
    DataLocator.Result found = data == null ? locator.find() : locator.find(data);
    return found.path().map(this::read);
  }

  private String missing(String consequence) {
    return "no CIFAR-100 at hand (looked in %s): %s; --download fetches it (161 MB), "
            .formatted(String.join(", ", locator.find().looked()), consequence)
        + "--data names a copy";
  }

  private Source read(Path path) {
    String option = data == null ? "" : " --data " + data;
    return new Source(Cifar100.load(path), "from " + path, option, Optional.empty());
  }

  private Source draw(Optional<String> warning) {
    return new Source(
        SyntheticImages.create(trainImages, testImages, 0), "drawn by this program", "", warning);
  }

  private Path fetch(Path folder, Session session) {
    RemoteFile file = mirror == null ? Cifar100.ARCHIVE : Cifar100.ARCHIVE.mirroredAt(mirror);
    StatusLine status = new StatusLine(session.err(), session.terminal());
    try {
      return new Download(file, (done, total) -> show(status, file, done, total)).to(folder);
    } finally {
      status.clear();
    }
  }

  private void show(StatusLine status, RemoteFile file, long done, long total) {
    long percent = 100 * done / total;
    if (percent != shownPercent) {
      shownPercent = percent;
      String text = "downloading %s: %d %% of %,d bytes";
      status.show(
          String.format(Locale.ROOT, text, file.address(), percent, total), percent % 10 == 0);
    }
  }

  private void require(boolean good, String message) {
    if (!good) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }
}
