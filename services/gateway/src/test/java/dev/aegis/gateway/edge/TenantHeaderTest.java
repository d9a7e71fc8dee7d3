package dev.aegis.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.proxies.Front;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.StubUpstream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code X-Tenant-Id} of a caller: heard where the operator allows it and the host says nothing.
 */
final class TenantHeaderTest {
  private StubUpstream ofA;
  private StubUpstream ofB;
  private GatewayInProcess gateway;

  @BeforeEach
  void start() throws Exception {
    ofA = StubUpstream.answering("a");
    ofB = StubUpstream.answering("b");
    gateway = gateway(true);
  }

  private GatewayInProcess gateway(boolean heard) throws Exception {
    EdgeSettings settings =
        new EdgeSettings(
            Duration.ofSeconds(20),
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Front.NONE,
            heard);
    GatewayInProcess made = GatewayInProcess.before(settings, 60_000, ofA.url());
    made.tenant("b", ofB.url(), Map.of());
    made.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("own.org")));
    return made;
  }

  @AfterEach
  void stop() {
    gateway.close();
    ofA.close();
    ofB.close();
  }

  private static String ask(GatewayInProcess gateway, String host, String... lines)
      throws Exception {
    try (HttpProbe caller = gateway.connect()) {
      StringBuilder request = new StringBuilder("GET / HTTP/1.1\r\nHost: " + host + "\r\n");
      for (String line : lines) {
        request.append(line).append("\r\n");
      }
      HttpMessage reply = caller.send(request + "\r\n").read();
      return reply.status() == 200 ? reply.text() : Integer.toString(reply.status());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "test,X-Tenant-Id: b,b",
    "test,x-tenant-id: a,a",
    "TEST:8000,X-Tenant-Id: b,b",
    "test.,X-Tenant-Id: b,b",
    // what names a tenant is the host, if it is anybody's
    "a.test,X-Tenant-Id: b,a",
    "own.org,X-Tenant-Id: b,a",
    "b.test,X-Tenant-Id: a,b",
    // and only the base domain itself is nobody's
    "c.test,X-Tenant-Id: b,404",
    "x.b.test,X-Tenant-Id: b,404",
    "localhost,X-Tenant-Id: b,404",
    "127.0.0.1,X-Tenant-Id: b,404",
    "test,X-Tenant-Id: B,404",
    "test,X-Tenant-Id: b.test,404",
    "test,X-Tenant-Id:,404",
    "test,X_Tenant_Id: b,404",
    "test,X-Tenant: b,404"
  })
  void isHeardOnlyWhereTheHostSaysNothing(String host, String line, String answer)
      throws Exception {
    assertThat(ask(gateway, host, line)).isEqualTo(answer);
  }

  @Test
  void isHeardOnlyOnce() throws Exception {
    assertThat(ask(gateway, "test", "X-Tenant-Id: b", "X-Tenant-Id: b")).isEqualTo("404");
    assertThat(ask(gateway, "test", "X-Tenant-Id: b, a")).isEqualTo("404");
    assertThat(ask(gateway, "test")).isEqualTo("404");
  }

  @Test
  void theBackendHearsItFromAegis() throws Exception {
    assertThat(ask(gateway, "test", "X-Tenant-Id: b", "X_Tenant_Id: a")).isEqualTo("b");
    assertThat(ofB.received().getFirst().fields("X-Tenant-Id")).containsExactly("b");
    assertThat(ofB.received().getFirst().fields("X_Tenant_Id")).isEmpty();
    assertThat(gateway.finished(1).getFirst().event().tenantId()).isEqualTo("b");
  }

  @Test
  void isNotHeardUnlessTheOperatorAllowsIt() throws Exception {
    try (GatewayInProcess deaf = gateway(false)) {
      assertThat(ask(deaf, "test", "X-Tenant-Id: b")).isEqualTo("404");
    }
  }

  /** A tenant may have the base domain for its host. */
  @Test
  void isNotHeardWhereTheBaseDomainIsATenants() throws Exception {
    gateway.put("tenants/a", Map.of("id", "a", "name", "a", "hosts", List.of("test")));
    assertThat(ask(gateway, "test", "X-Tenant-Id: b")).isEqualTo("a");
  }

  @Test
  void aSuspendedTenantStaysSuspended() throws Exception {
    gateway.put("tenants/b", Map.of("id", "b", "name", "b", "status", "suspended"));
    assertThat(ask(gateway, "test", "X-Tenant-Id: b")).isEqualTo("403");
  }

  /** Else a caller would get around the certificate that the tenant's own hosts ask for. */
  @Test
  void leadsToNoTenantThatAsksForCertificates() throws Exception {
    gateway.put(
        "tenants/b/certificates/c",
        Map.of("id", "c", "hosts", List.of("b.test"), "client_auth", "required"));
    assertThat(ask(gateway, "test", "X-Tenant-Id: b")).isEqualTo("404");
    assertThat(ask(gateway, "test", "X-Tenant-Id: a")).isEqualTo("a");
  }
}
