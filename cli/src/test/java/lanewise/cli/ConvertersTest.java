package lanewise.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lanewise.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

  @ParameterizedTest
  @CsvSource({
    "800000, 800000",
    "4G, 4294967296",
    "4g, 4294967296",
    "512M, 536870912",
    "512MB, 536870912",
    "512 MiB, 536870912",
    "1.5K, 1536",
    "2T, 2199023255552",
    "7B, 7"
  })
  void bytesInUnitsOf1024(String text, long bytes) {
    assertThat(new Converters.Bytes().convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G", "-1", "4X", "0", "0.0001", "1e9", "99999999999999T", "4 G B"})
  void otherAmountsAreRefused(String text) {
    assertThatThrownBy(() -> new Converters.Bytes().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @Test
  void shapesAreChannelsHeightWidth() {
    assertThat(new Converters.Shapes().convert("1x28X32")).isEqualTo(new Shape(1, 28, 32));
  }

  @ParameterizedTest
  @ValueSource(strings = {"32x32", "3x32x32x1", "3,32,32", "-3x32x32", "0x32x32", "axbxc"})
  void otherShapesAreRefused(String text) {
    assertThatThrownBy(() -> new Converters.Shapes().convert(text))
        .isInstanceOf(TypeConversionException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "x", "1.5", "2147483648", ""})
  void countsAreAtLeastOne(String text) {
    assertThatThrownBy(() -> new Converters.Positive().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("'" + text + "' is no whole number from 1 to 2147483647");
  }
}
