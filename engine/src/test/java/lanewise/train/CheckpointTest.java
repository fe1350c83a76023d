package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lanewise.data.Normalization;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.error.StorageException;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Parameters;
import lanewise.storage.SafeTensorsReader;
import lanewise.storage.SafeTensorsWriter;
import lanewise.tensor.Memory;
import lanewise.testing.Compare;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {

  private static final TrainingPosition POSITION = new TrainingPosition(2, 3, 4, 1.0 / 3, 21);

  @TempDir Path folder;
  private Path file;
  private Memory memory;

  @BeforeEach
  void open() {
    file = folder.resolve("c.safetensors");
    memory = Memory.withBudget(TrainRuns.BUDGET);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private static CheckpointInfo info(Network network) {
    return new CheckpointInfo(
        network.name(),
        network.input(),
        List.of("a", "b", "c \"quoted\"", "ä", "e", "f"),
        new Normalization(new float[] {0.1f, 0.2f, 0.3f}, new float[] {1, 0.5f, 1 / 3f}),
        TrainRuns.config(),
        "the data",
        70,
        POSITION);
  }

  private Parameters save(Network network, long seed) {
    Parameters parameters = Parameters.create(network, memory, seed);
    Checkpoint.save(file, info(network), parameters, null);
    return parameters;
  }

  private void assertRefused(Network network, String... parts) {
    Parameters parameters = Parameters.create(network, memory, 1);
    float[] before = TrainRuns.values(parameters);
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThatThrownBy(() -> checkpoint.load(parameters))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContainingAll(parts);
    }
    Compare.bitEqual("parameters after a refusal", TrainRuns.values(parameters), before);
  }

  @Test
  void everythingComesBack() {
    Network network = TrainRuns.network();
    Parameters saved = save(network, 1);
    Parameters loaded = Parameters.create(network, memory, 2);
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.file()).isEqualTo(file);
      assertThat(checkpoint.info()).isEqualTo(info(network));
      checkpoint.load(loaded);
    }
    Compare.bitEqual("parameters", TrainRuns.values(loaded), TrainRuns.values(saved));
  }

  @Test
  void tensorsHaveTheirOwnNamesAndPlainShapes() {
    save(TrainRuns.network(), 1);
    try (SafeTensorsReader reader = SafeTensorsReader.open(file)) {
      assertThat(reader.tensor("conv2.weight").shape()).containsExactly(20L, 7L, 3L, 3L);
      assertThat(reader.tensor("bn1.running_var").shape()).containsExactly(7L);
      assertThat(reader.tensor("fc2.bias").shape()).containsExactly(6L);
      assertThat(reader.metadata())
          .containsEntry("lanewise.format", "1")
          .containsEntry("lanewise.model", "small")
          .containsEntry("lanewise.input", "[3,10,8]");
    }
  }

  @Test
  void anotherModelIsRefusedByName() {
    save(TrainRuns.network("left", 6), 1);
    assertRefused(TrainRuns.network("right", 6), "a checkpoint of left, not of right");
  }

  @Test
  void anotherInputIsRefused() {
    save(TrainRuns.network(), 1);
    Network wide = Flow.input(3, 12, 8).conv(7, 3, 1, 1).flatten().linear(6).network("small");
    assertRefused(wide, "3x10x8", "3x12x8");
  }

  @Test
  void anotherShapeIsRefused() {
    save(TrainRuns.network(), 1);
    assertRefused(TrainRuns.network("small", 5), "fc", "[6", "[5");
  }

  @Test
  void missingAndSurplusTensorsAreRefused() {
    Network few = Flow.input(TrainRuns.IMAGE).conv(7, 3, 1, 1).flatten().linear(6).network("m");
    Network many =
        Flow.input(TrainRuns.IMAGE).conv(7, 3, 1, 1).batchNorm().flatten().linear(6).network("m");
    save(few, 1);
    assertRefused(many, "lacks bn1.bias and 3 more, which m has");
    save(many, 1);
    assertRefused(few, "has bn1.bias and 3 more, which m has not");
  }

  @Test
  void aForeignFileIsRefused() {
    new SafeTensorsWriter().addFloats("conv1.weight", new float[1], 1).write(file);
    assertOpenFails("no Lanewise checkpoint");
  }

  @Test
  void aLaterVersionIsRefused() {
    new SafeTensorsWriter().metadata("lanewise.format", "2").write(file);
    assertOpenFails("checkpoint format 2");
  }

  @Test
  void damagedMetadataIsRefused() {
    new SafeTensorsWriter()
        .metadata("lanewise.format", "1")
        .metadata("lanewise.input", "[3,10]")
        .write(file);
    assertOpenFails("metadata is damaged: lanewise.input");
    new SafeTensorsWriter()
        .metadata("lanewise.format", "1")
        .metadata("lanewise.input", "[3,10,8]")
        .write(file);
    assertOpenFails("lanewise.normalization is missing");
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    save(TrainRuns.network(), 1);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertOpenFails("Cannot read");
  }

  private void assertOpenFails(String message) {
    assertThatThrownBy(() -> Checkpoint.open(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void aMissingFileIsToldFromADamagedOne() {
    assertThatThrownBy(() -> Checkpoint.open(file)).isInstanceOf(StorageException.class);
  }

  @Test
  void withoutOptimizerStateTrainingCannotResume() {
    Path other = folder.resolve("o.safetensors");
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config())) {
      trainer.save(file);
      try (Checkpoint checkpoint = Checkpoint.open(file)) {
        Checkpoint.save(other, checkpoint.info(), trainer.parameters(), null);
      }
      assertThatThrownBy(() -> trainer.resume(other))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("no optimizer state");
    }
  }

  @Test
  void valuesThatAreNotFiniteAreNotWritten() throws IOException {
    Network network = TrainRuns.network();
    Parameters parameters = save(network, 1);
    byte[] before = Files.readAllBytes(file);
    float[] bias = parameters.get("fc1.bias");
    bias[1] = Float.NaN;
    parameters.set("fc1.bias", bias);
    assertThatThrownBy(() -> Checkpoint.save(file, info(network), parameters, null))
        .isInstanceOf(NumericException.class)
        .hasMessageContaining("after step 11 fc1.bias holds the value NaN");
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }
}
