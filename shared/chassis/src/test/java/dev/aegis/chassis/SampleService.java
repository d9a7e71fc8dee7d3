package dev.aegis.chassis;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** A small real service for the tests of {@link ServiceMain}, run as its own process. */
final class SampleService implements Service {
  static final Setting<Integer> PORT =
      Setting.port("gateway.port", "AEGIS_GATEWAY_PORT", 8000, "port of the sample");
  static final Setting<String> TRICK =
      Setting.choice(
          "trick",
          "AEGIS_TRICK",
          "none",
          List.of("none", "bug", "bug-on-close", "hang-in-start"),
          "what goes wrong");

  private final Settings settings;
  private final Health health = new Health();
  private final Metrics metrics = Metrics.create("gateway");
  private HttpListener listener;

  private SampleService(Settings settings) {
    this.settings = settings;
  }

  static List<Setting<?>> known() {
    List<Setting<?>> known = new ArrayList<>(CommonSettings.ALL);
    known.add(PORT);
    known.add(TRICK);
    return known;
  }

  public static void main(String[] args) {
    ServiceMain.run("gateway", args, known(), (settings, _) -> new SampleService(settings));
  }

  @Override
  public String name() {
    return "gateway";
  }

  @Override
  public void start() throws StartFailure {
    CommonSettings.masterKeyText(settings);
    switch (settings.of(TRICK)) {
      case "bug" -> throw new IllegalStateException("a bug in the start");
      case "hang-in-start" -> {
        System.out.println("hanging");
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          throw new StartFailure("told to stop while starting", e);
        }
      }
      default -> {}
    }
    listener =
        new Management(
                metrics,
                health,
                new Troubles(InstantSource.system()),
                () -> new ServiceStatus("n", "gateway", -1, null, List.of(), Map.of()))
            .listener(HttpListener.Options.of("gateway", settings, PORT));
    health.accepting(true);
    LoggerFactory.getLogger("dev.aegis.gateway.Sample").info("started");
  }

  @Override
  public List<Listener> listeners() {
    return listener == null ? List.of() : List.of(listener.listener());
  }

  @Override
  public boolean ready() {
    return health.ready();
  }

  @Override
  public void close() {
    if (listener != null) {
      LoggerFactory.getLogger("dev.aegis.gateway.Sample").info("stopped");
      listener.close();
    }
    if (settings.of(TRICK).equals("bug-on-close")) {
      throw new IllegalStateException("a bug in the stop");
    }
  }
}
