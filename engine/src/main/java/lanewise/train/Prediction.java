package lanewise.train;

/// One class that an image may belong to.
///
/// @param label number of the class
/// @param name name of the class
/// @param probability 0 to 1
public record Prediction(int label, String name, float probability) {}
