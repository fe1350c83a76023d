package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import lanewise.cli.Table.Column;
import org.junit.jupiter.api.Test;

class TableTest {

  private static Table table() {
    return new Table(
            new Column("name", "Name", Style.PLAIN),
            new Column("count", "Count", Style.COUNT),
            new Column("bytes", "Memory", Style.BYTES),
            new Column("share", "Share", Style.SHARE))
        .row("a|b, \"c\"", 1_234_567, 131_072L, 0.5)
        .row("d", 7, null, 0.12345)
        .total("total", 1_234_574, 131_072L, 1);
  }

  @Test
  void textIsAlignedUnderItsTitlesWithRulesAroundTheRows() {
    assertThat(table().text())
        .isEqualTo(
            """
            Name          Count    Memory     Share
            --------  ---------  --------  --------
            a|b, "c"  1,234,567  128.0 KB   50.00 %
            d                 7             12.35 %
            --------  ---------  --------  --------
            total     1,234,574  128.0 KB  100.00 %
            """);
  }

  @Test
  void markdownEscapesBarsAndAlignsNumbers() {
    assertThat(table().markdown())
        .isEqualTo(
            """
            | Name | Count | Memory | Share |
            | --- | ---: | ---: | ---: |
            | a\\|b, "c" | 1,234,567 | 128.0 KB | 50.00 % |
            | d | 7 |  | 12.35 % |
            | total | 1,234,574 | 128.0 KB | 100.00 % |
            """);
  }

  @Test
  void csvHasValuesAsTheyAreAndNoTotal() {
    assertThat(table().csv())
        .isEqualTo(
            """
            name,count,bytes,share
            "a|b, ""c""\",1234567,131072,0.5
            d,7,,0.12345
            """);
  }

  @Test
  void jsonHasOneObjectPerRowWithoutTheTotal() {
    assertThat(table().json()).hasSize(2);
    assertThat(table().json().get(0))
        .isEqualTo(
            Map.of("name", "a|b, \"c\"", "count", 1_234_567, "bytes", 131_072L, "share", 0.5));
    assertThat(table().json().get(1)).containsEntry("bytes", null);
  }

  @Test
  void aRowNeedsAValuePerColumn() {
    Table table = new Table(new Column("name", "Name", Style.PLAIN));
    assertThatThrownBy(() -> table.row("a", "b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 values for 1 columns");
  }
}
