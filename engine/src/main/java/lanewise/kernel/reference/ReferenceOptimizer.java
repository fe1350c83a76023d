package lanewise.kernel.reference;

/// One step of an optimizer on arrays of one length.
public final class ReferenceOptimizer {

  private ReferenceOptimizer() {}

  /// Stochastic gradient descent as `torch.optim.SGD` without dampening; updates parameters and
  /// velocity in place.
  ///
  /// ```
  /// g          = gradient + weightDecay * parameter
  /// velocity   = momentum * velocity + g
  /// parameter -= learningRate * (nesterov ? g + momentum * velocity : velocity)
  /// ```
  ///
  /// @param velocity PyTorch's momentum buffer, zeros before the first step
  public static void sgd(
      double[] parameters,
      double[] gradients,
      double[] velocity,
      double learningRate,
      double momentum,
      double weightDecay,
      boolean nesterov) {
    Sizes.check("gradients", gradients.length, parameters.length);
    Sizes.check("velocity", velocity.length, parameters.length);
    for (int i = 0; i < parameters.length; i++) {
      double g = gradients[i] + weightDecay * parameters[i];
      velocity[i] = momentum * velocity[i] + g;
      parameters[i] -= learningRate * (nesterov ? g + momentum * velocity[i] : velocity[i]);
    }
  }
}
