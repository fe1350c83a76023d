package lanewise.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lanewise.network.Theory;
import lanewise.tensor.Shape;

/// One operation of a program: a layer, or several fused into one.
///
/// @param label names of its layers, joined by `+`
/// @param output shape of one sample's output
/// @param algorithm algorithm of a convolution or linear layer, or those of its passes where they
///     differ; empty for any other layer
/// @param backward empty in inference
public record OperationProfile(
    String label,
    Shape output,
    Optional<String> algorithm,
    PassProfile forward,
    Optional<PassProfile> backward) {

  /// The label with the block named once: `stage1.block1.bn2+add1+relu1`.
  public String shortLabel() {
    List<String> parts = new ArrayList<>();
    String block = "";
    for (String name : Theory.layersOf(label)) {
      String own = name.substring(0, name.lastIndexOf('.') + 1);
      parts.add(own.equals(block) && !parts.isEmpty() ? name.substring(own.length()) : name);
      block = own;
    }
    return String.join("+", parts);
  }

  /// Median time of both passes.
  public double seconds() {
    return forward.time().median() + backward.map(pass -> pass.time().median()).orElse(0.0);
  }

  /// Least time of both passes in theory.
  public double theorySeconds(MachinePeak peak) {
    return forward.theorySeconds(peak) + backward.map(p -> p.theorySeconds(peak)).orElse(0.0);
  }

  Map<String, Object> json(MachinePeak peak) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("layers", Theory.layersOf(label));
    object.put("output", output.toString());
    object.put("algorithm", algorithm.orElse(null));
    object.put("forward", forward.json(peak));
    object.put("backward", backward.map(pass -> pass.json(peak)).orElse(null));
    return object;
  }
}
