package dev.aegis.chassis;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one service as a process: reads its settings, starts it, says where it listens, and stops it
 * on SIGTERM or SIGINT.
 *
 * <p>Exit codes: 0 after a stop in time, 1 when it did not start (one line on standard error) or
 * not stop in time, 2 for bad settings (all mistakes on standard error).
 */
public final class ServiceMain {
  private static final int START_FAILURE = 1;
  private static final int BAD_SETTINGS = 2;
  private static final long STOP_SECONDS = 20;

  private final String name;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch settled = new CountDownLatch(1);
  private final Thread starter = Thread.currentThread();
  private volatile boolean stopping;
  private volatile @Nullable Logs logs;
  private volatile @Nullable Service service;

  private ServiceMain(String name, PrintStream out, PrintStream err) {
    this.name = name;
    this.out = out;
    this.err = err;
  }

  /** Makes a service of settings. */
  @FunctionalInterface
  public interface Maker {
    /**
     * The service, not yet started.
     *
     * @throws StartFailure with one clear line
     */
    Service make(Settings settings, Logs logs) throws StartFailure;
  }

  /**
   * Runs a service until the process is told to end; does not return.
   *
   * @param name of the service, for messages and log lines
   * @param args command line
   * @param known settings that the service knows, the common ones included
   * @param maker makes it
   */
  public static void run(String name, String[] args, Collection<Setting<?>> known, Maker maker) {
    List<String> line = List.of(args);
    if (line.contains("--help")) {
      System.out.print(SettingsHelp.text(name, known));
      System.exit(0);
    }
    if (line.contains("--version")) {
      System.out.println("aegis " + name + " " + Version.text());
      System.exit(0);
    }
    Settings settings;
    try {
      settings = Settings.read(known, line, System.getenv());
    } catch (InvalidSettings e) {
      e.problems().forEach(problem -> System.err.println("aegis " + name + ": " + problem));
      System.exit(BAD_SETTINGS);
      return;
    }
    new ServiceMain(name, System.out, System.err).run(settings, maker);
  }

  private void run(Settings settings, Maker maker) {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
    try {
      Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA));
      Settings placed = settings.with(CommonSettings.DATA, data);
      Logs configured =
          Logs.configure(
              data.resolve("logs").resolve("aegis.log"),
              name,
              true,
              settings.of(CommonSettings.LOG_LEVEL),
              Logs.Bounds.USUAL);
      logs = configured;
      Service made = maker.make(placed, configured);
      service = made;
      made.start();
      for (Listener listener : made.listeners()) {
        out.println(listener.label() + " listens on " + listener.uri());
      }
      out.println(name + " is ready");
      out.flush();
    } catch (StartFailure e) {
      fail(e.getMessage(), e);
    } catch (RuntimeException | Error e) {
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
    Logger log = LoggerFactory.getLogger(ServiceMain.class);
    if (logs != null) {
      log.debug("{} did not start", name, cause);
      if (!(cause instanceof StartFailure)) {
        log.error("{} did not start", name, cause);
      }
    }
    err.println("aegis " + name + ": " + line);
    err.flush();
    end(START_FAILURE);
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
                  Runtime.getRuntime().halt(START_FAILURE);
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
    Service made = service;
    if (made != null) {
      try {
        made.close();
      } catch (RuntimeException e) {
        LoggerFactory.getLogger(ServiceMain.class).error("{} did not stop cleanly", name, e);
        result = START_FAILURE;
      }
    }
    Logs configured = logs;
    if (configured != null) {
      configured.close();
    }
    out.flush();
    err.flush();
    Runtime.getRuntime().halt(result);
  }
}
