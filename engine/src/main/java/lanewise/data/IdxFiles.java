package lanewise.data;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import lanewise.error.DataException;
import lanewise.error.StorageException;
import lanewise.tensor.Shape;

/// Images of one channel in IDX files, compressed by gzip or not: MNIST (LeCun et al. 1998),
/// Fashion-MNIST, EMNIST and their like. An IDX file is a magic number (two zero bytes, the type of
/// the values, the number of dimensions), the dimensions as big-endian integers, and the values.
public final class IdxFiles {

  private static final int BUFFER = 1 << 16;
  private static final int UNSIGNED_BYTE = 8;

  private IdxFiles() {}

  /// Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
  /// `t10k-labels-idx1-ubyte`, each with or without `.gz`. The classes are those of the training
  /// labels, named by their numbers.
  ///
  /// @param padding black pixels to add on every side; 2 makes MNIST's 28x28 into the 32x32 that
  ///     LeNet-5 takes
  /// @throws DataException if a file is missing, truncated or none of IDX, or the files do not fit
  ///     each other
  /// @throws StorageException if reading fails
  public static Split load(Path folder, int padding) {
    Path trainLabels = file(folder, "train-labels-idx1-ubyte");
    Path testLabels = file(folder, "t10k-labels-idx1-ubyte");
    int[] labels = labels(trainLabels);
    int classes = Arrays.stream(labels).max().orElse(0) + 1;
    List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    String name = folder.toAbsolutePath().normalize().getFileName() + "";
    return new Split(
        images(file(folder, "train-images-idx3-ubyte"), name + " train", names, labels, padding),
        images(
            file(folder, "t10k-images-idx3-ubyte"),
            name + " test",
            names,
            labels(testLabels),
            padding));
  }

  private static Path file(Path folder, String name) {
    for (String variant : List.of(name, name + ".gz")) {
      Path file = folder.resolve(variant);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    throw new DataException(
        "%s has neither %s nor %s.gz: give a folder with the four files of the data set"
            .formatted(folder, name, name));
  }

  private static int[] labels(Path file) {
    Values values = read(file, 1);
    int[] labels = new int[values.dimensions()[0]];
    Arrays.setAll(labels, i -> values.bytes()[i] & 0xFF);
    return labels;
  }

  private static Dataset images(
      Path file, String name, List<String> names, int[] labels, int padding) {
    Values values = read(file, 3);
    int count = values.dimensions()[0];
    int height = values.dimensions()[1];
    int width = values.dimensions()[2];
    if (count != labels.length) {
      throw new DataException(
          "%s has %,d images, but there are %,d labels: the files do not belong together"
              .formatted(file, count, labels.length));
    }
    Shape shape = new Shape(1, height + 2 * padding, width + 2 * padding);
    byte[] pixels = new byte[Math.multiplyExact(count, shape.pixels())];
    for (int row = 0; row < count * height; row++) {
      int image = row / height;
      int y = row % height + padding;
      int to = image * shape.pixels() + y * shape.width() + padding;
      System.arraycopy(values.bytes(), row * width, pixels, to, width);
    }
    return new ArrayDataset(name, shape, names, labels, pixels);
  }

  private record Values(int[] dimensions, byte[] bytes) {}

  private static Values read(Path file, int dimensions) {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
      return parse(file, raw, dimensions);
    } catch (EOFException e) {
      throw new DataException(file + " ends early: it is truncated, fetch it anew", e);
    } catch (ZipException e) {
      throw new DataException(file + " is damaged, fetch it anew: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new StorageException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Values parse(Path file, InputStream raw, int dimensions) throws IOException {
    boolean compressed = file.toString().endsWith(".gz");
    var in = new DataInputStream(compressed ? new GZIPInputStream(raw, BUFFER) : raw);
    int magic = in.readInt();
    if (magic != (UNSIGNED_BYTE << 8 | dimensions)) {
      throw new DataException(
          "%s starts with %08x, an IDX file of bytes in %d dimensions with %08x: give such a file"
              .formatted(file, magic, dimensions, UNSIGNED_BYTE << 8 | dimensions));
    }
    int[] sizes = new int[dimensions];
    long length = 1;
    for (int i = 0; i < dimensions; i++) {
      sizes[i] = in.readInt();
      if (sizes[i] < 1 || length * sizes[i] > Integer.MAX_VALUE - 8) {
        throw new DataException(
            "%s announces the dimension %d on top of %,d values: it is damaged or too large"
                .formatted(file, sizes[i], length));
      }
      length *= sizes[i];
    }
    byte[] bytes = in.readNBytes((int) length);
    if (bytes.length < length) {
      throw new EOFException("ends early");
    }
    if (in.read() >= 0) {
      throw new DataException(
          "%s is longer than the %,d values that it announces: it is damaged, fetch it anew"
              .formatted(file, length));
    }
    return new Values(sizes, bytes);
  }
}
