package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import lanewise.data.Dataset;
import lanewise.error.InvalidModelException;
import lanewise.error.NumericException;
import lanewise.tensor.Memory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTest {

  @TempDir Path folder;
  private Path file;
  private final byte[] image = new byte[(int) TrainRuns.IMAGE.elements()];

  @BeforeEach
  void train() {
    file = folder.resolve("c.safetensors");
    try (Trainer trainer = TrainRuns.trainer(TrainRuns.config().withEpochs(1))) {
      trainer.checkpointTo(file);
      trainer.train();
    }
    Dataset data = TrainRuns.data().validation();
    data.pixels(0, image, 0);
  }

  @Test
  void givesNamedClassesBestFirst() {
    try (Classifier classifier = Classifier.load(file, TrainRuns.network())) {
      assertThat(classifier.classNames()).containsExactly("a", "b", "c", "d", "e", "f");
      assertThat(classifier.imageShape()).isEqualTo(TrainRuns.IMAGE);
      float[] probabilities = classifier.probabilities(image);
      double sum = 0;
      for (float probability : probabilities) {
        sum += probability;
      }
      assertThat(sum).isEqualTo(1, within(1e-6));
      List<Prediction> all = classifier.classify(image, 100);
      assertThat(all).hasSize(6);
      assertThat(all)
          .isSortedAccordingTo((a, b) -> Float.compare(b.probability(), a.probability()));
      for (Prediction prediction : all) {
        assertThat(prediction.probability()).isEqualTo(probabilities[prediction.label()]);
        assertThat(prediction.name()).isEqualTo("" + (char) ('a' + prediction.label()));
      }
      assertThat(classifier.classify(image, 2)).isEqualTo(all.subList(0, 2));
    }
  }

  @Test
  void floatsFromZeroToOneAreTheSameImage() {
    float[] floats = new float[image.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (image[i] & 0xFF) / 255f;
    }
    try (Classifier classifier = Classifier.load(file, TrainRuns.network(), 2)) {
      assertThat(classifier.probabilities(floats)).isEqualTo(classifier.probabilities(image));
      assertThat(classifier.classify(floats, 3)).isEqualTo(classifier.classify(image, 3));
    }
  }

  @Test
  void refusesImagesOfAnotherSizeAndValuesThatAreNotFinite() {
    try (Classifier classifier = Classifier.load(file, TrainRuns.network())) {
      assertThatThrownBy(() -> classifier.probabilities(new byte[5]))
          .hasMessageContaining("5 values, small takes 3x10x8: 240");
      float[] nan = new float[image.length];
      nan[17] = Float.NaN;
      assertThatThrownBy(() -> classifier.probabilities(nan))
          .isInstanceOf(NumericException.class)
          .hasMessageContaining("the input");
      assertThat(classifier.probabilities(image)).as("and goes on").hasSize(6);
    }
  }

  @Test
  void refusesAnotherNetworkAndLeavesNothingBehind() {
    long before = Memory.liveBytesInProcess();
    assertThatThrownBy(() -> Classifier.load(file, TrainRuns.network("small", 5)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("6 classes")
        .hasMessageContaining("small has 5");
    assertThat(Memory.liveBytesInProcess()).isEqualTo(before);
  }

  @Test
  void closingFreesTheMemory() {
    long before = Memory.liveBytesInProcess();
    Classifier classifier = Classifier.load(file, TrainRuns.network());
    assertThat(Memory.liveBytesInProcess()).isGreaterThan(before);
    classifier.close();
    classifier.close();
    assertThat(Memory.liveBytesInProcess()).isEqualTo(before);
    assertThatThrownBy(() -> classifier.probabilities(image))
        .isInstanceOf(IllegalStateException.class);
  }
}
