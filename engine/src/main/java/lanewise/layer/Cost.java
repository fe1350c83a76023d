package lanewise.layer;

/// The theoretical cost of a layer's forward pass for one sample, as the lecture counts.
///
/// @param multiplyAdds multiply-adds of convolutions and linear layers: one per weight and output
///     position, padding counted, biases not
/// @param otherOperations what the layer does besides, as far as the lecture counts it: K x K per
///     output of a pooling layer; 0 for activations and normalization
public record Cost(long multiplyAdds, long otherOperations) {

  /// Nothing that the lecture counts.
  public static final Cost NONE = new Cost(0, 0);

  /// The cost of both.
  public Cost plus(Cost other) {
    return new Cost(multiplyAdds + other.multiplyAdds, otherOperations + other.otherOperations);
  }
}
