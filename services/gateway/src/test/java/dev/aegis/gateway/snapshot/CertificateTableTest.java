package dev.aegis.gateway.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.gateway.tls.Authority;
import dev.aegis.journal.CertificateDefinition;
import dev.aegis.journal.Definition;
import dev.aegis.journal.Json;
import dev.aegis.journal.KeyedChain;
import dev.aegis.journal.Kind;
import dev.aegis.journal.MasterKey;
import dev.aegis.journal.ObjectKey;
import dev.aegis.journal.Pem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When what callers are shown ends. */
final class CertificateTableTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());

  private final Authority authority = new Authority("table");

  @Test
  void theFirstThatEndsIsTold() throws Exception {
    CertificateTable table =
        CertificateTable.of(
            List.of(certificate("a", "a.test", 9), certificate("b", "b.test", 5)), Map.of());
    assertThat(table.firstEnd()).isEqualTo(NOW.plus(Duration.ofDays(5)));
  }

  /** A renewed certificate alarms nobody, though the old one was left where it is. */
  @Test
  void oneThatIsNotShownAnyMoreDoesNotCount() throws Exception {
    CertificateTable table =
        CertificateTable.of(
            List.of(certificate("old", "a.test", 1), certificate("new", "a.test", 90)), Map.of());
    assertThat(table.firstEnd()).isEqualTo(NOW.plus(Duration.ofDays(90)));
  }

  @Test
  void nothingEndsWhereNothingIsShown() {
    assertThat(CertificateTable.EMPTY.firstEnd()).isNull();
  }

  private CertificateTable.Certificate certificate(String id, String host, int days)
      throws Exception {
    KeyedChain chain = authority.issue(NOW, NOW.plus(Duration.ofDays(days)), host);
    ObjectKey key = ObjectKey.parse("tenants/t/certificates/" + id);
    ObjectNode document =
        Json.object()
            .put("id", id)
            .put("certificate", Pem.text(chain.own()))
            .set("private_key", MASTER_KEY.seal(key, Pem.text(chain.key())).toJson());
    document.putArray("hosts").add(host);
    CertificateDefinition definition =
        (CertificateDefinition) Definition.read(Kind.CERTIFICATE, document);
    return new CertificateTable.Certificate(key, 1, definition, chain);
  }
}
