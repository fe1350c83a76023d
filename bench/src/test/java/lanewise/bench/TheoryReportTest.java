package lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lanewise.storage.Json;
import org.junit.jupiter.api.Test;

/// What the lecture says, against what the descriptions give.
class TheoryReportTest {

  private static final List<Claim> CLAIMS = TheoryReport.claims();

  private static Claim claim(String key) {
    return CLAIMS.stream().filter(c -> c.key().equals(key)).findFirst().orElseThrow();
  }

  @Test
  void convolutionAgainstLinear() {
    Claim claim = claim("convolution-against-linear");
    assertThat(claim.value("convolution_parameters")).isEqualTo(456);
    assertThat(claim.value("linear_parameters")).isEqualTo(3072 * 4704 + 4704);
    assertThat(claim.conclusion()).isEqualTo("456 parameters against 14,455,392.");
  }

  @Test
  void smallKernels() {
    Claim claim = claim("two-3x3-against-one-5x5");
    assertThat(claim.value("one_per_c2")).isEqualTo(25);
    assertThat(claim.value("two_per_c2")).isEqualTo(18);
    assertThat(claim.value("one_per_c2hw")).isEqualTo(25);
    assertThat(claim.value("two_per_c2hw")).isEqualTo(18);
  }

  @Test
  void vggStages() {
    Claim claim = claim("vgg-equal-stages");
    for (int stage = 1; stage <= 5; stage++) {
      assertThat(claim.value("stage" + stage + "_per_hwc2")).isEqualTo(36);
    }
    assertThat(claim.value("stage4_operations")).isEqualTo(claim.value("stage1_operations"));
    assertThat(claim.conclusion()).contains("in stages 1, 2, 3, 4;");
  }

  @Test
  void inceptionBottleneck() {
    assertThat(claim("inception-bottleneck").value("branch_share")).isEqualTo(0.103, within(1e-3));
  }

  @Test
  void averagePooling() {
    Claim claim = claim("average-pooling-against-linear-layers");
    assertThat(claim.value("googlenet_linear")).isEqualTo(1_025_000);
    assertThat(claim.value("vgg16_linear")).isEqualTo(123_642_856);
  }

  @Test
  void alexNetShares() {
    Claim claim = claim("alexnet-shares");
    assertThat(claim.value("linear_parameters")).isEqualTo(0.96, within(0.005));
    assertThat(claim.value("convolution_operations")).isEqualTo(0.92, within(0.005));
  }

  @Test
  void bottleneckAgainstBasic() {
    Claim claim = claim("bottleneck-against-basic");
    assertThat(claim.value("basic_per_hwc2")).isEqualTo(18);
    assertThat(claim.value("bottleneck_per_hwc2")).isEqualTo(17);
  }

  @Test
  void figuresAreWrittenForPeopleAndPrograms() {
    Claim claim = claim("alexnet-shares");
    assertThat(claim.figures().get(0).text()).isEqualTo("61,100,840");
    assertThat(claim.figures().get(1).text()).endsWith(" %");
    assertThat(Json.write(claim.json())).contains("\"parameters\":61100840");
    assertThatThrownBy(() -> claim.value("none")).hasMessageContaining("has no figure none");
  }
}
