/// The architectures that come with Lanewise.
module lanewise.models {
  requires transitive lanewise.engine;

  exports lanewise.models;
}
