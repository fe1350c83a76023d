package lanewise.cli;

import picocli.CommandLine.IVersionProvider;

/// The version of the program and of the Java that runs it.
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    Runtime.Version java = Runtime.version();
    return new String[] {
      "lanewise " + text(),
      "Java %s, %s %s, %d processors"
          .formatted(
              java,
              System.getProperty("os.name"),
              System.getProperty("os.arch"),
              Runtime.getRuntime().availableProcessors())
    };
  }

  /// The version in the jar's manifest.
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "(not from a jar)" : version;
  }
}
