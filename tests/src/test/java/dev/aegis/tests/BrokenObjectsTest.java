package dev.aegis.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.testkit.BrokenJournal;
import dev.aegis.testkit.HttpProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is broken in the journal, a gateway serves the other tenants, starts, and says what is
 * wrong with each object until it is mended.
 */
final class BrokenObjectsTest {
  private static final String WHOLE = "whole.test";
  private static final String BROKEN = "broken.example.com";
  private static final String GATEWAY = "gateway-node-of-gateway";
  private static final String ADMIN = "admin-node-of-admin";
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  @Test
  void brokenObjectsStopNobodyElse() throws Exception {
    try (EchoBackend backend = new EchoBackend();
        Installation installation = new Installation(data)) {
      installation.start("admin");
      installation.start("gateway");
      installation.publish(backend.uri());
      installation.openRoute("/sized");
      done(installation, "PATCH", "tenants/acme", Map.of("hosts", List.of(WHOLE)));
      brokenTenant(installation, backend);

      List<SteadyLoad.Gateway> gateway = List.of(installation.at("gateway"));
      try (SteadyLoad load = new SteadyLoad(2, WHOLE, "/sized", gateway)) {
        awaitMore(load);
        long last = BrokenJournal.write(installation.kafka().bootstrap());
        awaitRevision(installation, last);
        awaitMore(load);
        everythingIsSaid(installation);
        othersGoOn(gateway.getFirst(), 503);
        done(installation, "PATCH", "tenants/acme?wait=applied", Map.of("tier", "free"));
        awaitMore(load);
        assertThat(load.stop()).as("while the gateway runs").isEmpty();
        System.out.println("broken objects come: " + load.done() + " requests, 0 failed");
      }

      for (String start : List.of("cold", "warm")) {
        installation.process("gateway").kill();
        Path fold = installation.fold("gateway");
        if (start.equals("cold")) {
          Files.deleteIfExists(fold);
        } else {
          assertThat(fold).as("what the gateway starts from").exists();
        }
        installation.start("gateway");
        try (SteadyLoad load = new SteadyLoad(2, WHOLE, "/sized", gateway)) {
          awaitMore(load);
          everythingIsSaid(installation);
          othersGoOn(gateway.getFirst(), 503);
          assertThat(load.stop()).as(start).isEmpty();
          System.out.println(start + " start: " + load.done() + " requests, 0 failed");
        }
      }

      awaitRevision(installation, BrokenJournal.mend(installation.kafka().bootstrap()));
      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> assertThat(findings(installation)).doesNotContainAnyElementsOf(all()));
      othersGoOn(gateway.getFirst(), 200);
    }
  }

  /** The tenant that the broken objects come to has a sound route beside them. */
  private static void brokenTenant(Installation installation, EchoBackend backend)
      throws Exception {
    done(installation, "POST", "tenants", Map.of("id", "broken", "name", "Broken"));
    Map<String, ?> upstream =
        Map.of("id", "sound", "targets", List.of(Map.of("url", backend.uri().toString())));
    done(installation, "POST", "tenants/broken/upstreams", upstream);
    for (var each : Map.of("sound", "/sized", "guarded", "/sized/guarded").entrySet()) {
      Map<String, ?> route =
          Map.of(
              "id",
              each.getKey(),
              "paths",
              List.of(each.getValue()),
              "upstream",
              "sound",
              "auth",
              "none");
      done(installation, "POST", "tenants/broken/routes?wait=applied", route);
    }
  }

  /** Under both of its hosts the other tenant is served, and so is what is sound beside. */
  private static void othersGoOn(SteadyLoad.Gateway gateway, int guarded) throws IOException {
    assertThat(gateway.ready()).isTrue();
    for (String host : List.of(WHOLE, Installation.HOST, BROKEN)) {
      assertThat(status(gateway, host, "/sized")).as(host).isEqualTo(200);
    }
    assertThat(status(gateway, BROKEN, "/range")).as("what is broken serves nobody").isEqualTo(404);
    assertThat(status(gateway, BROKEN, "/sized/guarded"))
        .as("what a plugin guards that is not there")
        .isEqualTo(guarded);
  }

  private static int status(SteadyLoad.Gateway gateway, String host, String path)
      throws IOException {
    return HttpProbe.once(gateway.port(), "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
        .status();
  }

  /**
   * What has to be found, and by whom: operators mean something to the admin service alone,
   * everything else to gateways. Of what is said to be a tenant's that does not exist nobody looks
   * at anything. What is wrong with a webhook is found by the dispatcher, which is no node, and
   * said where somebody looks for its deliveries.
   */
  private static Set<String> all() {
    return BrokenJournal.objects().keySet().stream()
        .filter(key -> !key.startsWith("tenants/nobody/") && !key.contains("/webhooks/"))
        .map(key -> key.contains("/dragons/") ? "dragons" : key) // this version knows none
        .map(key -> (key.startsWith("operators/") ? ADMIN : GATEWAY) + " " + key)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void everythingIsSaid(Installation installation) {
    await()
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(findings(installation)).containsAll(all()));
  }

  /** What the nodes' findings are about, as the admin service shows them. */
  private static Set<String> findings(Installation installation) throws Exception {
    Set<String> subjects = new TreeSet<>();
    String body = installation.admin("GET", "nodes?live=true", Map.of()).body();
    for (JsonNode node : JSON.readTree(body).path("items")) {
      for (JsonNode finding : node.path("findings")) {
        assertThat(finding.path("message").asText()).isNotBlank();
        subjects.add(node.path("id").asText() + " " + finding.path("subject").asText());
      }
    }
    return subjects;
  }

  private static void awaitRevision(Installation installation, long revision) {
    await()
        .atMost(BOUND)
        .until(() -> installation.metric("gateway", "aegis_config_revision ") >= revision);
  }

  private static void awaitMore(SteadyLoad load) {
    long before = load.done();
    await().atMost(BOUND).until(() -> load.done() > before + 200 || !load.failures().isEmpty());
    assertThat(load.failures().stream().limit(3)).isEmpty();
  }

  private static void done(
      Installation installation, String method, String path, Map<String, ?> body) throws Exception {
    var reply = installation.admin(method, path, body);
    assertThat(reply.statusCode()).as(path + " " + reply.body()).isIn(200, 201);
  }
}
