package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.snapshot.Configuration;
import dev.aegis.testkit.Jwts;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which tokens are refused although they hold. */
final class RevocationsTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Jwts.Key KEY =
      Jwts.hmac("k", "HS256", Configuration.SECRET.getBytes(StandardCharsets.UTF_8));

  private final Configuration configuration = new Configuration();
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);

  @BeforeEach
  void configure() {
    configuration.tenant("a");
    configuration.tenant("b");
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private static String token(
      String tenant, String subject, @Nullable Object id, @Nullable Instant issued) {
    Map<String, Object> claims = new HashMap<>();
    claims.put("iss", "https://idp");
    claims.put("tenant_id", tenant);
    claims.put("sub", subject);
    claims.put("role_ids", List.of("all"));
    claims.put("exp", NOW.getEpochSecond() + 1_000_000);
    if (id != null) {
      claims.put("jti", id);
    }
    if (issued != null) {
      claims.put("iat", issued.getEpochSecond());
    }
    return KEY.token(claims);
  }

  private String outcome(String token) {
    return outcome(NOW, token);
  }

  private String outcome(Instant now, String token) {
    return outcome(now, "a.test", token);
  }

  private String outcome(Instant now, String host, String token) {
    RequestHead head = new RequestHead();
    try {
      head.read(
          Pieces.of(
              "GET / HTTP/1.1\r\nHost: "
                  + host
                  + "\r\nAuthorization: Bearer "
                  + token
                  + "\r\n\r\n"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    Step<Admitted> step =
        pipeline.run(
            new Inbound(
                configuration.snapshot().tenant(head.host()),
                "id",
                head,
                "192.0.2.1",
                Handshake.PLAIN,
                now.toEpochMilli(),
                0),
            (identified, arbiter) -> Ruling.Passes.BARE);
    return switch (step) {
      case Step.Go<Admitted>(Admitted admitted) -> "admitted";
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  @Test
  void aTokenIsRefusedByItsIdFromThenOn() {
    String token = token("a", "alice", "t-1", NOW);
    String other = token("a", "alice", "t-2", NOW);
    assertThat(outcome(token)).isEqualTo("admitted"); // and is remembered
    configuration.json("tenants/a/revocations/r", "{'id':'r','jti':'t-1'}");
    assertThat(outcome(token)).isEqualTo("token_revoked");
    assertThat(outcome(other)).isEqualTo("admitted");
    assertThat(outcome(token("a", "alice", null, NOW))).isEqualTo("admitted");
    configuration.delete("tenants/a/revocations/r");
    assertThat(outcome(token)).isEqualTo("admitted");
  }

  @Test
  void aSubjectsEarlierTokensAreRefused() {
    String earlier = token("a", "alice", null, NOW.minusSeconds(1));
    String then = token("a", "alice", null, NOW);
    String unsaid = token("a", "alice", null, null);
    String others = token("a", "bob", null, NOW.minusSeconds(1));
    for (String each : List.of(earlier, then, unsaid, others)) {
      assertThat(outcome(each)).isEqualTo("admitted");
    }
    configuration.put(
        "tenants/a/revocations/r",
        Map.of("id", "r", "subject", "alice", "issued_before", NOW.toString()));
    assertThat(outcome(earlier)).isEqualTo("token_revoked");
    assertThat(outcome(then)).isEqualTo("admitted");
    assertThat(outcome(unsaid)).isEqualTo("token_revoked");
    assertThat(outcome(others)).isEqualTo("admitted");
  }

  @Test
  void severalOfOneSubjectDoNotWeakenEachOther() {
    String early = token("a", "alice", null, NOW.minusSeconds(100));
    String late = token("a", "alice", null, NOW.minusSeconds(10));
    revoke("long", NOW.minusSeconds(50), NOW.plusSeconds(1_000));
    revoke("short", NOW, NOW.plusSeconds(100));
    revoke("needless", NOW.minusSeconds(60), NOW.plusSeconds(10));
    assertThat(outcome(early)).isEqualTo("token_revoked");
    assertThat(outcome(late)).isEqualTo("token_revoked");
    Instant later = NOW.plusSeconds(500);
    assertThat(outcome(later, early)).isEqualTo("token_revoked");
    assertThat(outcome(later, late)).isEqualTo("admitted");
    assertThat(outcome(NOW.plusSeconds(1_000), early)).isEqualTo("admitted");
  }

  private void revoke(String id, Instant issuedBefore, Instant until) {
    configuration.put(
        "tenants/a/revocations/" + id,
        Map.of(
            "id",
            id,
            "subject",
            "alice",
            "issued_before",
            issuedBefore.toString(),
            "expires_at",
            until.toString()));
  }

  @Test
  void anotherTenantsTokensStay() {
    String theirs = token("b", "alice", "t-1", NOW.minusSeconds(1));
    configuration.json("tenants/a/revocations/r", "{'id':'r','jti':'t-1'}");
    revoke("s", NOW, NOW.plusSeconds(1_000));
    assertThat(outcome(NOW, "b.test", theirs)).isEqualTo("admitted");
  }

  @Test
  void whatIsWrongWithATokenComesFirst() {
    configuration.json("tenants/a/revocations/r", "{'id':'r','jti':'t-1'}");
    String token = token("a", "alice", "t-1", NOW);
    assertThat(outcome(NOW.plusSeconds(2_000_000), token)).isEqualTo("token_expired");
    assertThat(outcome(token + "x")).isEqualTo("invalid_token");
    assertThat(outcome(token("a", "alice", 7, NOW))).isEqualTo("invalid_token");
  }

  @Test
  void whatCannotBeUnderstoodIsAFinding() {
    configuration.json("tenants/a/revocations/r", "{'id':'r','fingerprint':'x'}");
    assertThat(configuration.snapshot().findings())
        .anyMatch(finding -> finding.subject().equals("tenants/a/revocations/r"));
    assertThat(outcome(token("a", "alice", "t-1", NOW))).isEqualTo("admitted");
  }
}
