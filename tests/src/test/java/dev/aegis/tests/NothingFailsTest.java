package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.ConsulPeer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may go away under load without a caller's noticing. Each test prints its figures. */
final class NothingFailsTest {
  private static final Duration BOUND = Duration.ofMinutes(2);

  @TempDir Path data;

  @Test
  void gatewaysAreRestartedOneAfterTheOther() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = new Installation(data)) {
      installation.start("admin");
      installation.start("gateway");
      installation.start("gateway-2");
      installation.publish(backend.uri());
      installation.openRoute("/sized");
      try (SteadyLoad load =
          new SteadyLoad(
              8, "/sized", List.of(installation.at("gateway"), installation.at("gateway-2")))) {
        for (String gateway : List.of("gateway", "gateway-2", "gateway")) {
          awaitMore(load, 2_000);
          assertThat(installation.process(gateway).stop(Duration.ofSeconds(20))).isZero();
          awaitMore(load, 2_000);
          installation.start(gateway);
        }
        awaitMore(load, 2_000);
        report("rolling restart of two gateways", load);
      }
    }
  }

  @Test
  void consulIsKilledAndComesBack() throws Exception {
    try (ConsulPeer consul = ConsulPeer.start();
        EchoBackend one = new EchoBackend();
        EchoBackend two = new EchoBackend();
        Installation installation =
            new Installation(data, Map.of("AEGIS_CONSUL_URL", consul.url()))) {
      consul.register("api-service-acme", "one", one.uri().getPort());
      installation.start("admin");
      installation.start("gateway");
      installation.publish(Map.of("id", "api-service-acme", "service", "api-service-acme"));
      installation.openRoute("/sized");
      await().atMost(BOUND).until(() -> installation.answers("/sized"));
      try (SteadyLoad load = new SteadyLoad(8, "/sized", List.of(installation.at("gateway")))) {
        awaitMore(load, 2_000);
        consul.kill();
        awaitMore(load, 5_000);
        consul.restart();
        awaitMore(load, 2_000);
        consul.register("api-service-acme", "two", two.uri().getPort());
        await().atMost(BOUND).until(() -> two.served() > 100);
        consul.deregister("one");
        awaitMore(load, 2_000);
        report("Consul killed, restarted, a target added and one deregistered", load);
      }
    }
  }

  @Test
  void aTargetIsKilled() throws Exception {
    try (EchoBackend stays = new EchoBackend();
        Installation installation = new Installation(data)) {
      installation.start("admin");
      installation.start("gateway");
      try (EchoBackend dies = new EchoBackend()) {
        installation.publish(
            Map.of(
                "id",
                "api-service-acme",
                "targets",
                List.of(
                    Map.of("url", stays.uri().toString()), Map.of("url", dies.uri().toString()))));
        installation.openRoute("/sized");
        try (SteadyLoad load = new SteadyLoad(8, "/sized", List.of(installation.at("gateway")))) {
          awaitMore(load, 2_000);
          assertThat(dies.served()).isPositive();
          dies.kill();
          awaitMore(load, 5_000);
          report("one of two targets gone", load);
        }
      }
    }
  }

  private static void awaitMore(SteadyLoad load, int requests) {
    long before = load.done();
    await().atMost(BOUND).until(() -> load.done() > before + requests);
  }

  private static void report(String what, SteadyLoad load) {
    List<String> failures = load.stop();
    System.out.println(what + ": " + load.done() + " requests, " + failures.size() + " failed");
    assertThat(failures).isEmpty();
  }
}
