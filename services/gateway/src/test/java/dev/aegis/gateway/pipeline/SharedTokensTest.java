package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.admission.Access;
import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.Principal;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.identity.VerifiedTokens.Outcome;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.snapshot.Configuration;
import dev.aegis.testkit.Jwts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made of what other gateways say of a token. */
final class SharedTokensTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Jwts.Key KEY = Jwts.key("k", "RS256");

  private final Configuration configuration = new Configuration();
  private final Told told = new Told();
  private VerifiedTokens<Access> verified = new VerifiedTokens<>();

  /** What gateways told each other, in memory. */
  private static final class Told implements SharedTokens {
    private final Map<String, Found> entries = new HashMap<>();
    private Found otherwise = new Found.Nothing();

    @Override
    public Found find(String scope, String token) {
      return entries.getOrDefault(scope + token, otherwise);
    }

    @Override
    public void put(String scope, String token, Principal principal, Instant now) {
      entries.put(scope + token, new Found.Known(principal));
    }
  }

  @BeforeEach
  void configure() {
    for (String tenant : List.of("a", "b")) {
      configuration.tenant(tenant);
      configuration.put(
          "tenants/" + tenant + "/issuers/main",
          Map.of(
              "id",
              "main",
              "issuer",
              "https://idp",
              "algorithms",
              List.of("RS256"),
              "public_keys",
              List.of(KEY.jwk())));
    }
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private static String token(String tenant) {
    return KEY.token(
        Jwts.claims("https://idp", tenant, "alice", List.of("all"), NOW, Duration.ofMinutes(1)));
  }

  private static RequestHead head(String host, String token) {
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
    return head;
  }

  private Inbound inbound(RequestHead head, Instant now) {
    return new Inbound(
        configuration.snapshot().tenant(head.host()),
        "id",
        head,
        "192.0.2.1",
        Handshake.PLAIN,
        now.toEpochMilli(),
        0);
  }

  private String outcome(Instant now, String host, String token) {
    Step<Admitted> step =
        new Pipeline(verified, told)
            .run(inbound(head(host, token), now), (identified, arbiter) -> Ruling.Passes.BARE);
    return switch (step) {
      case Step.Go<Admitted>(Admitted admitted) -> "admitted";
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  private String outcome(String token) {
    return outcome(NOW, "a.test", token);
  }

  /** Another gateway, or this one after a restart. */
  private void forget() {
    verified = new VerifiedTokens<>();
  }

  @Test
  void aTokenIsVerifiedByOneGatewayForAll() {
    String token = token("a");
    assertThat(outcome(token)).isEqualTo("admitted");
    assertThat(outcome(token)).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.MISS)).isEqualTo(1);
    assertThat(verified.counted(Outcome.HIT)).isEqualTo(1);
    forget();
    assertThat(outcome(token)).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(1);
    assertThat(outcome(token)).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.HIT)).isEqualTo(1);
  }

  @Test
  void itsTimesAreLookedAtAgain() {
    String token = token("a");
    outcome(token);
    forget();
    assertThat(outcome(NOW.plusSeconds(60), "a.test", token)).isEqualTo("token_expired");
  }

  @Test
  void whatItMayDoAndWhetherItIsRevokedIsDecidedHere() {
    String token = token("a");
    assertThat(outcome(token)).isEqualTo("admitted");
    configuration.json(
        "tenants/a/revocations/r",
        "{'id':'r','subject':'alice','issued_before':'2100-01-01T00:00:00Z'}");
    forget();
    assertThat(outcome(token)).isEqualTo("token_revoked");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(1);
    configuration.delete("tenants/a/revocations/r");
    configuration.json("tenants/a/roles/all", "{'id':'all','permissions':[]}");
    assertThat(outcome(token)).isEqualTo("forbidden");
  }

  @Test
  void nothingIsBelievedUnderOtherRules() {
    String token = token("a");
    outcome(token);
    Jwts.Key other = Jwts.key("other", "RS256");
    configuration.put(
        "tenants/a/issuers/main",
        Map.of(
            "id",
            "main",
            "issuer",
            "https://idp",
            "algorithms",
            List.of("RS256"),
            "public_keys",
            List.of(other.jwk())));
    forget();
    assertThat(outcome(token)).isEqualTo("invalid_token");
    assertThat(outcome(NOW, "b.test", token)).isEqualTo("wrong_tenant");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isZero();
  }

  @Test
  void withoutAnAnswerTokensAreVerifiedHere() {
    for (SharedTokens.Found found :
        List.of(new SharedTokens.Found.NoAnswer(), new SharedTokens.Found.NotOurs())) {
      told.entries.clear();
      told.otherwise = found;
      forget();
      assertThat(outcome(token("a"))).isEqualTo("admitted");
      assertThat(outcome(token("a") + "x")).isEqualTo("invalid_token");
      assertThat(
              verified.counted(Outcome.SHARED_NO_ANSWER)
                  + verified.counted(Outcome.SHARED_NOT_OURS))
          .isEqualTo(2);
    }
  }

  @Test
  void whatIsWrongIsNotTold() {
    assertThat(outcome(token("a") + "x")).isEqualTo("invalid_token");
    assertThat(outcome(NOW.plusSeconds(100), "a.test", token("a"))).isEqualTo("token_expired");
    assertThat(told.entries).isEmpty();
  }

  /** Which keys of theirs hold, no hash over the journal says. */
  @Test
  void nobodyIsAskedWhereIssuersPublishTheirKeys() {
    configuration.json(
        "tenants/a/issuers/other",
        "{'id':'other','issuer':'https://other','algorithms':['RS256'],"
            + "'jwks_url':'https://other/keys'}");
    told.otherwise = new SharedTokens.Found.NoAnswer();
    assertThat(outcome(token("a"))).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.MISS)).isEqualTo(1);
    assertThat(told.entries).isEmpty();
  }

  @Test
  void nobodyIsAskedAboutTokensOfSharedKeys() {
    configuration.issuer("a");
    String token =
        Jwts.hmac("k", "HS256", Configuration.SECRET.getBytes(StandardCharsets.UTF_8))
            .token(
                Jwts.claims(
                    "https://idp", "a", "alice", List.of("all"), NOW, Duration.ofMinutes(1)));
    told.otherwise = new SharedTokens.Found.NoAnswer();
    assertThat(outcome(token)).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.MISS)).isEqualTo(1);
    assertThat(told.entries).isEmpty();
  }

  private static String token(Map<String, ?> more) {
    Map<String, Object> claims =
        new HashMap<>(
            Jwts.claims("https://idp", "a", "alice", List.of(), NOW, Duration.ofMinutes(1)));
    claims.putAll(more);
    return KEY.token(claims);
  }

  private String scope(String tenant) {
    return String.valueOf(configuration.snapshot().tenant(tenant + ".test").identity().scope());
  }

  /** What a tenant adds to a token is its own business, and is not in what gateways share. */
  @Test
  void bindingsGroupsAndConditionsAreThoseInForceHere() {
    configuration.json(
        "tenants/a/roles/gold",
        "{'id':'gold','permissions':[{'paths':['/**'],"
            + "'when':[{'claim':'plan','in':['gold']}]}]}");
    configuration.json(
        "tenants/a/bindings/staff", "{'id':'staff','group':'staff','roles':['gold']}");
    String gold = token(Map.of("groups", List.of("staff"), "plan", "gold"));
    String lead = token(Map.of("groups", List.of("staff"), "plan", "lead"));
    for (int gateway = 0; gateway < 2; gateway++) {
      forget();
      assertThat(outcome(gold)).isEqualTo("admitted");
      assertThat(outcome(lead)).isEqualTo("forbidden");
    }
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(2);
    assertThat(told.entries.values()).asString().doesNotContain("roles=[gold]");

    // The scope stays, and so do the entries; what follows from them does not.
    String before = scope("a");
    configuration.json(
        "tenants/a/bindings/staff", "{'id':'staff','group':'staff','roles':['other']}");
    assertThat(scope("a")).isEqualTo(before);
    forget();
    assertThat(outcome(gold)).isEqualTo("forbidden");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(1);
  }

  /** An entry that lacks a claim must not stand for a token that has it. */
  @Test
  void entriesAreOfNoUseOnceMoreIsAskedOfTokens() {
    String gold = token(Map.of("role_ids", List.of("all"), "plan", "gold"));
    assertThat(outcome(gold)).isEqualTo("admitted");
    configuration.json(
        "tenants/a/roles/all",
        "{'id':'all','permissions':[{'paths':['/**']},{'paths':['/**'],'effect':'deny',"
            + "'when':[{'claim':'plan','in':['gold']}]}]}");
    forget();
    assertThat(outcome(gold)).isEqualTo("forbidden");
    assertThat(verified.counted(Outcome.MISS)).isEqualTo(1);
  }

  @Test
  void theScopeIsOfOneTenantAndOfAllItsIssuers() {
    String before = scope("a");
    assertThat(scope("b")).isNotEqualTo(before);
    configuration.issuer("a", "second", "https://second", Configuration.SECRET);
    assertThat(scope("a")).isNotEqualTo(before);
    configuration.delete("tenants/a/issuers/second");
    assertThat(scope("a")).isEqualTo(before);
  }

  /** What the tenant above is trusted for ends when its tokens are not let in any more. */
  @Test
  void isolationIsDecidedHere() {
    configuration.json(
        "tenants/a", "{'id':'a','name':'a','kind':'enterprise','isolation':'shared'}");
    isolation("shared");
    configuration.delete("tenants/b/issuers/main");
    configuration.delete("tenants/b/roles/all");
    String token = token("a");
    assertThat(outcome(NOW, "b.test", token)).isEqualTo("admitted");
    forget();
    assertThat(outcome(NOW, "b.test", token)).isEqualTo("admitted");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(1);

    // Let in with declared roles alone: the issuer is trusted as before, so the scope is the same.
    String before = scope("b");
    isolation("hybrid");
    assertThat(scope("b")).isEqualTo(before);
    forget();
    assertThat(outcome(NOW, "b.test", token)).isEqualTo("wrong_tenant");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isEqualTo(1);

    isolation("strict");
    forget();
    assertThat(outcome(NOW, "b.test", token)).isEqualTo("invalid_token");
    assertThat(verified.counted(Outcome.SHARED_HIT)).isZero();
  }

  private void isolation(String level) {
    configuration.json(
        "tenants/b",
        "{'id':'b','name':'b','kind':'organization','parent':'a','isolation':'" + level + "'}");
  }

  @Test
  void aRehearsalNeitherAsksNorTells() {
    RequestHead head = head("a.test", token("a"));
    new Pipeline(verified, told).rehearse(inbound(head, NOW));
    assertThat(told.entries).isEmpty();
    for (Outcome outcome : Outcome.values()) {
      assertThat(verified.counted(outcome)).isZero();
    }
  }
}
