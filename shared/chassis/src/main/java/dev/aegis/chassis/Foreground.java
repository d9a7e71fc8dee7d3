package dev.aegis.chassis;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The life of a process in the foreground: it starts its parts, runs until SIGTERM or SIGINT, and
 * closes them in the other order.
 *
 * <p>Exit codes: 0 after a stop in time, also of a start in progress; 1 when it did not start (one
 * line on standard error) or not stop in time.
 */
public final class Foreground {
  private static final Logger LOG = LoggerFactory.getLogger(Foreground.class);
  private static final int FAILURE = 1;
  private static final long STOP_SECONDS = 20;

  private final String name;
  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final CountDownLatch settled = new CountDownLatch(1);
  private final Thread starter = Thread.currentThread();
  private volatile boolean stopping;
  private volatile boolean logging;

  private Foreground(String name) {
    this.name = name;
  }

  /** Starts the parts of a process. */
  @FunctionalInterface
  public interface Start {
    /**
     * Starts, and returns when all is there.
     *
     * @param process told of each part, so that it closes it
     * @throws StartFailure with one clear line
     */
    void in(Foreground process) throws StartFailure, IOException, InterruptedException;
  }

  /**
   * Runs until the process is told to end; does not return.
   *
   * @param name of what runs, for messages and log lines
   */
  public static void run(String name, Start start) {
    new Foreground(name).run(start);
  }

  /** Takes note of a part, to be closed when the process ends: the last first. */
  public synchronized <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  /** Takes note of the process' log; before there is one, nothing is logged. */
  public Logs logging(Logs logs) {
    logging = true;
    return closing(logs);
  }

  private void run(Start start) {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
    try {
      start.in(this);
    } catch (StartFailure e) {
      fail(e.getMessage(), e);
    } catch (Exception | Error e) {
      fail("unexpected failure, see the log: " + e, e);
    } finally {
      settled.countDown();
    }
    while (true) {
      LockSupport.park(this); // Until the process is told to end.
    }
  }

  private void fail(@Nullable String line, Throwable cause) {
    if (stopping) {
      return; // The start was broken off; the stop ends the process.
    }
    if (logging) {
      Level level = cause instanceof StartFailure ? Level.DEBUG : Level.ERROR;
      LOG.atLevel(level).setCause(cause).log("{} did not start", name);
    }
    err.println("aegis " + name + ": " + line);
    err.flush();
    end(FAILURE);
  }

  /** On SIGTERM and SIGINT: waits for a start in progress, closes, and ends with code 0. */
  private void stop() {
    Thread watchdog =
        Thread.ofPlatform()
            .daemon()
            .name("stop-watchdog")
            .start(
                () -> {
                  try {
                    TimeUnit.SECONDS.sleep(STOP_SECONDS);
                  } catch (InterruptedException e) {
                    return;
                  }
                  err.println(
                      "aegis " + name + ": did not stop within " + STOP_SECONDS + " s; ending it");
                  err.flush();
                  Runtime.getRuntime().halt(FAILURE);
                });
    stopping = true;
    try {
      if (settled.getCount() > 0) {
        starter.interrupt();
        settled.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end(0);
    watchdog.interrupt();
  }

  /** Closes what there is and ends the process at once, without waiting for other hooks. */
  private synchronized void end(int code) {
    int result = code;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.error("{} did not stop cleanly", name, e);
        result = FAILURE;
      }
    }
    out.flush();
    err.flush();
    Runtime.getRuntime().halt(result);
  }
}
