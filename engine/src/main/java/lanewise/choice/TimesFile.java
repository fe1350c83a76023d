package lanewise.choice;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import lanewise.error.StorageException;
import lanewise.kernel.ConvAlgorithm;
import lanewise.kernel.Cpu;
import lanewise.storage.AtomicFile;
import lanewise.storage.Json;
import lanewise.storage.JsonException;

/// Measured times in one JSON file:
///
/// ```json
/// {
///   "format": "lanewise convolution times",
///   "kernels": 1,
///   "processor": "...",
///   "nanoseconds": {
///     "64x32x32 -> 64, 3x3/1 pad 1; batch 128, 2 threads, 16 lanes, forward": {
///       "winograd": 14980000,
///       "direct": 30300000
///     }
///   }
/// }
/// ```
///
/// Anything else, another processor or other kernels make it an empty file, which the next
/// [#add] replaces. Every write replaces the whole file at once, after reading what is there, so
/// that processes which share it see each other's entries; two that write within the same
/// milliseconds can lose one of them, which is measured again.
final class TimesFile {

  /// Raise it with a change of the kernels that may change which is the fastest.
  private static final long KERNELS = 32;

  private static final String FORMAT = "lanewise convolution times";
  private static final String TIMES = "nanoseconds";

  private final Path file;

  TimesFile(Path file) {
    this.file = file;
  }

  /// All entries; none if the file is missing, damaged or foreign.
  Map<String, Map<ConvAlgorithm, Long>> read() {
    Map<String, Map<ConvAlgorithm, Long>> result = new TreeMap<>();
    try {
      Map<String, Object> root = Json.parseObject(Files.readString(file));
      if (header().entrySet().stream().allMatch(e -> e.getValue().equals(root.get(e.getKey())))) {
        Map<?, ?> entries = Json.get(root, TIMES, Map.class);
        for (Map.Entry<?, ?> entry : entries.entrySet()) {
          result.put((String) entry.getKey(), times(entry.getValue()));
        }
      }
      return result;
    } catch (IOException | JsonException | IllegalArgumentException _) {
      return new TreeMap<>(); // missing or damaged, as a whole
    }
  }

  private static Map<ConvAlgorithm, Long> times(Object value) throws JsonException {
    if (!(value instanceof Map<?, ?> object)) {
      throw new IllegalArgumentException();
    }
    Map<ConvAlgorithm, Long> result = new EnumMap<>(ConvAlgorithm.class);
    for (ConvAlgorithm algorithm : ConvAlgorithm.values()) {
      if (object.containsKey(algorithm.toString())) {
        long nanos = Json.get(object, algorithm.toString(), Long.class);
        if (nanos < 1) {
          throw new IllegalArgumentException();
        }
        result.put(algorithm, nanos);
      }
    }
    return result;
  }

  private static Map<String, Object> header() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("format", FORMAT);
    header.put("kernels", KERNELS);
    header.put("processor", Cpu.name());
    return header;
  }

  /// Adds an entry, unless one of the same algorithms is there already.
  ///
  /// @return the entry that the file now holds
  /// @throws StorageException if it cannot be written
  Map<ConvAlgorithm, Long> add(String key, Map<ConvAlgorithm, Long> times) {
    Map<String, Map<ConvAlgorithm, Long>> all = read();
    Map<ConvAlgorithm, Long> there = all.get(key);
    if (there != null && there.keySet().equals(times.keySet())) {
      return there;
    }
    all.put(key, times);
    Map<String, Object> entries = new LinkedHashMap<>();
    all.forEach((name, entry) -> entries.put(name, object(entry)));
    Map<String, Object> root = header();
    root.put(TIMES, entries);
    createFolder();
    AtomicFile.write(
        file, out -> out.write(Json.writePretty(root).getBytes(StandardCharsets.UTF_8)));
    return times;
  }

  private static Map<String, Object> object(Map<ConvAlgorithm, Long> times) {
    Map<String, Object> object = new LinkedHashMap<>();
    times.forEach((algorithm, nanos) -> object.put(algorithm.toString(), nanos));
    return object;
  }

  private void createFolder() {
    Path folder = file.toAbsolutePath().getParent();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new StorageException(
          "Cannot write %s: the folder %s cannot be created; choose another with XDG_CACHE_HOME"
              .formatted(file, folder),
          e);
    }
  }
}
