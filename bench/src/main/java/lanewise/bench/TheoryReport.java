package lanewise.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lanewise.bench.Claim.Figure;
import lanewise.bench.Claim.Unit;
import lanewise.layer.Conv2d;
import lanewise.layer.Linear;
import lanewise.models.GoogLeNet;
import lanewise.models.Models;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.network.Theory;
import lanewise.tensor.Shape;

/// What the lecture claims about the costs of convolutional networks, computed by describing the
/// networks and counting: no result is written down here.
public final class TheoryReport {

  private TheoryReport() {}

  /// All claims, in the order of the lecture.
  public static List<Claim> claims() {
    return List.of(
        convolutionAgainstLinear(),
        smallKernels(),
        equalStages(),
        inceptionBottleneck(),
        averagePooling(),
        alexNetShares(),
        bottleneckAgainstBasic());
  }

  private static Theory theory(Network network) {
    return Theory.of(network, Theory.Counting.LECTURE);
  }

  private static Theory model(String name) {
    return theory(Models.create(name).withoutAuxiliaryOutputs());
  }

  private static Figure count(String key, String label, long value) {
    return new Figure(key, label, value, Unit.COUNT);
  }

  private static Figure share(String key, String label, double value) {
    return new Figure(key, label, value, Unit.SHARE);
  }

  private static Figure ratio(String key, String label, double value) {
    return new Figure(key, label, value, Unit.RATIO);
  }

  /// Operations of the layers whose names match.
  private static long operations(Theory theory, String names) {
    return theory.layers().stream()
        .filter(layer -> layer.info().node().name().matches(names))
        .mapToLong(Theory.Layer::forwardOperations)
        .sum();
  }

  private static long parameters(Theory theory, Predicate<Theory.Layer> which) {
    return theory.layers().stream().filter(which).mapToLong(Theory.Layer::parameters).sum();
  }

  private static boolean isLinear(Theory.Layer layer) {
    return layer.info().node().layer() instanceof Linear;
  }

  private static Claim convolutionAgainstLinear() {
    Flow image = Flow.input(3, 32, 32);
    Network convolution = image.convBias(6, 5, 1, 0).network("convolution");
    int outputs = Math.toIntExact(convolution.output().elements());
    Network linear = Flow.input(3, 32, 32).flatten().linear(outputs).network("linear");
    long few = theory(convolution).parameters();
    long many = theory(linear).parameters();
    return new Claim(
        "convolution-against-linear",
        "A convolution needs few parameters: 5x5 with 6 filters on %s gives %s"
            .formatted(convolution.input(), convolution.output()),
        List.of(
            count("convolution_parameters", "Parameters of the convolution", few),
            count("linear_parameters", "Parameters of a linear layer of the same sizes", many),
            ratio("ratio", "Linear over convolution", (double) many / few)),
        Text.format("%,d parameters against %,d.", few, many));
  }

  private static Claim smallKernels() {
    int c = 64;
    Shape shape = new Shape(c, 32, 32);
    Theory one = theory(Flow.input(shape).conv(c, 5, 1, 2).network("5x5"));
    Theory two = theory(Flow.input(shape).conv(c, 3, 1, 1).conv(c, 3, 1, 1).network("3x3 twice"));
    double square = (double) c * c;
    double perPixel = square * shape.pixels();
    return new Claim(
        "two-3x3-against-one-5x5",
        "Two 3x3 convolutions see as far as one 5x5 and cost less (C = %d, %dx%d pixels)"
            .formatted(c, shape.height(), shape.width()),
        List.of(
            count("one_parameters", "Parameters of one 5x5", one.parameters()),
            count("two_parameters", "Parameters of two 3x3", two.parameters()),
            ratio("one_per_c2", "One 5x5, parameters / C^2", one.parameters() / square),
            ratio("two_per_c2", "Two 3x3, parameters / C^2", two.parameters() / square),
            count("one_operations", "Multiply-adds of one 5x5", one.forwardOperations()),
            count("two_operations", "Multiply-adds of two 3x3", two.forwardOperations()),
            ratio("one_per_c2hw", "One 5x5, / C^2HW", one.forwardOperations() / perPixel),
            ratio("two_per_c2hw", "Two 3x3, / C^2HW", two.forwardOperations() / perPixel)),
        Text.format(
            "%.0f C^2 against %.0f C^2: %s fewer, with one more activation in between.",
            two.parameters() / square,
            one.parameters() / square,
            Text.percent(1 - (double) two.parameters() / one.parameters())));
  }

  private static Claim equalStages() {
    Theory vgg = model("vgg16-imagenet");
    List<Figure> figures = new ArrayList<>();
    List<Integer> equal = new ArrayList<>();
    for (int stage = 1; stage <= 5; stage++) {
      Theory.Layer conv = vgg.layer("stage%d.conv2".formatted(stage));
      Shape in = conv.info().inputs().get(0);
      // The lecture's H and W are those behind the pooling of the stage.
      double unit = in.pixels() / 4.0 * in.channels() * in.channels();
      figures.add(
          count(
              "stage%d_operations".formatted(stage),
              "Stage %d, one 3x3 convolution %s -> %d"
                  .formatted(stage, in, conv.info().output().channels()),
              conv.forwardOperations()));
      figures.add(
          ratio(
              "stage%d_per_hwc2".formatted(stage),
              "Stage %d, multiply-adds / HWC^2 (H, W after its pooling)".formatted(stage),
              conv.forwardOperations() / unit));
      if (conv.forwardOperations() == vgg.layer("stage1.conv2").forwardOperations()) {
        equal.add(stage);
      }
    }
    return new Claim(
        "vgg-equal-stages",
        "Halving the map and doubling the channels keeps the cost of VGG's convolutions",
        figures,
        "These convolutions cost the same in stages %s; stage 5 does not double the channels again."
            .formatted(equal.stream().map(String::valueOf).collect(Collectors.joining(", "))));
  }

  private static Claim inceptionBottleneck() {
    Shape in = new Shape(192, 28, 28);
    GoogLeNet.Inception filters = GoogLeNet.MODULE_3A;
    Theory naive = theory(GoogLeNet.naiveModule("naive", in, filters));
    Theory module = theory(GoogLeNet.module("module", in, filters));
    long direct = operations(naive, "inception\\.conv3");
    long reduced = operations(module, "inception\\.conv[45]");
    return new Claim(
        "inception-bottleneck",
        "A 1x1 bottleneck before the 5x5 convolution of an inception module saves most of it (3a)",
        List.of(
            count("direct_operations", "5x5 convolution alone", direct),
            count("reduced_operations", "1x1 bottleneck and 5x5 convolution", reduced),
            share("branch_share", "What is left of the branch", (double) reduced / direct),
            count("naive_module", "Whole naive module", naive.forwardOperations()),
            count("module", "Whole module with bottlenecks", module.forwardOperations()),
            share(
                "module_share",
                "What is left of the module",
                (double) module.forwardOperations() / naive.forwardOperations())),
        "The branch costs %s of what it would, the module %s."
            .formatted(
                Text.percent((double) reduced / direct),
                Text.percent((double) module.forwardOperations() / naive.forwardOperations())));
  }

  private static Claim averagePooling() {
    Theory googLeNet = model("googlenet-imagenet");
    Theory vgg = model("vgg16-imagenet");
    long one = parameters(googLeNet, TheoryReport::isLinear);
    long three = parameters(vgg, TheoryReport::isLinear);
    return new Claim(
        "average-pooling-against-linear-layers",
        "GoogLeNet averages its maps where VGG-16 has three linear layers",
        List.of(
            count("googlenet_linear", "Linear parameters of GoogLeNet", one),
            count("googlenet_parameters", "All parameters of GoogLeNet", googLeNet.parameters()),
            count("vgg16_linear", "Linear parameters of VGG-16", three),
            count("vgg16_parameters", "All parameters of VGG-16", vgg.parameters()),
            ratio("ratio", "VGG-16 over GoogLeNet, linear", (double) three / one)),
        Text.format(
            "%,d parameters against %,d, which are %s of VGG-16.",
            one, three, Text.percent((double) three / vgg.parameters())));
  }

  private static Claim alexNetShares() {
    Theory alexNet = model("alexnet-imagenet");
    double linear = (double) parameters(alexNet, TheoryReport::isLinear) / alexNet.parameters();
    long convolutions =
        alexNet.layers().stream()
            .filter(layer -> layer.info().node().layer() instanceof Conv2d)
            .mapToLong(Theory.Layer::forwardOperations)
            .sum();
    double share = (double) convolutions / alexNet.forwardOperations();
    return new Claim(
        "alexnet-shares",
        "AlexNet's parameters are in its linear layers, its operations in its convolutions",
        List.of(
            count("parameters", "Parameters", alexNet.parameters()),
            share("linear_parameters", "Share of the linear layers", linear),
            count("operations", "Multiply-adds and pooling", alexNet.forwardOperations()),
            share("convolution_operations", "Share of the convolutions", share)),
        "%s of the parameters are in linear layers, %s of the operations in convolutions."
            .formatted(Text.percent(linear), Text.percent(share)));
  }

  private static Claim bottleneckAgainstBasic() {
    String convolutions = "stage1\\.block2\\.conv\\d";
    Theory basic = model("resnet34-imagenet");
    Theory bottleneck = model("resnet50-imagenet");
    Shape in = basic.layer("stage1.block2.conv1").info().inputs().get(0);
    Shape wide = bottleneck.layer("stage1.block2.conv1").info().inputs().get(0);
    double unit = (double) in.elements() * in.channels();
    long two = operations(basic, convolutions);
    long three = operations(bottleneck, convolutions);
    return new Claim(
        "bottleneck-against-basic",
        "A bottleneck block on %s costs about a basic block on %s".formatted(wide, in),
        List.of(
            count("basic_operations", "Basic block: two 3x3", two),
            count("bottleneck_operations", "Bottleneck block: 1x1, 3x3, 1x1", three),
            ratio("basic_per_hwc2", "Basic block, / HWC^2", two / unit),
            ratio("bottleneck_per_hwc2", "Bottleneck block, / HWC^2", three / unit)),
        Text.format(
            "%.0f HWC^2 against %.0f HWC^2, with three layers for two and %d times the channels.",
            three / unit, two / unit, wide.channels() / in.channels()));
  }
}
