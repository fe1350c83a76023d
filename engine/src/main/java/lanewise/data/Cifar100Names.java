package lanewise.data;

import java.util.List;
import lanewise.error.DataException;

/// The names of CIFAR-100's fine classes.
final class Cifar100Names {

  /// The official ones, in the order of the labels; for a folder that lacks the file with the
  /// names.
  static final List<String> FINE =
      List.of(
          """
          apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
          butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach
          couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster
          house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
          motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear
          pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road
          rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel
          streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
          trout tulip turtle wardrobe whale willow_tree wolf woman worm
          """
              .split("\\s+"));

  private Cifar100Names() {}

  /// One name per line.
  ///
  /// @throws DataException unless there are 100
  static List<String> parse(String text, String where) {
    List<String> names = text.lines().map(String::strip).filter(s -> !s.isEmpty()).toList();
    if (names.size() != FINE.size()) {
      throw new DataException(
          "%s names %d classes, CIFAR-100 has %d: it is damaged or another data set"
              .formatted(where, names.size(), FINE.size()));
    }
    return names;
  }
}
