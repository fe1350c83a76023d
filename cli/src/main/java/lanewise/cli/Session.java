package lanewise.cli;

import java.io.PrintWriter;
import java.nio.file.Path;

/// Where a command speaks to, and who may stop it.
///
/// @param out results and progress
/// @param err errors, one line each
/// @param terminal whether a person watches `out`, so that a line may be rewritten in place
/// @param interruption Ctrl-C
/// @param cacheFolder the user's cache folder for this program; need not exist
record Session(
    PrintWriter out,
    PrintWriter err,
    boolean terminal,
    Interruption interruption,
    Path cacheFolder) {}
