package lanewise.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lanewise.choice.Choosers;
import lanewise.error.InvalidModelException;
import lanewise.tensor.Shape;
import lanewise.train.TrainingConfig.ScheduleKind;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Values of options that are neither plain numbers nor plain text.
final class Converters {

  private Converters() {}

  /// A whole number, at least 1.
  static final class Positive implements ITypeConverter<Integer> {

    @Override
    public Integer convert(String text) {
      try {
        int number = Integer.parseInt(text.strip());
        if (number >= 1) {
          return number;
        }
      } catch (NumberFormatException _) {
        // reported with the range, like a number out of it
      }
      throw new TypeConversionException(
          "'%s' is no whole number from 1 to %d".formatted(text, Integer.MAX_VALUE));
    }
  }

  /// Seconds, from 0 to a day.
  static final class Seconds implements ITypeConverter<Double> {

    private static final int MOST = 86_400;

    @Override
    public Double convert(String text) {
      try {
        double seconds = Double.parseDouble(text.strip());
        if (seconds >= 0 && seconds <= MOST) {
          return seconds;
        }
      } catch (NumberFormatException _) {
        // reported with the range, like a number out of it
      }
      throw new TypeConversionException(
          "'%s' is no number of seconds from 0 to %d".formatted(text, MOST));
    }
  }

  /// `4G`, `512M`, `1.5GB`, `800000`: bytes in units of 1024.
  static final class Bytes implements ITypeConverter<Long> {

    private static final Pattern SYNTAX =
        Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([KMGT]?)I?B?");

    @Override
    public Long convert(String text) {
      Matcher matcher = SYNTAX.matcher(text.strip().toUpperCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'%s' is no amount of memory: write 4G, 512M or a number of bytes".formatted(text));
      }
      int unit = matcher.group(2).isEmpty() ? 0 : "KMGT".indexOf(matcher.group(2)) + 1;
      double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(1024, unit);
      if (bytes < 1 || bytes >= Long.MAX_VALUE) {
        throw new TypeConversionException("'%s' is no possible amount of memory".formatted(text));
      }
      return (long) bytes;
    }
  }

  /// `text`, `markdown`, `csv` or `json`.
  static final class Formats implements ITypeConverter<Format> {

    @Override
    public Format convert(String text) {
      return Arrays.stream(Format.values())
          .filter(format -> format.toString().equalsIgnoreCase(text.strip()))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' is no format: write text, markdown, csv or json".formatted(text)));
    }
  }

  /// `one-cycle` or `constant`.
  static final class Schedules implements ITypeConverter<ScheduleKind> {

    @Override
    public ScheduleKind convert(String text) {
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "one-cycle" -> ScheduleKind.ONE_CYCLE;
        case "constant" -> ScheduleKind.CONSTANT;
        default ->
            throw new TypeConversionException(
                "'%s' is no schedule: write one-cycle or constant".formatted(text));
      };
    }
  }

  /// The name of a way to choose algorithms.
  static final class ChooserNames implements ITypeConverter<String> {

    @Override
    public String convert(String text) {
      String name = text.strip().toLowerCase(Locale.ROOT);
      if (!Choosers.names().contains(name)) {
        throw new TypeConversionException(
            "'%s' is no algorithm: write %s".formatted(text, String.join(", ", Choosers.names())));
      }
      return name;
    }
  }

  /// `3x32x32`: channels, height and width.
  static final class Shapes implements ITypeConverter<Shape> {

    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,7})[xX](\\d{1,7})[xX](\\d{1,7})");

    @Override
    public Shape convert(String text) {
      Matcher matcher = SYNTAX.matcher(text.strip());
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "'%s' is no input shape: write channels x height x width, as in 3x32x32"
                .formatted(text));
      }
      try {
        return new Shape(number(matcher, 1), number(matcher, 2), number(matcher, 3));
      } catch (InvalidModelException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }

    private static int number(Matcher matcher, int group) {
      return Integer.parseInt(matcher.group(group));
    }
  }
}
