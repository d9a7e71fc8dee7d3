package dev.aegis.standalone;

import dev.aegis.admin.AdminService;
import dev.aegis.admin.settings.AdminSettings;
import dev.aegis.analytics.AnalyticsService;
import dev.aegis.chassis.Listener;
import dev.aegis.chassis.Logs;
import dev.aegis.chassis.Service;
import dev.aegis.chassis.Settings;
import dev.aegis.chassis.StartFailure;
import dev.aegis.gateway.GatewayService;
import dev.aegis.webhooks.WebhooksService;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The four services in this JVM. */
final class Suite implements AutoCloseable {
  private final List<Service> services = new ArrayList<>();

  private Suite() {}

  /**
   * Starts them: those that admin asks first, so that it knows their ports.
   *
   * @param settings of all four; Kafka, Redis and the master key are named
   */
  static Suite start(Settings settings, Logs logs) throws StartFailure {
    Suite suite = new Suite();
    try {
      suite.assemble(settings, logs);
      return suite;
    } catch (StartFailure | RuntimeException e) {
      suite.close();
      throw e;
    }
  }

  private void assemble(Settings settings, Logs logs) throws StartFailure {
    Service analytics = new AnalyticsService(settings);
    Service webhooks = new WebhooksService(settings);
    Service gateway = new GatewayService(settings, logs);
    services.addAll(List.of(analytics, webhooks, gateway));
    startTogether(List.of(analytics, webhooks, gateway));
    Settings known =
        settings
            .with(AdminSettings.ANALYTICS_URL, base(analytics))
            .with(AdminSettings.WEBHOOKS_URL, base(webhooks))
            .with(AdminSettings.GATEWAY_URLS, List.of(management(gateway)));
    Service admin = new AdminService(known);
    services.addFirst(admin);
    admin.start();
  }

  private static void startTogether(List<Service> services) throws StartFailure {
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      List<Future<?>> starts = new ArrayList<>();
      for (Service service : services) {
        starts.add(
            threads.submit(
                () -> {
                  service.start();
                  return service;
                }));
      }
      for (Future<?> start : starts) {
        start.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StartFailure failure) {
        throw failure;
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure("interrupted while it started");
    }
  }

  private static URI base(Service service) {
    return base(service.listeners().getFirst());
  }

  private static URI management(Service service) {
    return base(service.listeners().getLast());
  }

  private static URI base(Listener listener) {
    URI uri = listener.uri();
    return URI.create("http://" + uri.getHost() + ":" + uri.getPort());
  }

  /** Where everything listens, the gateway first. */
  List<Listener> listeners() {
    List<Listener> listeners = new ArrayList<>();
    for (Service service : services) {
      listeners.addAll(service.listeners());
    }
    return listeners;
  }

  /** Where the service of this name listens first. */
  URI uri(String name) {
    for (Service service : services) {
      if (service.name().equals(name)) {
        return service.listeners().getFirst().uri();
      }
    }
    throw new IllegalArgumentException("no service " + name);
  }

  /** Where each service's management is: on its last listener, which may be its only one. */
  Map<String, String> management() {
    Map<String, String> management = new LinkedHashMap<>();
    for (Service service : services) {
      management.put(service.name(), service.listeners().getLast().uri().toString());
    }
    return management;
  }

  /** Whether all are ready. */
  boolean ready() {
    return services.stream().allMatch(Service::ready);
  }

  /** Stops all of them together. */
  @Override
  public void close() {
    List<Thread> closing = new ArrayList<>();
    for (Service service : services) {
      closing.add(Thread.ofPlatform().name("close-" + service.name()).start(service::close));
    }
    for (Thread thread : closing) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
