package lanewise.data;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import lanewise.error.DataException;

/// The records of one file of CIFAR-100, checked while they are read. A record is 1 byte coarse
/// label, 1 byte fine label and 3,072 bytes of pixels: 1,024 red, 1,024 green, 1,024 blue, row by
/// row (the format's page at <https://www.cs.toronto.edu/~kriz/cifar.html>). Belongs to one thread.
final class Cifar100Records {

  static final int CLASSES = 100;
  static final int COARSE_CLASSES = 20;

  private static final int LABELS = 2;
  private static final int PIXELS = (int) Cifar100.SHAPE.elements();
  static final int BYTES = LABELS + PIXELS;

  private final String where;
  private final int perClass;
  private final String remedy;
  private final int[] labels;
  private final byte[] pixels;
  private final byte[] head = new byte[LABELS];

  /// Something that gives exactly the bytes that are asked for, or fails.
  interface Source {
    void readFully(byte[] dst, int offset, int length) throws IOException;
  }

  /// @param where the file, as messages name it
  /// @param perClass the number of images that every class must have
  /// @param remedy what messages end with: what to do
  Cifar100Records(String where, int perClass, String remedy) {
    this.where = where;
    this.perClass = perClass;
    this.remedy = remedy;
    this.labels = new int[CLASSES * perClass];
    this.pixels = new byte[labels.length * PIXELS];
  }

  /// Reads all records of a file of `size` bytes.
  ///
  /// @throws DataException if the size, a label or the number of images in a class is not what it
  ///     must be
  void read(long size, Source in) throws IOException {
    long expected = (long) labels.length * BYTES;
    if (size != expected) {
      throw new DataException(
          "%s has %,d bytes, expected are %,d (%,d records of %,d)%s"
              .formatted(where, size, expected, labels.length, BYTES, remedy));
    }
    int[] counts = new int[CLASSES];
    for (int record = 0; record < labels.length; record++) {
      try {
        counts[readRecord(record, in)]++;
      } catch (EOFException e) {
        throw new DataException(
            "%s ends early, in record %,d: it is truncated%s".formatted(where, record, remedy), e);
      }
    }
    for (int label = 0; label < CLASSES; label++) {
      if (counts[label] != perClass) {
        throw new DataException(
            "%s has %,d images of class %d, expected are %,d: it is damaged or another data set%s"
                .formatted(where, counts[label], label, perClass, remedy));
      }
    }
  }

  private int readRecord(int record, Source in) throws IOException {
    in.readFully(head, 0, LABELS);
    check(record, 0, "coarse", head[0] & 0xFF, COARSE_CLASSES);
    check(record, 1, "fine", head[1] & 0xFF, CLASSES);
    in.readFully(pixels, record * PIXELS, PIXELS);
    labels[record] = head[1];
    return head[1];
  }

  /// What was read, as a data set.
  Dataset dataset(String name, List<String> classNames) {
    return new ArrayDataset(name, Cifar100.SHAPE, classNames, labels, pixels);
  }

  private void check(int record, int place, String kind, int label, int classes) {
    if (label >= classes) {
      throw new DataException(
          "%s: record %,d (byte %,d) has the %s label %d, possible are 0 to %d: it is damaged or"
                  .formatted(where, record, (long) record * BYTES + place, kind, label, classes - 1)
              + " another data set"
              + remedy);
    }
  }
}
