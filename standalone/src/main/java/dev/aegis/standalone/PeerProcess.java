package dev.aegis.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The process of an embedded peer. It is in no terminal's hands, so that Ctrl-C reaches the suite
 * alone and the peers end after the services that use them, and it cannot outlive the suite: a
 * small shell ends it when the suite's process is gone, killed or not.
 */
final class PeerProcess {
  private final Process process;
  private final Process watch;

  private PeerProcess(Process process, Process watch) {
    this.process = process;
    this.watch = watch;
  }

  /**
   * Starts a program.
   *
   * @param command program and arguments
   * @param output file for what it prints on both outputs, made anew
   */
  static PeerProcess start(List<String> command, Path output) throws IOException {
    List<String> all = new ArrayList<>();
    if (setsid()) {
      all.add("setsid");
    }
    all.addAll(List.of("sh", "-c", "trap '' INT; exec \"$@\"", "peer"));
    all.addAll(command);
    Process process =
        new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      // The shell's own input ends with the suite. A peer that does not stop in order is killed.
      long id = process.pid();
      String script =
          "trap '' INT TERM HUP; read _; kill -TERM ID && for i in 1 2 3; do sleep 1;"
              + " kill -0 ID || exit; done; kill -KILL ID";
      Process watch =
          new ProcessBuilder("sh", "-c", script.replace("ID", Long.toString(id)))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new PeerProcess(process, watch);
    } catch (IOException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Whether a program can be put into a session of its own here. */
  private static boolean setsid() {
    String path = System.getenv("PATH");
    if (path == null) {
      return false;
    }
    for (String folder : path.split(":")) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, "setsid"))) {
        return true;
      }
    }
    return false;
  }

  boolean alive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Asks the process to stop in order, without waiting. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end of the process, however long that takes. */
  void awaitEnd() throws InterruptedException {
    process.waitFor();
  }

  /** Waits for the end of the process, and kills it when it takes longer than the bound. */
  void awaitEnd(long millis) {
    try {
      if (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    watch.destroyForcibly();
  }
}
