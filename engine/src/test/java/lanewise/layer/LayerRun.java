package lanewise.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import lanewise.tensor.Shape;
import lanewise.testing.Compare;
import lanewise.testing.Fill;
import lanewise.testing.LayerHarness;

/// One forward and backward pass of a layer without parameters, and what came out.
///
/// @param output output in plain order
/// @param gradients gradients of the inputs
record LayerRun(float[] output, List<float[]> gradients) {

  /// Vectors and maps, one channel, not a multiple of the lanes, and more than one piece of work.
  static final List<Shape> SHAPES =
      List.of(
          new Shape(1, 1, 1),
          new Shape(1, 5, 3),
          new Shape(3, 4, 7),
          new Shape(16, 5, 5),
          new Shape(17, 3, 2),
          Shape.vector(37),
          Shape.vector(64),
          new Shape(20, 31, 29));

  /// How a layer is run.
  ///
  /// @param slices whether tensors are slices of concatenations
  /// @param adds whether gradients are added to those of [#before]
  record Mode(int threads, boolean slices, boolean adds) {}

  static final Mode PLAIN = new Mode(1, false, false);

  /// What an input's gradient holds before it is added to.
  static float[] before(int input, Shape shape, int batch) {
    return Fill.integers(90 + input, size(shape, batch), 5, 0.7);
  }

  static int size(Shape shape, int batch) {
    return Math.toIntExact(batch * shape.elements());
  }

  static LayerRun of(
      Layer layer, List<Shape> shapes, int batch, Mode mode, List<float[]> inputs, float[] dDst) {
    try (var harness = new LayerHarness(layer, shapes, batch, mode.threads(), true)) {
      if (mode.slices()) {
        harness.slices();
      }
      for (int i = 0; i < inputs.size(); i++) {
        harness.input(i, inputs.get(i));
        if (mode.adds()) {
          harness.addTo(i, before(i, shapes.get(i), batch));
        }
      }
      harness.step(3).forward().outputGradient(dDst).backward();
      List<float[]> gradients = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        gradients.add(harness.inputGradient(i));
      }
      return new LayerRun(harness.output(), gradients);
    }
  }

  /// Any number of threads, and slices, give the same bits as one thread on dense tensors; adding
  /// gives the sum.
  ///
  /// @param tolerance largest error of the sum, relative to its largest value; 0 for equality
  void equalsOtherModes(
      Layer layer,
      List<Shape> shapes,
      int batch,
      List<float[]> inputs,
      float[] dDst,
      double tolerance) {
    for (int threads : new int[] {1, 2, 4}) {
      boolean slices = threads != 2;
      String what = "%s with %d threads".formatted(layer, threads);
      LayerRun other = of(layer, shapes, batch, new Mode(threads, slices, false), inputs, dDst);
      Compare.bitEqual(what, other.output, output);
      LayerRun added = of(layer, shapes, batch, new Mode(threads, slices, true), inputs, dDst);
      assertThat(other.gradients).hasSameSizeAs(gradients);
      for (int i = 0; i < gradients.size(); i++) {
        Compare.bitEqual(what + ", gradient", other.gradients.get(i), gradients.get(i));
        double[] sum = Fill.widen(before(i, shapes.get(i), batch));
        for (int j = 0; j < sum.length; j++) {
          sum[j] += gradients.get(i)[j];
        }
        Compare.close(what + ", added gradient", added.gradients.get(i), sum, tolerance);
      }
    }
  }
}
