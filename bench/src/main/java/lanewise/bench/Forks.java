package lanewise.bench;

/// Options of the JVMs that benchmarks run in: those of `./lanewise`.
final class Forks {

  static final String VECTORS = "--add-modules=jdk.incubator.vector";
  static final String COLLECTOR = "-XX:+UseParallelGC";
  static final String HUGE_PAGES = "-XX:+UseTransparentHugePages";
  static final String LOOPS = "-XX:OptoLoopAlignment=32";

  private Forks() {}
}
