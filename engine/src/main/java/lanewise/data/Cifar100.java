package lanewise.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import lanewise.error.DataException;
import lanewise.error.StorageException;
import lanewise.tensor.Shape;

/// CIFAR-100 (Krizhevsky 2009): 50,000 training and 10,000 test images of 3x32x32 in 100 classes,
/// from its official binary archive or from the folder that it unpacks to. Labels are the fine
/// ones.
///
/// The checksum of a local archive is not asked for, its structure is: sizes, ranges of the labels
/// and the number of images in every class.
public final class Cifar100 {

  /// The official archive.
  public static final RemoteFile ARCHIVE =
      new RemoteFile(
          URI.create("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
          168_513_733,
          "03b5dce01913d631647c71ecec9e9cb8");

  /// The shape of an image.
  public static final Shape SHAPE = new Shape(3, 32, 32);

  static final String FOLDER = "cifar-100-binary";
  static final String TRAIN = "train.bin";
  static final String TEST = "test.bin";
  static final String NAMES = "fine_label_names.txt";

  private static final int BUFFER = 1 << 16;
  private static final String REMEDY =
      "; give the official " + ARCHIVE.name() + " (download it anew) or its unpacked folder";

  /// How many images per class there must be; tests use fewer.
  record Expected(int trainPerClass, int testPerClass) {

    static final Expected OFFICIAL = new Expected(500, 100);
  }

  private Cifar100() {}

  /// Reads the data set, about 184 MB, into memory.
  ///
  /// @param path the archive, a folder that contains it, the unpacked folder `cifar-100-binary` or
  ///     a folder that contains that; in a folder, unpacked files go first
  /// @throws DataException if nothing is there, or it is truncated, damaged or something else:
  ///     names the file and the record
  /// @throws StorageException if reading fails
  public static Split load(Path path) {
    return load(path, Expected.OFFICIAL);
  }

  static Split load(Path path, Expected expected) {
    Path source =
        locate(path)
            .orElseThrow(
                () ->
                    new DataException(
                        Files.isDirectory(path)
                            ? "%s holds neither %s nor %s with %s%s"
                                .formatted(path, ARCHIVE.name(), FOLDER, TRAIN, REMEDY)
                            : path + ": no such file or folder" + REMEDY));
    return Files.isDirectory(source) ? loadFolder(source, expected) : loadArchive(source, expected);
  }

  /// Where under `path` the data set is: a file, which is taken for the archive, or the folder with
  /// the unpacked files. Empty if there is none.
  static Optional<Path> locate(Path path) {
    if (Files.isRegularFile(path)) {
      return Optional.of(path);
    }
    for (Path folder : List.of(path, path.resolve(FOLDER))) {
      if (Files.exists(folder.resolve(TRAIN)) || Files.exists(folder.resolve(TEST))) {
        return Optional.of(folder);
      }
    }
    return Optional.of(path.resolve(ARCHIVE.name())).filter(Files::isRegularFile);
  }

  private static Split loadFolder(Path folder, Expected expected) {
    List<String> names = Cifar100Names.FINE;
    Path namesFile = folder.resolve(NAMES);
    try {
      if (Files.exists(namesFile)) {
        names = Cifar100Names.parse(Files.readString(namesFile), namesFile.toString());
      }
    } catch (IOException e) {
      throw unreadable(namesFile, e);
    }
    return new Split(
        loadFile(folder.resolve(TRAIN), "CIFAR-100 train", expected.trainPerClass(), names),
        loadFile(folder.resolve(TEST), "CIFAR-100 test", expected.testPerClass(), names));
  }

  private static Dataset loadFile(Path file, String name, int perClass, List<String> names) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + " is missing" + REMEDY);
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
      Cifar100Records records = new Cifar100Records(file.toString(), perClass, REMEDY);
      records.read(
          Files.size(file),
          (dst, offset, length) -> {
            if (in.readNBytes(dst, offset, length) < length) {
              throw new EOFException("ends early");
            }
          });
      return records.dataset(name, names);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Split loadArchive(Path archive, Expected expected) {
    try (InputStream file = Files.newInputStream(archive)) {
      return loadArchive(archive, file, expected);
    } catch (IOException e) {
      throw unreadable(archive, e);
    }
  }

  /// Tells faults of the content, which are the archive's, from those of reading, which are the
  /// machine's.
  private static Split loadArchive(Path archive, InputStream file, Expected expected)
      throws IOException {
    try {
      InputStream gzip = new GZIPInputStream(file, BUFFER);
      return loadTar(archive, new BufferedInputStream(gzip, BUFFER), expected);
    } catch (EOFException e) {
      throw new DataException(archive + " ends early: it is truncated" + REMEDY, e);
    } catch (ZipException e) {
      throw new DataException(
          "%s is not a gzip archive, or a damaged one: %s%s"
              .formatted(archive, e.getMessage(), REMEDY),
          e);
    } catch (TarReader.FormatException e) {
      throw new DataException(archive + ": " + e.getMessage() + REMEDY, e);
    }
  }

  private static Split loadTar(Path archive, InputStream in, Expected expected) throws IOException {
    Map<String, Cifar100Records> members = new HashMap<>();
    List<String> names = Cifar100Names.FINE;
    List<String> seen = new ArrayList<>();
    TarReader tar = new TarReader(in);
    for (Optional<TarReader.Entry> next = tar.next(); next.isPresent(); next = tar.next()) {
      TarReader.Entry entry = next.get();
      if (seen.size() < 3) {
        seen.add(entry.name());
      }
      String file = entry.name().substring(entry.name().lastIndexOf('/') + 1);
      String where = archive + ": " + entry.name();
      switch (file) {
        case TRAIN, TEST -> {
          int perClass = file.equals(TRAIN) ? expected.trainPerClass() : expected.testPerClass();
          Cifar100Records records = new Cifar100Records(where, perClass, REMEDY);
          records.read(entry.size(), tar::readFully);
          members.put(file, records);
        }
        case NAMES -> {
          byte[] text = new byte[(int) Math.min(entry.size(), BUFFER)];
          tar.readFully(text, 0, text.length);
          names = Cifar100Names.parse(new String(text, StandardCharsets.UTF_8), where);
        }
        default -> {}
      }
    }
    // To the very end, so that gzip compares its checksum of everything.
    in.transferTo(OutputStream.nullOutputStream());
    for (String member : List.of(TRAIN, TEST)) {
      if (!members.containsKey(member)) {
        throw new DataException(
            "%s has no %s (it holds %s)%s"
                .formatted(
                    archive,
                    member,
                    seen.isEmpty() ? "no files" : String.join(", ", seen),
                    REMEDY));
      }
    }
    return new Split(
        members.get(TRAIN).dataset("CIFAR-100 train", names),
        members.get(TEST).dataset("CIFAR-100 test", names));
  }

  private static StorageException unreadable(Path file, IOException e) {
    return new StorageException(file + " cannot be read: " + e.getMessage(), e);
  }
}
