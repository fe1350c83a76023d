/// The program behind `./lanewise`.
module lanewise.cli {
  requires lanewise.bench;
  requires lanewise.models;
  requires info.picocli;

  opens lanewise.cli to
      info.picocli;
}
