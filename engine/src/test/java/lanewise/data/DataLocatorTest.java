package lanewise.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lanewise.error.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataLocatorTest {

  @TempDir Path temp;

  @Test
  void theCacheFolderIsThatOfThePlatform() {
    Path home = Path.of("/home/me");
    assertThat(locator(Map.of(), home, "Linux").cacheFolder())
        .isEqualTo(home.resolve(".cache/lanewise"));
    assertThat(locator(Map.of(), home, "Mac OS X").cacheFolder())
        .isEqualTo(home.resolve("Library/Caches/lanewise"));
    assertThat(locator(Map.of(), home, "Windows 11").cacheFolder())
        .isEqualTo(home.resolve("AppData/Local/lanewise/cache"));
    assertThat(locator(Map.of("LOCALAPPDATA", "/local"), home, "Windows 11").cacheFolder())
        .isEqualTo(Path.of("/local/lanewise/cache"));
    Path absolute = temp.toAbsolutePath();
    assertThat(locator(Map.of("XDG_CACHE_HOME", absolute.toString()), home, "Linux").cacheFolder())
        .isEqualTo(absolute.resolve("lanewise"));
    assertThat(locator(Map.of("XDG_CACHE_HOME", "relative"), home, "Linux").cacheFolder())
        .isEqualTo(home.resolve(".cache/lanewise"));
    assertThat(locator(Map.of("XDG_CACHE_HOME", ""), home, "Linux").cacheFolder())
        .isEqualTo(home.resolve(".cache/lanewise"));
  }

  @Test
  void findsTheArchiveInTheCacheFolder() throws IOException {
    DataLocator locator = locator(Map.of(), temp, "Linux");
    Path archive = locator.cacheFolder().resolve("cifar-100-binary.tar.gz");
    touch(archive);
    assertThat(locator.find().path()).contains(archive);
  }

  @Test
  void aFoundFolderIsTheOneWithTheFiles() throws IOException {
    DataLocator locator = locator(Map.of(), temp, "Linux");
    touch(temp.resolve("here/cifar-100-binary/train.bin"));
    assertThat(locator.find(temp.resolve("here")).path())
        .contains(temp.resolve("here/cifar-100-binary"));
    assertThat(locator.find(temp.resolve("here/cifar-100-binary")).path())
        .contains(temp.resolve("here/cifar-100-binary"));
  }

  @Test
  void theVariableGoesBeforeTheCacheFolder() throws IOException {
    Path mine = temp.resolve("mine.tar.gz");
    touch(mine);
    DataLocator locator =
        locator(Map.of("LANEWISE_DATA", mine.toString()), temp.resolve("home"), "Linux");
    touch(locator.cacheFolder().resolve("cifar-100-binary.tar.gz"));
    assertThat(locator.find().path()).contains(mine);
    assertThat(locator.find().looked()).containsExactly("LANEWISE_DATA=" + mine);
  }

  @Test
  void theGivenPathGoesBeforeTheVariable() throws IOException {
    Path given = temp.resolve("given.tar.gz");
    touch(given);
    DataLocator locator = locator(Map.of("LANEWISE_DATA", "/nowhere"), temp, "Linux");
    assertThat(locator.find(given).path()).contains(given);
  }

  @Test
  void saysWhereItLookedInVain() {
    DataLocator.Result result = locator(Map.of(), temp, "Linux").find();
    assertThat(result.path()).isEmpty();
    assertThat(result.looked())
        .containsExactly("LANEWISE_DATA (not set)", temp.resolve(".cache/lanewise").toString());
  }

  @Test
  void aPlaceThatWasNamedAndIsWrongIsAnError() throws IOException {
    DataLocator locator =
        locator(Map.of("LANEWISE_DATA", temp.resolve("nothing").toString()), temp, "Linux");
    touch(locator.cacheFolder().resolve("cifar-100-binary.tar.gz"));
    assertThatThrownBy(locator::find)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nothing, LANEWISE_DATA, does not exist");
    assertThatThrownBy(() -> locator.find(temp))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the given path, holds no CIFAR-100");
  }

  @Test
  void theDefaultLooksInTheUsersHome() {
    assertThat(new DataLocator().cacheFolder().toString()).contains("lanewise");
  }

  private static DataLocator locator(Map<String, String> environment, Path home, String system) {
    return new DataLocator(environment, home, system);
  }

  private static void touch(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.createFile(file);
  }
}
