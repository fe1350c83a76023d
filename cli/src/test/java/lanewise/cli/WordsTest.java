package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {

  private static final List<String> COMMANDS = List.of("train", "evaluate", "summary", "models");

  @ParameterizedTest
  @CsvSource({
    "trian, train",
    "trainn, train",
    "eval, ",
    "evalute, evaluate",
    "sumary, summary",
    "model, models",
    "xyzzy, "
  })
  void aMistypedNameSuggestsTheNearest(String typed, String meant) {
    assertThat(Suggestions.nearest(typed, COMMANDS).orElse(null)).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0 s",
    "8.44, 8.4 s",
    "60, 1 min 00 s",
    "185.4, 3 min 05 s",
    "3599.4, 59 min 59 s",
    "3600, 1 h 00 min",
    "7620, 2 h 07 min",
    "NaN, ?",
    "Infinity, ?"
  })
  void durations(double seconds, String text) {
    assertThat(Durations.text(seconds)).isEqualTo(text);
  }
}
