package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import lanewise.cli.Table.Column;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static Report facts() {
    return new Report("Title")
        .fact("images", "Images", 10_000, Style.COUNT)
        .fact("top1", "Top-1 accuracy", 0.6226, Style.SHARE);
  }

  private static Report withTable() {
    return facts().table("rows", new Table(new Column("k", "K", Style.COUNT)).row(1).row(2));
  }

  @Test
  void textHasTitleTableAndAlignedFacts() {
    assertThat(withTable().render(Format.TEXT))
        .isEqualTo(
            """
            Title

            K
            -
            1
            2

            Images          10,000
            Top-1 accuracy  62.26 %
            """);
  }

  @Test
  void markdownHasTheSame() {
    assertThat(withTable().render(Format.MARKDOWN))
        .isEqualTo(
            """
            ### Title

            | K |
            | ---: |
            | 1 |
            | 2 |

            - Images: 10,000
            - Top-1 accuracy: 62.26 %
            """);
  }

  @Test
  void csvIsTheTableOrElseTheFacts() {
    assertThat(withTable().render(Format.CSV)).isEqualTo("k\n1\n2\n");
    assertThat(facts().render(Format.CSV)).isEqualTo("images,top1\n10000,0.6226\n");
  }

  @Test
  void jsonHasFactsAndRows() throws Exception {
    assertThat(Json.parseObject(withTable().render(Format.JSON)))
        .isEqualTo(
            Map.of(
                "images",
                10_000L,
                "top1",
                0.6226,
                "rows",
                List.of(Map.of("k", 1L), Map.of("k", 2L))));
  }
}
