package lanewise.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import lanewise.data.Augmentation;
import lanewise.storage.Json;
import lanewise.storage.JsonException;
import lanewise.train.TrainingConfig.ScheduleKind;
import org.junit.jupiter.api.Test;

class TrainingConfigTest {

  private static final TrainingConfig ODD =
      new TrainingConfig(
          "odd",
          3,
          7,
          0.1 + 0.2,
          ScheduleKind.CONSTANT,
          1.0 / 3,
          0.8,
          false,
          1,
          0.25,
          Long.MIN_VALUE + 5,
          new Augmentation(2, false),
          5,
          6);

  @Test
  void comesBackFromJsonAsItWas() throws JsonException {
    String text = Json.write(ODD.toMap());
    assertThat(TrainingConfig.fromMap(Json.parseObject(text))).isEqualTo(ODD);
  }

  @Test
  void withChangesOneThingAlone() {
    TrainingConfig changed =
        TrainingConfig.of("odd")
            .withEpochs(3)
            .withBatchSize(7)
            .withLearningRate(0.1 + 0.2)
            .withSchedule(ScheduleKind.CONSTANT)
            .withWarmupFraction(1.0 / 3)
            .withMomentum(0.8, false)
            .withWeightDecay(1)
            .withLabelSmoothing(0.25)
            .withSeed(Long.MIN_VALUE + 5)
            .withAugmentation(new Augmentation(2, false))
            .withThreads(5)
            .withDataWorkers(6);
    assertThat(changed).isEqualTo(ODD);
    assertThat(ODD.withSeed(1).withSeed(ODD.seed())).isEqualTo(ODD);
  }

  @Test
  void makesScheduleAndOptimizer() {
    assertThat(ODD.scheduleOver(50)).isEqualTo(new Constant(0.1 + 0.2));
    assertThat(TrainingConfig.of("x").scheduleOver(50)).isEqualTo(new OneCycle(0.2, 50, 0.25));
    assertThat(ODD.optimizer()).isEqualTo(new Sgd(0.8, false, 1));
  }

  @Test
  void refusesValuesOutOfRange() {
    assertThatThrownBy(() -> ODD.withEpochs(0)).hasMessage("epochs 0: must be at least 1");
    assertThatThrownBy(() -> ODD.withBatchSize(0)).hasMessageContaining("batch size 0");
    assertThatThrownBy(() -> ODD.withThreads(0)).hasMessageContaining("threads 0");
    assertThatThrownBy(() -> ODD.withDataWorkers(-1)).hasMessageContaining("data workers -1");
    assertThatThrownBy(() -> ODD.withLabelSmoothing(2)).hasMessageContaining("smoothing 2.0");
    assertThatThrownBy(() -> ODD.withLearningRate(Double.NaN)).hasMessageContaining("rate NaN");
    assertThatThrownBy(() -> ODD.withMomentum(1, false)).hasMessageContaining("momentum 1.0");
  }

  @Test
  void namesWhatIsMissing() {
    Map<String, Object> members = ODD.toMap();
    members.remove("momentum");
    assertThatThrownBy(() -> TrainingConfig.fromMap(members))
        .isInstanceOf(JsonException.class)
        .hasMessageContaining("momentum");
  }
}
