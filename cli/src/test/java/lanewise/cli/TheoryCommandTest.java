package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;

class TheoryCommandTest {

  @Test
  void textTellsEveryClaim() {
    String out = Program.run("theory").succeeds().out();
    assertThat(out)
        .contains("456 parameters against 14,455,392.", "18 C^2 against 25 C^2", "17 HWC^2");
    assertThat(out.lines()).allMatch(line -> line.length() <= 110);
  }

  @Test
  void jsonHasTheFigures() throws Exception {
    Map<String, Object> json =
        Json.parseObject(Program.run("theory", "--format", "json").succeeds().out());
    List<?> claims = (List<?>) json.get("claims");
    assertThat(claims).hasSize(7);
    assertThat(((Map<?, ?>) ((Map<?, ?>) claims.get(0)).get("figures")).get("linear_parameters"))
        .isEqualTo(14_455_392L);
  }

  @Test
  void csvHasOneFigurePerRowAndMarkdownATablePerClaim() {
    assertThat(Program.run("theory", "--format", "csv").succeeds().out().lines())
        .startsWith("claim,figure,value")
        .contains("convolution-against-linear,convolution_parameters,456");
    assertThat(Program.run("theory", "--format", "markdown").succeeds().out())
        .contains("| Parameters of the convolution | 456 |");
  }
}
