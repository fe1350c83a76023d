package lanewise.models;

import java.util.ArrayList;
import java.util.List;
import lanewise.layer.Subsample;
import lanewise.models.ModelInfo.Architecture;
import lanewise.network.Flow;
import lanewise.network.Network;
import lanewise.tensor.Shape;

/// ResNet: He, Zhang, Ren and Sun 2015, "Deep Residual Learning for Image Recognition",
/// <https://arxiv.org/abs/1512.03385>, table 1 and section 4.2, with their plain twins: the same
/// layers without shortcuts.
///
/// Bottlenecks that halve the map do it in their 3x3 convolution, as torchvision's do; the paper's
/// own ([Block#BOTTLENECK_2015]) in the first 1x1 convolution, at 2 to 6 % fewer multiply-adds.
public final class ResNet {

  private static final Source RESIDUAL =
      new Source("ResNet", "He et al. 2015", "https://arxiv.org/abs/1512.03385");
  private static final Source PLAIN = new Source("Plain", RESIDUAL.origin(), RESIDUAL.link());

  private static final int[] THREE_STAGES = {20, 32, 44, 56, 110};
  private static final int[] FOUR_STAGES = {18, 34, 50, 101, 152};

  private ResNet() {}

  /// What a residual block computes besides its shortcut.
  public enum Block {
    /// Two 3x3 convolutions.
    BASIC(1),
    /// 1x1, 3x3 (with the stride), 1x1 to four times the filters.
    BOTTLENECK(4),
    /// 1x1 (with the stride), 3x3, 1x1 to four times the filters.
    BOTTLENECK_2015(4);

    private final int expansion;

    Block(int expansion) {
      this.expansion = expansion;
    }

    private Flow layers(Flow x, int filters, int stride) {
      if (this == BASIC) {
        Flow y = x.conv(filters, 3, stride, 1).batchNorm().relu();
        return y.conv(filters, 3, 1, 1).batchNorm();
      }
      boolean early = this == BOTTLENECK_2015;
      Flow y = x.conv(filters, 1, early ? stride : 1, 0).batchNorm().relu();
      y = y.conv(filters, 3, early ? 1 : stride, 1).batchNorm().relu();
      return y.conv(filters * expansion, 1, 1, 0).batchNorm();
    }
  }

  /// What is added to a block that changes the shape; others add their input itself.
  public enum Shortcut {
    /// 1x1 convolution and batch normalization (option B).
    PROJECTION,
    /// Every second pixel, and zeros for the new channels (option A).
    ZERO_PADDED,
    /// Nothing is ever added: the plain twin.
    NONE
  }

  /// The stages of a network.
  ///
  /// @param block kind of blocks
  /// @param filters filters of each stage
  /// @param blocks number of blocks of each stage
  public record Stages(Block block, List<Integer> filters, List<Integer> blocks) {}

  /// For 224x224 images: 7x7 convolution and pooling reduce them to 56x56 first.
  public static Network imagenet(
      String name, Shape input, int classes, Stages stages, Shortcut shortcut) {
    Flow x = Flow.input(input).in("stem").conv(64, 7, 2, 3).batchNorm().relu().maxPool(3, 2, 1);
    return head(body(x, 64, stages, shortcut), classes, shortcut).network(name);
  }

  /// For 32x32 images: the first stage works at the full size.
  public static Network cifar(
      String name, Shape input, int classes, Stages stages, Shortcut shortcut) {
    int filters = stages.filters.getFirst();
    Flow x = Flow.input(input).in("stem").conv(filters, 3, 1, 1).batchNorm().relu();
    return head(body(x, filters, stages, shortcut), classes, shortcut).network(name);
  }

  private static Flow body(Flow x, int stemFilters, Stages stages, Shortcut shortcut) {
    int channels = stemFilters;
    for (int stage = 0; stage < stages.filters.size(); stage++) {
      int filters = stages.filters.get(stage);
      int outputs = filters * stages.block.expansion;
      for (int i = 0; i < stages.blocks.get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        String name = "stage%d.block%d".formatted(stage + 1, i + 1);
        Flow residual = stages.block.layers(x.in(name), filters, stride);
        if (shortcut != Shortcut.NONE) {
          boolean same = stride == 1 && channels == outputs;
          Flow added = same ? x : reshaped(x.in(name + ".shortcut"), outputs, stride, shortcut);
          residual = residual.in(name).add(added);
        }
        x = residual.relu();
        channels = outputs;
      }
    }
    return x;
  }

  /// What the shortcuts add up grows with the depth, so the scores of residual networks start
  /// small.
  private static Flow head(Flow x, int classes, Shortcut shortcut) {
    Flow pooled = x.in("head").globalAvgPool();
    return shortcut == Shortcut.NONE ? pooled.linear(classes) : pooled.classScores(classes);
  }

  private static Flow reshaped(Flow x, int channels, int stride, Shortcut shortcut) {
    return shortcut == Shortcut.PROJECTION
        ? x.conv(channels, 1, stride, 0).batchNorm()
        : x.then(new Subsample(stride, channels));
  }

  /// Table 1.
  private static Stages fourStages(int depth, Block block) {
    List<Integer> blocks =
        switch (depth) {
          case 18 -> List.of(2, 2, 2, 2);
          case 34, 50 -> List.of(3, 4, 6, 3);
          case 101 -> List.of(3, 4, 23, 3);
          case 152 -> List.of(3, 8, 36, 3);
          default -> throw new IllegalArgumentException("depth " + depth);
        };
    return new Stages(block, List.of(64, 128, 256, 512), blocks);
  }

  /// Section 4.2: 6 n + 2 layers.
  private static Stages threeStages(int depth) {
    int n = (depth - 2) / 6;
    return new Stages(Block.BASIC, List.of(16, 32, 64), List.of(n, n, n));
  }

  static List<ModelInfo> models() {
    List<ModelInfo> models = new ArrayList<>();
    addAll(models, "resnet", RESIDUAL, Shortcut.PROJECTION, Shortcut.ZERO_PADDED);
    for (int depth : new int[] {50, 101, 152}) {
      Stages stages = fourStages(depth, Block.BOTTLENECK_2015);
      String model = "resnet" + depth + "-2015-imagenet";
      models.add(RESIDUAL.imagenet(model, large(stages, Shortcut.PROJECTION)));
    }
    addAll(models, "plain", PLAIN, Shortcut.NONE, Shortcut.NONE);
    return models;
  }

  /// The list of all depths.
  ///
  /// @param shortcut shortcuts of all but the paper's own networks for CIFAR-10
  /// @param cifar10 those of them
  private static void addAll(
      List<ModelInfo> models, String prefix, Source source, Shortcut shortcut, Shortcut cifar10) {
    for (int depth : THREE_STAGES) {
      models.add(source.cifar100(prefix + depth, small(threeStages(depth), shortcut)));
    }
    Stages thin = new Stages(Block.BASIC, List.of(32, 64, 128, 256), List.of(1, 1, 1, 1));
    models.add(source.cifar100(prefix + "10-thin", small(thin, shortcut)));
    for (int depth : FOUR_STAGES) {
      Stages stages = fourStages(depth, depth < 50 ? Block.BASIC : Block.BOTTLENECK);
      models.add(source.cifar100(prefix + depth, small(stages, shortcut)));
    }
    for (int depth : THREE_STAGES) {
      String model = prefix + depth + "-cifar10";
      models.add(source.model(model, Source.CIFAR, 10, small(threeStages(depth), cifar10)));
    }
    for (int depth : FOUR_STAGES) {
      Source own = depth < 50 ? source : source.with("stride as in torchvision");
      Stages stages = fourStages(depth, depth < 50 ? Block.BASIC : Block.BOTTLENECK);
      models.add(own.imagenet(prefix + depth + "-imagenet", large(stages, shortcut)));
    }
  }

  private static Architecture small(Stages stages, Shortcut shortcut) {
    return (name, input, classes) -> cifar(name, input, classes, stages, shortcut);
  }

  private static Architecture large(Stages stages, Shortcut shortcut) {
    return (name, input, classes) -> imagenet(name, input, classes, stages, shortcut);
  }
}
