package lanewise.train;

import java.util.List;
import lanewise.data.Normalization;
import lanewise.tensor.Shape;

/// What a checkpoint says besides its tensors: enough to go on training, and to classify images
/// with nothing else at hand.
///
/// @param model name of the network
/// @param input shape of one image
/// @param classNames one name per class, in the order of the labels
/// @param normalization what happens to every channel of an image
/// @param config how the run trains
/// @param data name of the training images
/// @param dataSize number of the training images
/// @param position how far the run has come
public record CheckpointInfo(
    String model,
    Shape input,
    List<String> classNames,
    Normalization normalization,
    TrainingConfig config,
    String data,
    int dataSize,
    TrainingPosition position) {

  public CheckpointInfo {
    classNames = List.copyOf(classNames);
  }
}
