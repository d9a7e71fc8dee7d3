package dev.aegis.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A process that a test started and that cannot outlive the test's JVM: a small shell watches for
 * the JVM's end, however it comes, and kills the process then.
 */
public final class ChildProcess implements AutoCloseable {
  private static final int KEPT_LINES = 20_000;
  private static final Duration LAST_OUTPUT = Duration.ofSeconds(5);

  private final List<String> command;
  private final Process process;
  private final Process watch;
  private final Deque<String> lines = new ArrayDeque<>();
  private boolean ended;

  private ChildProcess(List<String> command, Process process, Process watch) {
    this.command = command;
    this.process = process;
    this.watch = watch;
  }

  /**
   * Starts a command, without this project's settings in its environment but those given.
   *
   * @param command program and arguments
   * @param environment variables to set
   */
  public static ChildProcess start(List<String> command, Map<String, String> environment) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      // Settings of whoever runs the tests, or of the tests themselves, would be settings of the
      // process.
      builder
          .environment()
          .keySet()
          .removeIf(name -> name.startsWith("AEGIS_") || name.startsWith("DD_"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      Process watch;
      try {
        watch =
            new ProcessBuilder("sh", "-c", "read _; kill -KILL " + process.pid())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
      } catch (IOException e) {
        process.destroyForcibly();
        throw e;
      }
      ChildProcess child = new ChildProcess(List.copyOf(command), process, watch);
      Thread.ofVirtual().name("output-of-" + process.pid()).start(child::collect);
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command, e);
    }
  }

  private void collect() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add("(output cannot be read: " + e.getMessage() + ")");
    }
    synchronized (lines) {
      ended = true;
      lines.notifyAll();
    }
  }

  private void add(String line) {
    synchronized (lines) {
      if (lines.size() == KEPT_LINES) {
        lines.removeFirst();
      }
      lines.addLast(line);
      lines.notifyAll();
    }
  }

  /**
   * Waits for a line of output.
   *
   * @param pattern found anywhere in the line
   * @param bound how long to wait
   * @return the match
   * @throws AssertionError with the whole output, when the process ends or the time is over first
   */
  public Matcher awaitLine(Pattern pattern, Duration bound) throws InterruptedException {
    long end = System.nanoTime() + bound.toNanos();
    synchronized (lines) {
      while (true) {
        for (String line : lines) {
          Matcher matcher = pattern.matcher(line);
          if (matcher.find()) {
            return matcher;
          }
        }
        long left = (end - System.nanoTime()) / 1_000_000;
        if (ended || left <= 0) {
          throw new AssertionError(
              (ended ? "ended without" : "no") + " line like " + pattern + describe());
        }
        lines.wait(left);
      }
    }
  }

  /** What the process printed so far, on both outputs; the last 20,000 lines. */
  public String output() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** The process's id. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process still runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** Where what is written is the process's standard input. */
  public OutputStream input() {
    return process.getOutputStream();
  }

  /** Asks the process to stop (SIGTERM) without waiting for it. */
  public void terminate() {
    process.destroy();
  }

  /** Asks the process to stop as Ctrl-C does (SIGINT), without waiting for it. */
  public void interrupt() {
    signal("INT");
  }

  /**
   * Stops the process (SIGTERM) and waits for its end.
   *
   * @return its exit code
   * @throws AssertionError when it still runs after the bound; it is killed then
   */
  public int stop(Duration bound) throws InterruptedException {
    process.destroy();
    return awaitExit(bound);
  }

  /**
   * Waits for the process to end, and for the last of its output unless a process that it left
   * behind still holds it.
   *
   * @return its exit code
   * @throws AssertionError when it still runs after the bound; it is killed then
   */
  public int awaitExit(Duration bound) throws InterruptedException {
    if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
      close();
      throw new AssertionError("still running after " + bound + describe());
    }
    watch.destroyForcibly();
    awaitOutput();
    return process.exitValue();
  }

  private void awaitOutput() throws InterruptedException {
    long end = System.nanoTime() + LAST_OUTPUT.toNanos();
    synchronized (lines) {
      for (long left = LAST_OUTPUT.toMillis(); !ended && left > 0; ) {
        lines.wait(left);
        left = (end - System.nanoTime()) / 1_000_000;
      }
    }
  }

  /** Kills the process (SIGKILL) and waits until it is gone. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
    watch.destroyForcibly();
  }

  /** Freezes the process (SIGSTOP): it keeps its ports and connections, and answers nothing. */
  public void freeze() {
    signal("STOP");
  }

  /** Lets a frozen process go on (SIGCONT). */
  public void thaw() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
      if (code != 0) {
        throw new IllegalStateException("cannot send " + name + describe());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot send " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills the process if it still runs, and waits until those that it started are gone too. */
  @Override
  public void close() {
    List<ProcessHandle> started = process.descendants().toList();
    kill();
    for (ProcessHandle child : started) {
      try {
        // It ends by itself when its parent has: until then it may write where a test cleans up.
        child.onExit().get(30, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        child.destroyForcibly();
      } catch (ExecutionException e) {
        throw new IllegalStateException("cannot wait for process " + child.pid(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        child.destroyForcibly();
      }
    }
  }

  private String describe() {
    return "\n--- command: " + String.join(" ", command) + "\n--- output:\n" + output();
  }
}
