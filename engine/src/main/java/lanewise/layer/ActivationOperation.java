package lanewise.layer;

import lanewise.kernel.simd.Activation;

/// An activation function bound to its memory.
final class ActivationOperation implements Operation {

  private final Binding binding;
  private final Activation kernel;

  ActivationOperation(Activation.Function function, Binding binding) {
    this.binding = binding;
    kernel = new Activation(function, binding.batch(), binding.output().shape());
  }

  @Override
  public void forward() {
    kernel.forward(binding.input(), binding.output(), binding.parallel());
  }

  @Override
  public void backward() {
    if (binding.inputGradient() != null) {
      kernel.backward(
          binding.output(),
          binding.outputGradient(),
          binding.inputGradient(),
          binding.addsToInputGradient(),
          binding.parallel());
    }
  }
}
