package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/** Upstreams whose targets stand only so many connections. */
final class ConnectionBoundsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok";

  /** Answers one request per permit. */
  private static RawBackend held(Semaphore permits) {
    return RawBackend.start(
        leg -> {
          while (true) {
            leg.head();
            permits.acquire();
            leg.send(OK);
          }
        });
  }

  private static void bound(GatewayInProcess gateway, Map<String, ?> more, RawBackend... backends) {
    List<Map<String, String>> targets = new ArrayList<>();
    for (RawBackend backend : backends) {
      targets.add(Map.of("url", backend.url()));
    }
    Map<String, Object> upstream = new HashMap<>(more);
    upstream.put("id", "u");
    upstream.put("targets", targets);
    gateway.put("tenants/a/upstreams/u", upstream);
  }

  private static int requests(RawBackend backend) {
    int count = 0;
    for (RawBackend.Leg leg : backend.legs()) {
      count += leg.text().split("\r\n\r\n", -1).length - 1;
    }
    return count;
  }

  @Test
  void requestsWaitForAConnection() throws Exception {
    Semaphore permits = new Semaphore(0);
    try (RawBackend backend = held(permits);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url())) {
      bound(
          gateway, Map.of("max_connections", 2, "timeouts", Map.of("connect_ms", 20_000)), backend);
      List<HttpProbe> callers = new ArrayList<>();
      try {
        for (int i = 0; i < 20; i++) {
          callers.add(gateway.connect().send(GET));
        }
        await().until(() -> gateway.active() == 20 && requests(backend) == 2);
        permits.release(20);
        for (HttpProbe caller : callers) {
          assertThat(caller.read().status()).isEqualTo(200);
        }
        assertThat(backend.connections()).isEqualTo(2);
      } finally {
        for (HttpProbe caller : callers) {
          caller.close();
        }
      }
    }
  }

  @Test
  void whoFindsNoPlaceInTheLineIsRefusedAtOnce() throws Exception {
    Semaphore permits = new Semaphore(0);
    try (RawBackend backend = held(permits);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe first = gateway.connect();
        HttpProbe second = gateway.connect()) {
      bound(gateway, Map.of("max_connections", 1, "max_pending", 0), backend);
      first.send(GET);
      await().until(() -> requests(backend) == 1);
      HttpMessage refused =
          second.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi").read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"code\":\"overloaded\"");
      assertThat(refused.field("Retry-After")).isEqualTo("1");
      permits.release(2);
      assertThat(first.read().status()).isEqualTo(200);
      // The refused one's connection is still good, and there is room again.
      assertThat(second.send(GET).read().status()).isEqualTo(200);
      assertThat(backend.connections()).isEqualTo(1);
    }
  }

  @Test
  void whoWaitsInVainIsRefused() throws Exception {
    Semaphore permits = new Semaphore(0);
    try (RawBackend backend = held(permits);
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe first = gateway.connect();
        HttpProbe second = gateway.connect()) {
      bound(gateway, Map.of("max_connections", 1, "timeouts", Map.of("connect_ms", 100)), backend);
      first.send(GET);
      await().until(() -> requests(backend) == 1);
      HttpMessage refused = second.send(GET).read();
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.text()).contains("\"code\":\"overloaded\"");
      permits.release();
      assertThat(first.read().status()).isEqualTo(200);
      // What waited and went has left nothing behind.
      permits.release();
      assertThat(second.send(GET).read().status()).isEqualTo(200);
    }
  }

  @Test
  void aTargetWithRoomComesFirst() throws Exception {
    Semaphore slow = new Semaphore(0);
    Semaphore quick = new Semaphore(100);
    try (RawBackend one = held(slow);
        RawBackend other = held(quick);
        GatewayInProcess gateway = GatewayInProcess.before(one.url());
        HttpProbe first = gateway.connect();
        HttpProbe second = gateway.connect()) {
      bound(gateway, Map.of("max_connections", 1), one);
      first.send(GET);
      await().until(() -> requests(one) == 1);
      bound(gateway, Map.of("max_connections", 1), one, other);
      for (int i = 0; i < 6; i++) {
        assertThat(second.send(GET).read().status()).isEqualTo(200);
      }
      assertThat(requests(other)).isEqualTo(6);
      slow.release();
      assertThat(first.read().status()).isEqualTo(200);
    }
  }

  /** However an attempt ends, its place is free again. */
  @Test
  void aBrokenConnectionGivesItsPlaceBack() throws Exception {
    try (RawBackend backend =
            RawBackend.start(
                leg -> {
                  leg.head();
                  if (leg.number() % 2 == 1) {
                    leg.reset();
                  }
                  leg.send("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                });
        GatewayInProcess gateway = GatewayInProcess.before(backend.url());
        HttpProbe caller = gateway.connect()) {
      bound(gateway, Map.of("max_connections", 1, "max_pending", 0), backend);
      for (int i = 0; i < 5; i++) {
        assertThat(caller.send(GET).read().status()).isEqualTo(200);
      }
      assertThat(backend.connections()).isEqualTo(10);
    }
  }
}
