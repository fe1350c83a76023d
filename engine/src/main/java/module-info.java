/// Off-heap tensors, layers, networks, training and data. Kernels stay inside: they take raw memory
/// and sizes, and change whenever a faster one is found.
///
/// On the module path this module switches `jdk.incubator.vector` on by itself; on the class path a
/// program starts with `--add-modules jdk.incubator.vector`.
module lanewise.engine {
  requires java.management;
  requires jdk.incubator.vector;

  exports lanewise.choice;
  exports lanewise.data;
  exports lanewise.error;
  exports lanewise.kernel;
  exports lanewise.layer;
  exports lanewise.network;
  exports lanewise.random;
  exports lanewise.storage;
  exports lanewise.tensor;
  exports lanewise.train;
  exports lanewise.kernel.simd to
      lanewise.bench;
}
