package lanewise.cli;

import java.util.concurrent.CountDownLatch;

/// Ctrl-C (and SIGTERM) as a request instead of an end: while a command works on something that
/// must not be lost, the JVM's shutdown waits until it is saved.
///
/// The JVM itself gives the exit code, 128 plus the number of the signal: 130 after Ctrl-C.
final class Interruption {

  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean requested;
  private Runnable stop;
  private int code;

  /// From now on the end has to wait for the command.
  ///
  /// @param action asks the command to save and end; is run at most once, from any thread
  synchronized void defer(Runnable action) {
    stop = action;
    if (requested) {
      stop.run();
    }
  }

  /// Asks the command to end.
  ///
  /// @return whether there is something to wait for
  synchronized boolean request() {
    if (!requested && stop != null) {
      stop.run();
    }
    requested = true;
    return stop != null;
  }

  /// Lets the shutdown go on.
  ///
  /// @param exitCode what the command came to
  void end(int exitCode) {
    synchronized (this) {
      code = exitCode;
    }
    ended.countDown();
  }

  /// Runs as the JVM's shutdown hook.
  void atShutdown() {
    if (ended.getCount() == 0) {
      return; // the program has come to its end by itself
    }
    if (!request()) {
      return;
    }
    try {
      ended.await();
    } catch (InterruptedException _) {
      return; // nobody interrupts this thread; if so, ending at once is what is asked for
    }
    if (code() != ExitCode.INTERRUPTED.number()) {
      Runtime.getRuntime().halt(code()); // it failed, or was done before it noticed
    }
  }

  private synchronized int code() {
    return code;
  }
}
