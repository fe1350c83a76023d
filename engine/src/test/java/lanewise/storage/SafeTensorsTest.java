package lanewise.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import lanewise.error.InvalidModelException;
import lanewise.error.StorageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("model.safetensors");
  }

  /// One float 1.0 named w, typed by hand: header length 56, JSON and spaces, 00 00 80 3f.
  @Test
  void writesTheseVeryBytes() throws IOException {
    new SafeTensorsWriter().addFloats("w", new float[] {1}, 1).write(file);
    byte[] expected =
        HexFormat.of()
            .parseHex(
                "3800000000000000"
                    + "7b2277223a7b226474797065223a22463332222c227368617065223a5b315d2c"
                    + "22646174615f6f666673657473223a5b302c345d7d7d2020"
                    + "0000803f");
    assertThat(Files.readAllBytes(file))
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo(new String(expected, StandardCharsets.ISO_8859_1));
  }

  /// The example of the official sources: the header is not padded, the tensor has the type I32.
  @Test
  void readsTheOfficialExample() throws IOException {
    store(
        "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}",
        bytes(16, 0, 1, 255));
    try (var reader = SafeTensorsReader.open(file)) {
      assertThat(reader.tensors())
          .containsExactly(new TensorEntry("test", DType.I32, List.of(2L, 2L), 0, 16));
      assertThat(reader.metadata()).isEmpty();
      assertThat(reader.readLongs("test")).containsExactly(0xff0100, 0, 0, 0);
    }
  }

  @Test
  void everythingComesBack() {
    var random = new Random(1);
    float[] weights = new float[200_000]; // more than one chunk
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Float.intBitsToFloat(random.nextInt()); // infinities and NaN too
    }
    long[] steps = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE};
    byte[] state = new byte[300_001];
    random.nextBytes(state);
    new SafeTensorsWriter()
        .metadata("model", "resnet20 \"\u00e9\"\n")
        .metadata("config", "{}")
        .addBytes("state", state, state.length)
        .addFloats("conv.weight", weights, 100, 2, 1000)
        .addFloats("scalar", new float[] {-0.0f})
        .addFloats("empty", new float[0], 3, 0)
        .addLongs("steps", steps, 2, 2)
        .write(file);
    try (var reader = SafeTensorsReader.open(file)) {
      assertThat(reader.file()).isEqualTo(file);
      assertThat(reader.metadata().entrySet().toString())
          .isEqualTo("[model=resnet20 \"\u00e9\"\n, config={}]");
      assertThat(reader.tensors())
          .extracting(TensorEntry::name)
          .containsExactly("steps", "conv.weight", "scalar", "empty", "state");
      assertThat(reader.tensor("conv.weight").shape()).containsExactly(100L, 2L, 1000L);
      assertThat(reader.tensor("conv.weight").elements()).isEqualTo(200_000);
      assertThat(toBits(reader.readFloats("conv.weight"))).isEqualTo(toBits(weights));
      assertThat(reader.readFloats("scalar")).containsExactly(-0.0f);
      assertThat(reader.readFloats("empty")).isEmpty();
      assertThat(reader.readLongs("steps")).isEqualTo(steps);
      assertThat(reader.readBytes("state")).isEqualTo(state);
      assertThat(reader.readLongs("state")[0]).isEqualTo(state[0] & 0xff);
      assertThat(reader.contains("steps")).isTrue();
      assertThat(reader.contains("__metadata__")).isFalse();
    }
  }

  @Test
  void theDataIsAlignedAndTheBytesAreStable() throws IOException {
    for (int length = 1; length < 70; length += 7) {
      var writer = new SafeTensorsWriter().addLongs("n".repeat(length), new long[] {7}, 1);
      writer.write(file);
      byte[] first = Files.readAllBytes(file);
      assertThat((first.length - 8) % 64).as("name of %d", length).isZero();
      writer.write(file);
      assertThat(Files.readAllBytes(file)).isEqualTo(first);
    }
  }

  @Test
  void offHeapMemoryGoesOutAndIn() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1.5f, -2, 3);
      new SafeTensorsWriter().add("w", DType.F32, values, 3).write(file);
      MemorySegment target = arena.allocate(16, 64).fill((byte) 9);
      try (var reader = SafeTensorsReader.open(file)) {
        reader.readFloats("w", target.asSlice(0, 12));
        assertThat(target.asSlice(0, 12).mismatch(values)).isEqualTo(-1);
        assertThat(target.get(ValueLayout.JAVA_INT, 12)).isEqualTo(0x09090909);
        assertThatIllegalArgumentException().isThrownBy(() -> reader.readFloats("w", target));
      }
    }
  }

  @Test
  void convertsEveryFloatType() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(0.1).putDouble(1e300);
    data.putFloat(0.25f);
    data.putShort((short) 0x3c00).putShort((short) 0xfc00); // half: 1, -infinity
    data.putShort((short) 0x3fc0).putShort((short) 0xc000); // bfloat16: 1.5, -2
    store(
        """
        {"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
         "h":{"dtype":"F16","shape":[2],"data_offsets":[20,24]},
         "s":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},
         "b":{"dtype":"BF16","shape":[2],"data_offsets":[24,28]}}\
        """,
        data.array());
    try (var reader = SafeTensorsReader.open(file)) {
      assertThat(reader.readFloats("d")).containsExactly(0.1f, Float.POSITIVE_INFINITY);
      assertThat(reader.readFloats("s")).containsExactly(0.25f);
      assertThat(reader.readFloats("h")).containsExactly(1, Float.NEGATIVE_INFINITY);
      assertThat(reader.readFloats("b")).containsExactly(1.5f, -2);
    }
  }

  /// Sparse: takes no room on the disk.
  @Test
  void offsetsGoBeyondTwoGigabytes() throws IOException {
    long size = 3_000_000_000L;
    String json =
        """
        {"big":{"dtype":"U8","shape":[3000000000],"data_offsets":[0,3000000000]},
         "last":{"dtype":"F32","shape":[1],"data_offsets":[3000000000,3000000004]}}\
        """;
    store(json, new byte[0]);
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.seek(8 + json.length() + size);
      sparse.write(new byte[] {0, 0, (byte) 0x80, 0x3f});
    }
    try (var reader = SafeTensorsReader.open(file)) {
      assertThat(reader.readFloats("last")).containsExactly(1);
      assertThatThrownBy(() -> reader.readBytes("big"))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("\"big\" has 3000000000 elements, more than an array holds");
    }
  }

  @Test
  void refusesTheWrongNameOrType() {
    new SafeTensorsWriter()
        .addFloats("f", new float[1], 1)
        .addLongs("l", new long[1], 1)
        .write(file);
    try (var reader = SafeTensorsReader.open(file)) {
      assertThatThrownBy(() -> reader.readFloats("g"))
          .isInstanceOf(InvalidModelException.class)
          .hasMessage(file + " has no tensor \"g\"");
      assertThatThrownBy(() -> reader.readFloats("l"))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("\"l\" is of type I64 where floating-point numbers were expected");
      assertThatThrownBy(() -> reader.readLongs("f")).isInstanceOf(InvalidModelException.class);
      assertThatThrownBy(() -> reader.readBytes("l")).isInstanceOf(InvalidModelException.class);
    }
  }

  @Test
  void theWriterRefusesMistakesOfItsCaller() {
    var writer = new SafeTensorsWriter().metadata("k", "v").addFloats("w", new float[6], 2, 3);
    assertThatIllegalArgumentException().isThrownBy(() -> writer.addLongs("w", new long[1], 1));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.addFloats("x", new float[6], 5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.addFloats("x", new float[6], -2, -3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.addBytes("__metadata__", new byte[1], 1));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("k", "w"));
  }

  @Test
  void aMissingFileOrAFolderIsNotAModelAtFault() {
    assertThatThrownBy(() -> SafeTensorsReader.open(file))
        .isInstanceOf(StorageException.class)
        .hasMessage("Cannot read %s: there is no such file; check the path", file);
    assertThatThrownBy(() -> SafeTensorsReader.open(folder))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("it is a folder");
  }

  private void store(String json, byte[] data) throws IOException {
    SafeTensorsFiles.store(file, json, data);
  }

  private static byte[] bytes(int length, int... first) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < first.length; i++) {
      bytes[i] = (byte) first[i];
    }
    return bytes;
  }

  private static int[] toBits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
