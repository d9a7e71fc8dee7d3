package dev.aegis.chassis;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * Runs one service as a process: reads its settings, starts it, says where it listens, and stops it
 * on SIGTERM or SIGINT.
 *
 * <p>Exit codes: 2 for bad settings (all mistakes on standard error), else those of {@link
 * Foreground}.
 */
public final class ServiceMain {
  private static final int BAD_SETTINGS = 2;

  private ServiceMain() {}

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
    Foreground.run(name, process -> start(name, settings, maker, process));
  }

  private static void start(String name, Settings settings, Maker maker, Foreground process)
      throws StartFailure {
    Path data = DataDirectory.prepare(settings.of(CommonSettings.DATA));
    Settings placed = settings.with(CommonSettings.DATA, data);
    Logs logs =
        process.logging(
            Logs.configure(
                data.resolve("logs").resolve("aegis.log"),
                name,
                true,
                settings.of(CommonSettings.LOG_LEVEL),
                Logs.Bounds.USUAL));
    Service service = process.closing(maker.make(placed, logs));
    service.start();
    for (Listener listener : service.listeners()) {
      System.out.println(listener.label() + " listens on " + listener.uri());
    }
    System.out.println(name + " is ready");
    System.out.flush();
  }
}
