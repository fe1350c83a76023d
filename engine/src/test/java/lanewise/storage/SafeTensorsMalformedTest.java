package lanewise.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import lanewise.error.InvalidModelException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsMalformedTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("model.safetensors");
  }

  /// Each header stands before eight bytes of data; single quotes are double ones.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[]|the header, from byte 8 on, does not begin with '{'",
        "~ {}~|does not begin with '{'",
        "{'w':|not correct JSON: line 1, column 6: the text ends where a value was expected",
        "{'w':1}|tensor \"w\": its description is not an object",
        "{'w':{'shape':[8],'data_offsets':[0,8]}}|tensor \"w\": \"dtype\" is missing",
        "{'w':{'dtype':'U8','shape':8,'data_offsets':[0,8]}}|\"shape\" is an integer, not an array",
        "{'w':{'dtype':'BOOL','shape':[8],'data_offsets':[0,8]}}|type \"BOOL\" is not supported;"
            + " convert it to one of [F64, F32, F16, BF16, I64, I32, U8]",
        "{'w':{'dtype':'U8','shape':[8.0],'data_offsets':[0,8]}}|shape holds something else",
        "{'w':{'dtype':'U8','shape':[-8],'data_offsets':[0,8]}}|shape holds something else",
        "{'w':{'dtype':'U8','shape':[8],'data_offsets':[0]}}|data_offsets are not a first and a"
            + " last",
        "{'w':{'dtype':'U8','shape':[8],'data_offsets':[8,0]}}|data_offsets are not a first and a"
            + " last",
        "{'w':{'dtype':'U8','shape':[8],'data_offsets':[-8,0]}}|data_offsets holds something else",
        "{'w':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}"
            + "|shape [3] of type F32 are not the 8 bytes that its data_offsets span",
        "{'w':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}}|exceeds 64"
            + " bits",
        "{'w':{'dtype':'F64','shape':[2305843009213693952],'data_offsets':[0,0]}}|exceeds 64 bits",
        "{'w':{'dtype':'U8','shape':[9],'data_offsets':[0,9]}}"
            + "|it is cut off: 8 bytes of data, the header describes 9",
        "{'w':{'dtype':'U8','shape':[7],'data_offsets':[0,7]}}|1 bytes follow the last tensor",
        "{}|8 bytes follow the last tensor",
        "{'w':{'dtype':'U8','shape':[7],'data_offsets':[1,8]}}"
            + "|tensor \"w\" begins at data byte 1, leaving a hole from byte 0",
        "{'w':{'dtype':'U8','shape':[6],'data_offsets':[0,6]},"
            + "'v':{'dtype':'U8','shape':[4],'data_offsets':[4,8]}}"
            + "|tensor \"v\" begins at data byte 4, overlapping what ends at byte 6",
        "{'w':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},"
            + "'w':{'dtype':'U8','shape':[4],'data_offsets':[4,8]}}|the key \"w\" comes twice",
        "{'__metadata__':'x'}|__metadata__ is a string, not an object",
        "{'__metadata__':{'epoch':1}}|__metadata__: \"epoch\" is an integer, not a string",
        "{'a\\n\\u001b[31m':1}|tensor \"a\\n\\u001b[31m\": its description",
      })
  void namesTheFileTheFaultAndThePlace(String header, String message) throws IOException {
    SafeTensorsFiles.store(file, header.replace('\'', '"'), new byte[8]);
    assertRefused(message);
  }

  @Test
  void refusesFilesThatEndInTheirHeader() throws IOException {
    Files.write(file, new byte[7]);
    assertRefused("it is cut off: 7 bytes, not even a header's length");
    SafeTensorsFiles.store(file, 100, new byte[50], new byte[0]);
    assertRefused("it is cut off: 58 bytes, its header alone ends at 108");
    SafeTensorsFiles.store(file, 100_000_001, new byte[50], new byte[0]);
    assertRefused("ask for a header of 100000001 bytes, more than the 100000000 allowed");
    SafeTensorsFiles.store(file, -1, new byte[50], new byte[0]);
    assertRefused("ask for a header of 18446744073709551615 bytes");
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    SafeTensorsFiles.store(file, 3, new byte[] {'{', (byte) 0xc3, '}'}, new byte[0]);
    assertRefused("the header is not UTF-8 text");
  }

  @Test
  void aVeryLongNameDoesNotFillTheScreen() throws IOException {
    SafeTensorsFiles.store(file, "{\"" + "x".repeat(100_000) + "\":1}", new byte[0]);
    assertRefused("x".repeat(80) + "...\": its description");
  }

  @Test
  void unknownFieldsAndNullMetadataAreNoFault() throws IOException {
    SafeTensorsFiles.store(
        file,
        "{\"__metadata__\":null,\"w\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1],\"x\":{}}}"
            + "  ",
        new byte[] {5});
    try (var reader = SafeTensorsReader.open(file)) {
      assertThat(reader.readBytes("w")).containsExactly(5);
    }
  }

  @Test
  void aFileThatShrinksWhileItIsReadIsRefused() throws IOException {
    new SafeTensorsWriter().addFloats("w", new float[1000], 1000).write(file);
    try (var reader = SafeTensorsReader.open(file)) {
      Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 2000));
      assertThatThrownBy(() -> reader.readFloats("w"))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("became shorter while it was read");
    }
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] valid = validFile();
    for (int length = 0; length < valid.length; length++) {
      Files.write(file, Arrays.copyOf(valid, length));
      assertRefused("");
    }
  }

  @Test
  void damagedBytesAreRefusedOrReadButNothingElse() throws IOException {
    byte[] valid = validFile();
    int refused = 0;
    for (long seed = 0; seed < 1000; seed++) {
      var random = new Random(seed);
      byte[] damaged = valid.clone();
      for (int i = 0; i <= seed % 4; i++) {
        int position = random.nextInt(damaged.length);
        damaged[position] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) (damaged[position] ^ 1 << random.nextInt(8));
      }
      Files.write(file, damaged);
      try (var reader = SafeTensorsReader.open(file)) {
        readAll(reader);
      } catch (InvalidModelException expected) {
        refused++;
      } catch (RuntimeException | Error wrong) {
        throw new AssertionError("seed " + seed, wrong);
      }
    }
    assertThat(refused).as("most of the file is its header").isBetween(400, 999);
  }

  private byte[] validFile() throws IOException {
    new SafeTensorsWriter()
        .metadata("model", "lenet5")
        .addFloats("conv1.weight", new float[18], 2, 1, 3, 3)
        .addLongs("step", new long[] {42}, 1)
        .addBytes("random", "abc".getBytes(StandardCharsets.UTF_8), 3)
        .write(file);
    return Files.readAllBytes(file);
  }

  /// Reads every tensor and holds what came back against what the entry says.
  private static void readAll(SafeTensorsReader reader) {
    for (TensorEntry tensor : reader.tensors()) {
      int length =
          tensor.dtype().isFloat()
              ? reader.readFloats(tensor.name()).length
              : reader.readLongs(tensor.name()).length;
      assertThat((long) length).isEqualTo(TensorEntry.elements(tensor.shape()));
    }
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> SafeTensorsReader.open(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("Cannot read " + file + " as safetensors: ")
        .hasMessageContaining(message)
        .message()
        .hasLineCount(1)
        .hasSizeLessThan(600);
  }
}
