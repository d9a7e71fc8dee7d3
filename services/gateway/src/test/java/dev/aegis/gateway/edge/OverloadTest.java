package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A gateway that has too much under way: whom it turns away, and how. */
final class OverloadTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final int BOUND = 20;

  private static String get(String host) {
    return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  private static RawBackend slow(CountDownLatch asked, CountDownLatch enough) {
    return RawBackend.start(
        leg -> {
          while (true) {
            leg.head();
            asked.countDown();
            enough.await();
            leg.send(OK);
          }
        });
  }

  @Test
  void aTenantThatFloodsTakesNothingFromTheOthers() throws Exception {
    CountDownLatch asked = new CountDownLatch(BOUND);
    CountDownLatch enough = new CountDownLatch(1);
    List<HttpProbe> floods = new ArrayList<>();
    try (RawBackend slow = slow(asked, enough);
        StubUpstream quick = StubUpstream.answering("quick");
        GatewayInProcess gateway = GatewayInProcess.atMost(BOUND, slow.url());
        HttpProbe other = gateway.connect();
        HttpProbe third = gateway.connect()) {
      gateway.tenant("b", quick.url(), Map.of());
      gateway.tenant("c", quick.url(), Map.of());
      for (int i = 0; i < BOUND; i++) {
        HttpProbe flood = gateway.connect();
        floods.add(flood);
        flood.send(get("a.test"));
      }
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 50; i++) {
        try (HttpProbe more = gateway.connect()) {
          HttpMessage refused = more.send(get("a.test")).read();
          assertThat(refused.status()).isEqualTo(503);
          assertThat(refused.field("Retry-After")).isEqualTo("1");
          assertThat(refused.text()).contains("\"code\":\"overloaded\"");
        }
        assertThat(other.send(get("b.test")).read().status()).isEqualTo(200);
        assertThat(third.send(get("c.test")).read().status()).isEqualTo(200);
      }
      enough.countDown();
      for (HttpProbe flood : floods) {
        assertThat(flood.read().status()).isEqualTo(200);
      }
      await().until(() -> gateway.active() == 0);
      // A connection that was refused goes on, and is served when there is room.
      assertThat(floods.getFirst().send(get("a.test")).read().status()).isEqualTo(200);
      assertThat(gateway.finished())
          .filteredOn(each -> "overloaded".equals(each.event().code()))
          .hasSize(50)
          .allSatisfy(each -> assertThat(each.event().tenantId()).isEqualTo("a"));
    } finally {
      enough.countDown();
      for (HttpProbe flood : floods) {
        flood.close();
      }
    }
  }

  @Test
  void aTenantHasABoundOfItsOwn() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    try (RawBackend slow = slow(asked, enough);
        GatewayInProcess gateway = GatewayInProcess.before(slow.url());
        HttpProbe first = gateway.connect();
        HttpProbe second = gateway.connect()) {
      gateway.put("tenants/a", Map.of("id", "a", "name", "a", "max_active", 1));
      first.send(get("a.test"));
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      HttpMessage refused = second.send(get("a.test")).read();
      assertThat(refused.text()).contains("\"code\":\"overloaded\"").contains("This tenant has");
      enough.countDown();
      assertThat(first.read().status()).isEqualTo(200);
      // The end of a reply is seen before its request has ended here.
      await().until(() -> gateway.active() == 0);
      assertThat(second.send(get("a.test")).read().status()).isEqualTo(200);
    } finally {
      enough.countDown();
    }
  }
}
