/// Benchmarks, profiler and theory. Only the program uses it; JMH's own forks run it on the class
/// path.
module lanewise.bench {
  requires transitive lanewise.models;
  requires java.management;
  requires jdk.incubator.vector;
  requires jmh.core;

  exports lanewise.bench to
      lanewise.cli;
}
