package lanewise.cli;

/// How a result is written.
enum Format {
  TEXT,
  MARKDOWN,
  CSV,
  JSON;

  /// As it is written on the command line.
  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
