package lanewise.train;

/// What a network does on a data set.
///
/// @param images how many images
/// @param loss mean cross entropy over the images, without label smoothing
/// @param top1 share of the images whose class is the most probable one, 0 to 1
/// @param top5 share of the images whose class is among the five most probable ones, 0 to 1
/// @param seconds how long it took
public record Evaluation(int images, double loss, double top1, double top5, double seconds) {

  /// Images per second.
  public double imagesPerSecond() {
    return images / seconds;
  }
}
