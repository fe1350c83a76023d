package lanewise.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lanewise.data.Normalization;
import lanewise.error.InvalidModelException;
import lanewise.error.LanewiseException;
import lanewise.storage.Json;
import lanewise.storage.JsonException;
import lanewise.storage.SafeTensorsReader;
import lanewise.storage.SafeTensorsWriter;
import lanewise.tensor.Shape;

/// A checkpoint's metadata: strings by key, most of them JSON.
final class CheckpointMetadata {

  /// Raised by every change that an earlier version would misread.
  private static final int VERSION = 1;

  private static final String FORMAT = "lanewise.format";
  private static final String MODEL = "lanewise.model";
  private static final String INPUT = "lanewise.input";
  private static final String CLASSES = "lanewise.classes";
  private static final String NORMALIZATION = "lanewise.normalization";
  private static final String CONFIG = "lanewise.config";
  private static final String DATA = "lanewise.data";
  private static final String POSITION = "lanewise.position";
  private static final String OPTIMIZER = "lanewise.optimizer";

  private CheckpointMetadata() {}

  static void write(SafeTensorsWriter writer, CheckpointInfo info, OptimizerState state) {
    Shape input = info.input();
    TrainingPosition position = info.position();
    writer
        .metadata(FORMAT, Integer.toString(VERSION))
        .metadata(MODEL, info.model())
        .metadata(INPUT, Json.write(List.of(input.channels(), input.height(), input.width())))
        .metadata(CLASSES, Json.write(info.classNames()))
        .metadata(
            NORMALIZATION,
            object(
                "mean", floats(info.normalization().mean()),
                "std", floats(info.normalization().std())))
        .metadata(CONFIG, Json.write(info.config().toMap()))
        .metadata(DATA, object("name", info.data(), "images", info.dataSize()))
        .metadata(
            POSITION,
            object(
                "epoch", position.epoch(),
                "step", position.step(),
                "steps_per_epoch", position.stepsPerEpoch(),
                "loss_sum", position.lossSum(),
                "correct", position.correct()));
    if (state != null) {
      writer.metadata(OPTIMIZER, object("kind", state.kind(), "state", state.names()));
    }
  }

  private static String object(Object... keysAndValues) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      members.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return Json.write(members);
  }

  private static List<Float> floats(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  /// @throws InvalidModelException if the file has none of it, or not all, or not as it should be
  static CheckpointInfo read(SafeTensorsReader reader) {
    Map<String, String> metadata = reader.metadata();
    Path file = reader.file();
    String format = metadata.get(FORMAT);
    if (format == null) {
      throw new InvalidModelException(
          "%s is a safetensors file, but no Lanewise checkpoint: its metadata has no %s"
              .formatted(file, FORMAT));
    }
    if (!format.equals(Integer.toString(VERSION))) {
      throw new InvalidModelException(
          "%s has checkpoint format %s, this Lanewise reads %d; use the one that wrote it"
              .formatted(file, format, VERSION));
    }
    try {
      return info(metadata);
    } catch (JsonException
        | LanewiseException
        | IllegalArgumentException
        | ArithmeticException
        | ClassCastException e) {
      throw new InvalidModelException(
          "%s: the checkpoint's metadata is damaged: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static CheckpointInfo info(Map<String, String> metadata) throws JsonException {
    float[] input = numbers(Json.parse(text(metadata, INPUT)), INPUT);
    if (input.length != 3) {
      throw new IllegalArgumentException(INPUT + " needs 3 numbers, has " + input.length);
    }
    Map<String, Object> normalization = Json.parseObject(text(metadata, NORMALIZATION));
    Map<String, Object> data = Json.parseObject(text(metadata, DATA));
    Map<String, Object> position = Json.parseObject(text(metadata, POSITION));
    return new CheckpointInfo(
        text(metadata, MODEL),
        new Shape((int) input[0], (int) input[1], (int) input[2]),
        strings(Json.parse(text(metadata, CLASSES)), CLASSES),
        new Normalization(
            numbers(normalization.get("mean"), "mean"), numbers(normalization.get("std"), "std")),
        TrainingConfig.fromMap(Json.parseObject(text(metadata, CONFIG))),
        Json.get(data, "name", String.class),
        integer(data, "images"),
        new TrainingPosition(
            integer(position, "epoch"),
            integer(position, "step"),
            integer(position, "steps_per_epoch"),
            Json.get(position, "loss_sum", Double.class),
            Json.get(position, "correct", Long.class)));
  }

  /// @throws InvalidModelException unless the file holds the state of an optimizer of this kind
  static void requireOptimizer(SafeTensorsReader reader, OptimizerState state) {
    String text = reader.metadata().get(OPTIMIZER);
    if (text == null) {
      throw new InvalidModelException(
          "%s holds no optimizer state: training cannot be resumed from it"
              .formatted(reader.file()));
    }
    String wanted = object("kind", state.kind(), "state", state.names());
    if (!text.equals(wanted)) {
      throw new InvalidModelException(
          "%s holds the optimizer %s, this run has %s".formatted(reader.file(), text, wanted));
    }
  }

  private static String text(Map<String, String> metadata, String key) {
    String text = metadata.get(key);
    if (text == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return text;
  }

  private static int integer(Map<String, Object> object, String key) throws JsonException {
    return Math.toIntExact(Json.get(object, key, Long.class));
  }

  private static List<?> list(Object value, String key) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException(key + " is not an array");
  }

  private static float[] numbers(Object value, String key) {
    List<?> list = list(value, key);
    float[] numbers = new float[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(list.get(i) instanceof Number number)) {
        throw new IllegalArgumentException(key + " holds something that is not a number");
      }
      numbers[i] = number.floatValue();
    }
    return numbers;
  }

  private static List<String> strings(Object value, String key) {
    return list(value, key).stream().map(String.class::cast).toList();
  }
}
