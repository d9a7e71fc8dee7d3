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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whose tokens open whose hosts, for each level of isolation and each kind of relation: {@code org}
 * has a parent {@code corp}, a child {@code kid} and a sibling {@code sib}; {@code other} is a
 * stranger. Each tenant has an issuer and roles of its own.
 */
final class IsolationTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

  private final Configuration configuration = new Configuration();
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);

  private static String secret(String tenant) {
    return "a shared key of more than thirty-two bytes of " + tenant;
  }

  @BeforeEach
  void configure() {
    for (String id : List.of("corp", "org", "kid", "sib", "other")) {
      tenant(id, "'tier':'free'");
      configuration.issuer(id, "of-" + id, "https://" + id, secret(id));
      role(id, "of-" + id, "");
    }
    tenant("corp", "'kind':'enterprise'");
    level("strict");
    tenant("kid", "'kind':'team','parent':'org','isolation':'shared'");
    tenant("sib", "'parent':'corp','isolation':'shared'");
    role("corp", "open", ",'descendants':true");
    role("corp", "closed", "");
  }

  private void tenant(String id, String more) {
    configuration.json("tenants/" + id, "{'id':'%s','name':'n',%s}".formatted(id, more));
  }

  private void level(String level) {
    tenant("org", "'kind':'organization','parent':'corp','isolation':'" + level + "'");
  }

  private void role(String tenant, String id, String more) {
    configuration.json(
        "tenants/" + tenant + "/roles/" + id,
        "{'id':'%s','permissions':[{'paths':['/**']}]%s}".formatted(id, more));
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  /** A token that the issuer of {@code by} signed, for a principal of {@code tenant}. */
  private static String token(String by, String tenant, String... roles) {
    return Jwts.hmac("k", "HS256", secret(by).getBytes(StandardCharsets.UTF_8))
        .token(
            Jwts.claims(
                "https://" + by, tenant, "alice", List.of(roles), NOW, Duration.ofMinutes(1)));
  }

  private Step<Admitted> run(String host, String path, String token) {
    RequestHead head = new RequestHead();
    try {
      head.read(
          Pieces.of(
              "GET "
                  + path
                  + " HTTP/1.1\r\nHost: "
                  + host
                  + ".test\r\nAuthorization: Bearer "
                  + token
                  + "\r\n\r\n"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return pipeline.run(
        new Inbound(
            configuration.snapshot().tenant(head.host()),
            "id",
            head,
            "192.0.2.1",
            Handshake.PLAIN,
            NOW.toEpochMilli(),
            0),
        (identified, arbiter) -> Ruling.Passes.BARE);
  }

  private String code(String host, String token) {
    return code(host, "/x", token);
  }

  private String code(String host, String path, String token) {
    return switch (run(host, path, token)) {
      case Step.Go<Admitted>(Admitted admitted) -> "admitted";
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  /** What a token that {@code by} signed for {@code tenant} gets at {@code org}'s host. */
  @ParameterizedTest
  @CsvSource({
    // level, signed by, for, role, answer
    "strict,org,org,of-org,admitted",
    "shared,org,org,of-org,admitted",
    "hybrid,org,org,of-org,admitted",
    // the parent's tokens
    "strict,corp,corp,of-corp,invalid_token",
    "strict,corp,corp,open,invalid_token",
    "shared,corp,corp,of-corp,admitted",
    "shared,corp,corp,nothing,forbidden",
    "hybrid,corp,corp,open,admitted",
    "hybrid,corp,corp,closed,wrong_tenant",
    "hybrid,corp,corp,of-org,wrong_tenant",
    // the parent speaks for its child, as far as the child listens
    "strict,corp,org,of-org,invalid_token",
    "shared,corp,org,of-org,admitted",
    "hybrid,corp,org,of-org,admitted",
    // nobody speaks for those above or beside
    "strict,org,corp,of-corp,wrong_tenant",
    "shared,org,corp,of-corp,wrong_tenant",
    "hybrid,org,corp,open,wrong_tenant",
    "strict,org,sib,of-org,wrong_tenant",
    "shared,org,sib,of-org,wrong_tenant",
    "hybrid,org,sib,open,wrong_tenant",
    "shared,corp,sib,of-corp,wrong_tenant",
    "hybrid,corp,sib,open,wrong_tenant",
    "shared,corp,kid,of-corp,wrong_tenant",
    // child, sibling and stranger
    "strict,kid,kid,of-kid,invalid_token",
    "shared,kid,kid,of-kid,invalid_token",
    "hybrid,kid,kid,of-kid,invalid_token",
    "shared,kid,org,of-org,invalid_token",
    "strict,sib,sib,of-sib,invalid_token",
    "shared,sib,sib,of-sib,invalid_token",
    "hybrid,sib,sib,of-sib,invalid_token",
    "shared,sib,corp,of-corp,invalid_token",
    "strict,other,other,of-other,invalid_token",
    "shared,other,other,of-other,invalid_token",
    "hybrid,other,other,of-other,invalid_token",
    "shared,other,org,of-org,invalid_token",
    "shared,other,corp,of-corp,invalid_token",
    // roles of the parent, for the tenant's own callers
    "strict,org,org,of-corp,admitted",
    "shared,org,org,of-corp,admitted",
    "hybrid,org,org,open,admitted",
    "hybrid,org,org,closed,forbidden",
    // roles of others
    "shared,org,org,of-kid,forbidden",
    "shared,org,org,of-sib,forbidden",
    "shared,org,org,of-other,forbidden"
  })
  void aTokenOpensWhatTheTableSays(
      String level, String by, String tenant, String role, String code) {
    level(level);
    String token = token(by, tenant, role);
    assertThat(code("org", token)).isEqualTo(code);
    assertThat(code("org", token)).as("seen before").isEqualTo(code);
  }

  /** A strict tenant closes those below it to those above it, however open they are. */
  @ParameterizedTest
  @CsvSource({
    "strict,invalid_token,admitted",
    "shared,admitted,admitted",
    "hybrid,wrong_tenant,admitted"
  })
  void aStrictTenantIsAWall(String between, String ofCorp, String ofOrg) {
    level(between);
    assertThat(code("kid", token("corp", "corp", "closed"))).isEqualTo(ofCorp);
    assertThat(code("kid", token("org", "org", "of-org"))).isEqualTo(ofOrg);
  }

  /** Each tenant has its own alice. */
  @Test
  void aPathOfASubjectIsNotThatOfAnAncestorsSubjectOfTheSameName() {
    level("shared");
    configuration.json(
        "tenants/org/roles/self",
        "{'id':'self','permissions':[{'paths':['/*'],'where':{'1':'sub'}}]}");
    assertThat(code("org", "/alice", token("org", "org", "self"))).isEqualTo("admitted");
    assertThat(code("org", "/bob", token("org", "org", "self"))).isEqualTo("forbidden");
    assertThat(code("org", "/alice", token("corp", "corp", "self"))).isEqualTo("forbidden");
  }

  /** A revocation is of the tenant whose token it is, and holds wherever that is let in. */
  @Test
  void aRevocationFollowsTheTokensOfItsTenantDownTheTree() {
    level("shared");
    String above = token("corp", "corp", "of-corp");
    String own = token("org", "org", "of-org");
    assertThat(code("org", above)).isEqualTo("admitted");
    String all = "{'id':'all','subject':'alice','issued_before':'2100-01-01T00:00:00Z'}";
    configuration.json("tenants/corp/revocations/all", all);
    assertThat(code("org", above)).isEqualTo("token_revoked");
    assertThat(code("corp", above)).isEqualTo("token_revoked");
    assertThat(code("org", own)).isEqualTo("admitted");
    configuration.json("tenants/org/revocations/all", all);
    assertThat(code("org", own)).isEqualTo("token_revoked");
    assertThat(code("sib", above)).isEqualTo("token_revoked");
    assertThat(code("sib", token("sib", "sib", "of-sib"))).isEqualTo("admitted");
  }

  @Test
  void aTokenOfATenantBelowOpensNothingAbove() {
    for (String level : List.of("strict", "shared", "hybrid")) {
      level(level);
      assertThat(code("corp", token("org", "org", "of-corp"))).isEqualTo("invalid_token");
      assertThat(code("corp", token("org", "corp", "of-corp"))).isEqualTo("invalid_token");
      assertThat(code("corp", token("corp", "org", "of-corp"))).isEqualTo("wrong_tenant");
    }
  }

  /** What was verified at one host says nothing at another. */
  @Test
  void aTokenSeenAtOneHostIsCheckedAtEveryOther() {
    level("shared");
    String token = token("corp", "corp", "of-corp");
    assertThat(code("org", token)).isEqualTo("admitted");
    assertThat(code("corp", token)).isEqualTo("admitted");
    assertThat(code("other", token)).isEqualTo("invalid_token");
    level("strict");
    assertThat(code("org", token)).isEqualTo("invalid_token");
    assertThat(code("corp", token)).isEqualTo("admitted");
  }

  @Test
  void aSuspendedAncestorsTokensAreNotLetIn() {
    level("shared");
    tenant("corp", "'kind':'enterprise','status':'suspended'");
    assertThat(code("org", token("corp", "corp", "of-corp"))).isEqualTo("wrong_tenant");
    assertThat(code("org", token("org", "org", "of-org"))).isEqualTo("admitted");
  }

  /**
   * Nobody gains by a role that is hidden: what it denies stays denied, by what it inherits too.
   */
  @Test
  void aHiddenRoleStillDenies() {
    configuration.json(
        "tenants/corp/roles/base",
        "{'id':'base','permissions':[{'paths':['/**']},{'paths':['/x'],'effect':'deny'}]}");
    configuration.json(
        "tenants/corp/roles/closed", "{'id':'closed','permissions':[],'inherits':['base']}");
    for (String level : List.of("strict", "shared", "hybrid")) {
      level(level);
      assertThat(code("org", token("org", "org", "of-org", "closed")))
          .as(level)
          .isEqualTo("forbidden");
    }
    assertThat(code("org", token("corp", "corp", "open", "closed"))).isEqualTo("forbidden");
  }

  /** The backend must not take an ancestor's role for one that its tenant gave. */
  @Test
  void aBackendHearsOnlyOfRolesThatCanBeUsed() {
    level("hybrid");
    if (run("org", "/x", token("corp", "corp", "of-org", "open", "closed"))
        instanceof Step.Go<Admitted>(Admitted admitted)) {
      assertThat(admitted.principalOrNull().roles()).containsExactly("open");
    } else {
      throw new AssertionError("refused");
    }
  }

  @Test
  void theNearestRoleAndIssuerOfSeveralHold() {
    level("shared");
    configuration.json("tenants/org/roles/of-corp", "{'id':'of-corp','permissions':[]}");
    assertThat(code("org", token("org", "org", "of-corp"))).isEqualTo("forbidden");
    configuration.delete("tenants/org/roles/of-corp");
    assertThat(code("org", token("org", "org", "of-corp"))).isEqualTo("admitted");
    configuration.delete("tenants/corp/issuers/of-corp");
    assertThat(code("org", token("corp", "corp", "of-corp"))).isEqualTo("invalid_token");
  }

  /** An issuer of the tenant's own hides the ancestor's with the same id. */
  @Test
  void anIssuerIsOverriddenById() {
    level("shared");
    assertThat(code("org", token("corp", "org", "of-org"))).isEqualTo("admitted");
    configuration.issuer("org", "of-corp", "https://org", secret("org"));
    assertThat(code("org", token("corp", "org", "of-org"))).isEqualTo("invalid_token");
  }

  /** A tree that is broken gives nothing, and nobody keeps what an unknown role might deny. */
  @Test
  void aBrokenTreeFailsClosed() {
    level("shared");
    configuration.json("tenants/corp", "{'id':'corp','name':7}");
    assertThat(configuration.snapshot().findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.subject()).isEqualTo("tenants/org");
              assertThat(finding.message()).contains("nothing is inherited", "\"corp\"");
            });
    assertThat(code("org", token("corp", "corp", "of-corp"))).isEqualTo("invalid_token");
    assertThat(code("org", token("org", "org", "of-org"))).isEqualTo("admitted");
    assertThat(code("org", token("org", "org", "of-org", "of-corp"))).isEqualTo("forbidden");
    tenant("corp", "'kind':'enterprise'");
    assertThat(code("org", token("org", "org", "of-org", "of-corp"))).isEqualTo("admitted");
    assertThat(configuration.snapshot().findings()).isEmpty();
  }

  /** Alice of one tenant does not use up what Alice of another may do. */
  @Test
  void aLimitCountsSubjectsOfEachTenantApart() {
    level("shared");
    configuration.json(
        "tenants/corp/plugins/one",
        "{'id':'one','plugin':'rate_limit','config':{'limit':1,'window_seconds':60,"
            + "'by':['subject']}}");
    String ofCorp = token("corp", "corp", "of-corp");
    String ofOrg = token("org", "org", "of-org");
    assertThat(code("org", ofCorp)).isEqualTo("admitted");
    assertThat(code("org", ofCorp)).isEqualTo("rate_limited");
    assertThat(code("org", ofOrg)).isEqualTo("admitted");
    assertThat(code("org", ofOrg)).isEqualTo("rate_limited");
    assertThat(code("corp", ofCorp)).as("counted apart at the parent").isEqualTo("admitted");
    assertThat(code("sib", token("sib", "sib", "of-sib"))).isEqualTo("admitted");
    assertThat(code("other", token("other", "other", "of-other"))).isEqualTo("admitted");
    assertThat(code("other", token("other", "other", "of-other"))).isEqualTo("admitted");
  }
}
