package lanewise.train;

/// What a trainer tells at the end of an epoch.
///
/// @param epoch the epoch, from 1
/// @param epochs epochs of the whole run
/// @param globalStep steps done in the whole run
/// @param trainLoss mean loss of the epoch's steps, auxiliary outputs included
/// @param trainAccuracy share of the epoch's images that were classified right while training,
///     augmented as they were, 0 to 1
/// @param validation the validation images, after the epoch
/// @param learningRate learning rate of the epoch's last step
/// @param trainSeconds seconds of training, of this process alone if the epoch was resumed
/// @param imagesPerSecond images per second of training, evaluation not counted; 0 if this process
///     trained none of the epoch
public record EpochReport(
    int epoch,
    int epochs,
    long globalStep,
    double trainLoss,
    double trainAccuracy,
    Evaluation validation,
    double learningRate,
    double trainSeconds,
    double imagesPerSecond) {}
