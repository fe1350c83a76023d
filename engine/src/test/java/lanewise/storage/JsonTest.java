package lanewise.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

  @Test
  void readsEveryKindOfValue() throws JsonException {
    String text =
        """
        { "a" : [ ] , "b":{},"c":[1,-2.5e+1, true,false,null],
         "d":"\\u00e9\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t", "":"\u00e9" }\r\n\t\
        """;
    var expected = new LinkedHashMap<String, Object>();
    expected.put("a", List.of());
    expected.put("b", Map.of());
    expected.put("c", Arrays.asList(1L, -25.0, true, false, null));
    expected.put("d", "\u00e9\ud83d\ude00\"\\/\b\f\n\r\t");
    expected.put("", "\u00e9");
    assertThat(Json.parse(text)).isEqualTo(expected);
    assertThat(Json.parseObject(text).keySet()).containsExactly("a", "b", "c", "d", "");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, 1L << 53, (1L << 53) + 1, Long.MAX_VALUE, Long.MIN_VALUE})
  void longsComeBack(long value) throws JsonException {
    assertThat(Json.parse(Json.write(value))).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0, -0.0, 1, 0.1, 1e10, 1e-7, -1e300, Double.MAX_VALUE, Double.MIN_VALUE, Math.PI})
  void doublesComeBackAsDoubles(double value) throws JsonException {
    assertThat(Json.parse(Json.write(value))).isEqualTo(value);
  }

  @Test
  void floatsComeBackWhenNarrowed() throws JsonException {
    assertThat(Json.write(0.1f)).isEqualTo("0.1");
    assertThat(((Double) Json.parse(Json.write(0.1f))).floatValue()).isEqualTo(0.1f);
  }

  @Test
  void readsNumbersThatNoLongHoldsAsDoubles() throws JsonException {
    assertThat(Json.parse("9223372036854775808")).isEqualTo(0x1p63);
    assertThat(Json.parse("-0")).isEqualTo(-0.0);
    assertThat(Json.parse("1" + "0".repeat(300))).isEqualTo(1e300);
    assertThat(Json.parse("1E2")).isEqualTo(100.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "~~|line 1, column 1: the text ends where a value was expected",
        "[1,]|line 1, column 4: there is ']' where a value was expected",
        "[1 2]|line 1, column 4: there is '2' where ',' or ']' was expected",
        "{\"a\":1,}|line 1, column 8: there is '}' where a key in quotes was expected",
        "{a:1}|line 1, column 2: there is 'a' where a key in quotes was expected",
        "{\"a\" 1}|line 1, column 6: there is '1' where ':' was expected",
        "{\"a\":1,\"a\":2}|line 1, column 8: the key \"a\" comes twice",
        "1 1|line 1, column 3: there is '1' where the end was expected",
        "01|line 1, column 2: there is '1' where the end was expected",
        "-|line 1, column 2: the text ends where a digit was expected",
        "+1|line 1, column 1: there is '+' where a value was expected",
        ".5|line 1, column 1: there is '.' where a value was expected",
        "1.|line 1, column 3: the text ends where a digit was expected",
        "1e|line 1, column 3: the text ends where a digit was expected",
        "1e400|line 1, column 1: the number is beyond the range of a double",
        "NaN|line 1, column 1: there is 'N' where a value was expected",
        "nul|line 1, column 1: there is 'n' where a value was expected",
        "True|line 1, column 1: there is 'T' where a value was expected",
        "\"a|line 1, column 3: the text ends where '\"' was expected",
        "\"\\x\"|line 1, column 3: there is 'x' where one of \"\\/bfnrtu after a backslash was"
            + " expected",
        "\"\\u00g0\"|line 1, column 6: there is 'g' where a hexadecimal digit was expected",
        "\"\\u00|line 1, column 6: the text ends where a hexadecimal digit was expected",
        "/**/1|line 1, column 1: there is '/' where a value was expected",
        "[1}|line 1, column 3: there is '}' where ',' or ']' was expected",
        "\uFEFF1|line 1, column 1: there is U+FEFF where a value was expected",
        "\u00a01|line 1, column 1: there is U+00A0 where a value was expected",
        "\u0661|line 1, column 1: there is U+0661 where a value was expected",
        "\"\\u\uff11000\"|line 1, column 4: there is U+FF11 where a hexadecimal digit was expected",
      })
  void refusesWithThePosition(String text, String message) {
    assertThatThrownBy(() -> Json.parse(text))
        .isInstanceOf(JsonException.class)
        .hasMessage(message);
  }

  @Test
  void countsLinesAndRefusesRawControlCharacters() {
    assertThatThrownBy(() -> Json.parse("[\n1,\n  \"a\tb\"]"))
        .isInstanceOf(JsonException.class)
        .hasMessage("line 3, column 5: there is U+0009 where an escape such as \\n was expected");
  }

  @Test
  void limitsTheDepthOfBothDirections() throws JsonException {
    String deepest = "[".repeat(Json.MAX_DEPTH) + "]".repeat(Json.MAX_DEPTH);
    assertThat(Json.write(Json.parse(deepest))).isEqualTo(deepest);
    assertThatThrownBy(() -> Json.parse("[".repeat(1_000_000)))
        .isInstanceOf(JsonException.class)
        .hasMessage("line 1, column 257: nested deeper than 256 levels");
    List<Object> circle = new ArrayList<>();
    circle.add(circle);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.write(circle))
        .withMessageContaining("circle");
  }

  @Test
  void siblingsDoNotCountAsDepth() throws JsonException {
    String wide = "[" + "[],".repeat(1000) + "{}]";
    assertThat(Json.write(Json.parse(wide))).isEqualTo(wide);
  }

  @Test
  void keepsAnOrderAndSortsWhereThereIsNone() {
    var ordered = new LinkedHashMap<String, Object>();
    ordered.put("z", 1);
    ordered.put("a", 2);
    assertThat(Json.write(ordered)).isEqualTo("{\"z\":1,\"a\":2}");
    assertThat(Json.write(new HashMap<>(ordered))).isEqualTo("{\"a\":2,\"z\":1}");
    assertThat(Json.write(Map.of("b", 1, "c", 2, "a", 3))).isEqualTo("{\"a\":3,\"b\":1,\"c\":2}");
    assertThat(Json.write(new TreeMap<>(ordered).reversed())).isEqualTo("{\"z\":1,\"a\":2}");
  }

  @Test
  void writesPretty() {
    var object = new LinkedHashMap<String, Object>();
    object.put("shape", new int[] {64, 3});
    object.put("empty", new long[0]);
    object.put("none", Map.of());
    object.put("rate", new double[] {0.5});
    assertThat(Json.writePretty(object))
        .isEqualTo(
            """
            {
              "shape": [
                64,
                3
              ],
              "empty": [],
              "none": {},
              "rate": [
                0.5
              ]
            }
            """);
  }

  @Test
  void escapesWhatMustBeAndLoneSurrogates() throws JsonException {
    String text = "\0\u001f\"\\/\b\f\n\r\t\u007f\u2028\ud800x\udc00\ud83d\ude00\u00e9";
    String json = Json.write(text);
    assertThat(json)
        .isEqualTo(
            "\"\\u0000\\u001f\\\"\\\\/\\b\\f\\n"
                + "\\r"
                + "\\t\\u007f\\u2028\\ud800x\\udc00\ud83d\ude00\u00e9\"");
    assertThat(Json.parse(json)).isEqualTo(text);
  }

  @Test
  void refusesWhatJsonCannotHold() {
    assertThatIllegalArgumentException().isThrownBy(() -> Json.write(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> Json.write(Float.POSITIVE_INFINITY));
    assertThatIllegalArgumentException().isThrownBy(() -> Json.write(Map.of(1, 2)));
    assertThatIllegalArgumentException().isThrownBy(() -> Json.write('c'));
  }

  @Test
  void membersAreTakenByType() throws JsonException {
    Map<String, Object> object =
        Json.parseObject("{\"n\":3,\"x\":0.5,\"o\":{\"s\":\"t\"},\"l\":[1],\"none\":null}");
    assertThat(Json.get(object, "n", Long.class)).isEqualTo(3);
    assertThat(Json.get(object, "n", Double.class)).isEqualTo(3.0);
    assertThat(Json.get(Json.get(object, "o", Map.class), "s", String.class)).isEqualTo("t");
    List<?> list = Json.get(object, "l", List.class);
    assertThat(list).hasSize(1);
    assertThatThrownBy(() -> Json.get(object, "x", Long.class))
        .hasMessage("\"x\" is a number, not an integer");
    assertThatThrownBy(() -> Json.get(object, "l", Map.class))
        .hasMessage("\"l\" is an array, not an object");
    assertThatThrownBy(() -> Json.get(object, "none", Boolean.class))
        .hasMessage("\"none\" is null, not true or false");
    assertThatThrownBy(() -> Json.get(object, "y", String.class)).hasMessage("\"y\" is missing");
    assertThatThrownBy(() -> Json.parseObject("[]"))
        .isInstanceOf(JsonException.class)
        .hasMessageContaining("'[' where an object was expected");
  }

  @Test
  void randomValuesComeBackFromBothForms() throws JsonException {
    for (long seed = 0; seed < 500; seed++) {
      Object value = randomValue(new Random(seed), 0);
      assertThat(Json.parse(Json.write(value))).as("seed %d", seed).isEqualTo(value);
      assertThat(Json.parse(Json.writePretty(value))).as("seed %d", seed).isEqualTo(value);
    }
  }

  @Test
  void damagedTextIsRefusedOrReadButNothingElse() {
    for (long seed = 0; seed < 2000; seed++) {
      var random = new Random(seed);
      var text = new StringBuilder(Json.writePretty(randomValue(random, 0)));
      for (int i = 0; i <= seed % 3; i++) {
        text.setCharAt(
            random.nextInt(text.length()), "{}[],:\"\\-.e1tn \uffff".charAt(random.nextInt(16)));
      }
      try {
        Json.write(Json.parse(text.toString()));
      } catch (JsonException refused) {
        assertThat(refused).as("seed %d", seed).hasMessageStartingWith("line ");
      }
    }
  }

  private static Object randomValue(Random random, int depth) {
    return switch (random.nextInt(depth < 4 ? 8 : 6)) {
      case 0 -> random.nextLong() >> random.nextInt(64);
      case 1 -> finite(Double.longBitsToDouble(random.nextLong()));
      case 2 -> random.nextGaussian();
      case 3 -> random.nextBoolean();
      case 4 -> null;
      case 5 -> randomString(random);
      case 6 -> {
        var list = new ArrayList<Object>();
        for (int i = random.nextInt(5); i > 0; i--) {
          list.add(randomValue(random, depth + 1));
        }
        yield list;
      }
      default -> {
        var map = new LinkedHashMap<String, Object>();
        for (int i = random.nextInt(5); i > 0; i--) {
          map.put(randomString(random), randomValue(random, depth + 1));
        }
        yield map;
      }
    };
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  private static String randomString(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append((char) random.nextInt(random.nextBoolean() ? 0x80 : 0x10000));
    }
    return text.toString();
  }
}
