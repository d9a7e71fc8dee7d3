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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every refusal before a request is forwarded, and that their order is fixed. */
final class PipelineTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Jwts.Key KEY =
      Jwts.hmac("k", "HS256", Configuration.SECRET.getBytes(StandardCharsets.UTF_8));

  private final Configuration configuration = new Configuration();
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);

  @BeforeEach
  void configure() {
    configuration.tenant("a");
    configuration.tenant("b");
    configuration.json(
        "tenants/a/routes/open", "{'id':'open','paths':['/open/**'],'upstream':'u','auth':'none'}");
    configuration.json("tenants/a/routes/api", "{'id':'api','paths':['/api/**'],'upstream':'u'}");
    configuration.json(
        "tenants/a/roles/reader",
        "{'id':'reader','permissions':[{'methods':['GET'],'paths':['/**']}]}");
    configuration.json(
        "tenants/a/plugins/one",
        "{'id':'one','plugin':'rate_limit','config':{'limit':1,'window_seconds':60}}");
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private static String token(String tenant, String subject, String... roles) {
    return KEY.token(
        Jwts.claims("https://idp", tenant, subject, List.of(roles), NOW, Duration.ofMinutes(1)));
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token;
  }

  private Step<Admitted> run(Instant now, String host, String line, String... headers) {
    return pipeline.run(
        inbound(now, host, line, headers), (identified, arbiter) -> Ruling.Passes.BARE);
  }

  private Inbound inbound(Instant now, String host, String line, String... headers) {
    RequestHead head = new RequestHead();
    StringBuilder text = new StringBuilder(line + " HTTP/1.1\r\nHost: " + host + "\r\n");
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    try {
      head.read(Pieces.of(text + "\r\n"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return new Inbound(
        configuration.snapshot().tenant(head.host()),
        "id",
        head,
        "192.0.2.1",
        Handshake.PLAIN,
        now.toEpochMilli(),
        0);
  }

  private static String code(Step<Admitted> step) {
    return switch (step) {
      case Step.Go<Admitted>(Admitted admitted) -> "admitted";
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  private String code(String host, String line, String... headers) {
    return code(run(NOW, host, line, headers));
  }

  @Test
  void refusesEachForItsReason() {
    String reader = bearer(token("a", "alice", "reader"));
    assertThat(code("nobody.test", "GET /api", reader)).isEqualTo("unknown_tenant");
    assertThat(code("a.test", "GET /elsewhere", reader)).isEqualTo("no_route");
    assertThat(code("a.test", "GET /api")).isEqualTo("missing_credentials");
    assertThat(code("a.test", "GET /api", bearer("x.y.z"))).isEqualTo("invalid_token");
    assertThat(code("a.test", "GET /api", bearer(token("b", "bob", "reader"))))
        .isEqualTo("wrong_tenant");
    assertThat(code("a.test", "POST /api", reader)).isEqualTo("forbidden");
    assertThat(code("a.test", "GET /api", bearer(token("a", "nobody")))).isEqualTo("forbidden");
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("admitted");
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("rate_limited");
    assertThat(code("a.test", "GET /api", bearer(token("a", "carol", "reader"))))
        .isEqualTo("admitted");
    assertThat(code("a.test", "GET /open/x")).isEqualTo("admitted");
    assertThat(code("b.test", "GET /any", bearer(token("b", "bob", "all")))).isEqualTo("admitted");
  }

  /** A request that deserves all refusals gets the first; without its reason, the next. */
  @Test
  void refusesInAFixedOrder() {
    String good = bearer(token("a", "alice", "reader"));
    assertThat(code("a.test", "GET /api", good)).isEqualTo("admitted"); // the limit is used up
    List<String> codes = new ArrayList<>();
    configuration.json("tenants/a", "{'id':'a','name':'a','status':'suspended'}");
    codes.add(code("nobody.test", "POST /elsewhere"));
    codes.add(code("a.test", "POST /elsewhere"));
    configuration.json("tenants/a", "{'id':'a','name':'a'}");
    codes.add(code("a.test", "POST /elsewhere"));
    codes.add(code("a.test", "POST /api"));
    codes.add(code("a.test", "POST /api", bearer(token("b", "alice") + "x")));
    codes.add(code("a.test", "POST /api", bearer(expired("b"))));
    codes.add(code("a.test", "POST /api", bearer(token("b", "alice"))));
    codes.add(code("a.test", "POST /api", bearer(token("a", "alice"))));
    codes.add(code("a.test", "GET /api", good));
    assertThat(codes)
        .containsExactly(
            "unknown_tenant",
            "tenant_suspended",
            "no_route",
            "missing_credentials",
            "invalid_token",
            "token_expired",
            "wrong_tenant",
            "forbidden",
            "rate_limited");
  }

  private static String expired(String tenant) {
    return KEY.token(
        Jwts.claims(
            "https://idp",
            tenant,
            "alice",
            List.of("reader"),
            NOW.minusSeconds(100),
            Duration.ofSeconds(99)));
  }

  /** What is refused before the limits are asked does not count. */
  @Test
  void countsOnlyWhatComesToTheLimit() {
    String reader = bearer(token("a", "alice", "reader"));
    for (int i = 0; i < 5; i++) {
      assertThat(code("a.test", "POST /api", reader)).isEqualTo("forbidden");
    }
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("admitted");
  }

  @Test
  void looksAtTheTimeOfATokenEachTime() {
    String reader = bearer(token("a", "alice", "reader"));
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("admitted");
    assertThat(code(run(NOW.plusSeconds(60), "a.test", "GET /api", reader)))
        .isEqualTo("token_expired");
  }

  /** A token that was verified is good no longer than its issuer and its roles are the same. */
  @Test
  void forgetsVerifiedTokensWhenRolesOrIssuersChange() {
    configuration.delete("tenants/a/plugins/one");
    String reader = bearer(token("a", "alice", "reader"));
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("admitted");
    configuration.json("tenants/a/roles/reader", "{'id':'reader','permissions':[]}");
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("forbidden");
    configuration.delete("tenants/a/issuers/main");
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("invalid_token");
  }

  @Test
  void addsTheRolesThatSubjectsAndGroupsAreBoundTo() {
    configuration.delete("tenants/a/plugins/one");
    configuration.json("tenants/b/roles/reader", "{'id':'reader','permissions':[]}");
    String alice = bearer(token("a", "alice"));
    assertThat(code("a.test", "GET /api", alice)).isEqualTo("forbidden");
    configuration.json(
        "tenants/a/bindings/one", "{'id':'one','subject':'alice','roles':['reader']}");
    assertThat(code("a.test", "GET /api", alice)).isEqualTo("admitted");
    assertThat(roles("GET /api", alice)).containsExactly("reader");
    assertThat(roles("GET /api", bearer(token("a", "alice", "all", "reader"))))
        .containsExactly("all", "reader");
    assertThat(code("a.test", "POST /api", alice)).isEqualTo("forbidden");
    assertThat(code("a.test", "GET /api", bearer(token("a", "Alice")))).isEqualTo("forbidden");
    assertThat(code("b.test", "GET /api", alice)).isEqualTo("wrong_tenant");
    assertThat(code("a.test", "GET /api", bearer(token("b", "alice")))).isEqualTo("wrong_tenant");

    Map<String, Object> claims =
        new LinkedHashMap<>(
            Jwts.claims("https://idp", "a", "bob", List.of(), NOW, Duration.ofMinutes(1)));
    claims.put("groups", List.of("guests", "staff"));
    String bob = bearer(KEY.token(claims));
    assertThat(code("a.test", "GET /api", bob)).isEqualTo("forbidden");
    configuration.json("tenants/a/bindings/two", "{'id':'two','group':'staff','roles':['all']}");
    assertThat(code("a.test", "POST /api", bob)).isEqualTo("admitted");
    configuration.json("tenants/a/bindings/two", "{'id':'two','group':'Staff','roles':['all']}");
    assertThat(code("a.test", "POST /api", bob)).isEqualTo("forbidden");
    configuration.delete("tenants/a/bindings/one");
    assertThat(code("a.test", "GET /api", alice)).isEqualTo("forbidden");
  }

  @Test
  void asksForClaimsWhereRolesHaveConditions() {
    configuration.delete("tenants/a/plugins/one");
    Map<String, Object> claims =
        new LinkedHashMap<>(
            Jwts.claims("https://idp", "a", "alice", List.of("own"), NOW, Duration.ofMinutes(1)));
    claims.put("department", "sales");
    String alice = bearer(KEY.token(claims));
    configuration.json(
        "tenants/a/roles/own",
        "{'id':'own','permissions':[{'paths':['/api/users/*/**'],'where':{'1':'sub'},"
            + "'when':[{'claim':'department','in':['sales']}]}]}");
    assertThat(code("a.test", "GET /api/users/alice", alice)).isEqualTo("admitted");
    assertThat(code("a.test", "GET /api/users/bob/../alice/x", alice)).isEqualTo("admitted");
    assertThat(code("a.test", "GET /api/users/bob", alice)).isEqualTo("forbidden");
    assertThat(code("a.test", "GET /api/users", alice)).isEqualTo("forbidden");
    configuration.json(
        "tenants/a/roles/own",
        "{'id':'own','permissions':[{'paths':['/api/users/*/**'],'where':{'1':'sub'},"
            + "'when':[{'claim':'floor','present':true}]}]}");
    assertThat(code("a.test", "GET /api/users/alice", alice)).isEqualTo("forbidden");
  }

  @Test
  void letsPassOnARouteThatOnlyReports() {
    configuration.delete("tenants/a/plugins/one");
    configuration.json(
        "tenants/a/routes/api",
        "{'id':'api','paths':['/api/**'],'upstream':'u','authorization':'report'}");
    String nobody = bearer(token("a", "nobody"));
    assertThat(code("a.test", "GET /api", nobody)).isEqualTo("admitted");
    assertThat(code("a.test", "GET /api", nobody)).isEqualTo("admitted");
    assertThat(code("a.test", "GET /api")).isEqualTo("missing_credentials");
    assertThat(code("a.test", "GET /api", bearer(token("b", "x", "all"))))
        .isEqualTo("wrong_tenant");
    String reader = bearer(token("a", "alice", "reader"));
    assertThat(code("a.test", "GET /api", reader)).isEqualTo("admitted");
    configuration.json("tenants/a/routes/api", "{'id':'api','paths':['/api/**'],'upstream':'u'}");
    assertThat(code("a.test", "GET /api", nobody)).isEqualTo("forbidden");
    assertThat(code("a.test", "GET /open/x")).isEqualTo("admitted");
    List<Long> counts = new ArrayList<>();
    for (Decisions.Outcome outcome : Decisions.Outcome.values()) {
      for (Decisions.Source source : Decisions.Source.values()) {
        counts.add(pipeline.decisions().count(outcome, source));
      }
    }
    // Allowed, denied and would have been, each for a new token and for one that is known.
    assertThat(counts).containsExactly(1L, 0L, 0L, 1L, 1L, 1L);
  }

  /** A rehearsal says what the request after it gets, and leaves nothing to it. */
  @Test
  void rehearsesWhatThenHappens() {
    List<String> codes = new ArrayList<>();
    for (String host : List.of("a.test", "b.test", "nobody.test")) {
      for (String line : List.of("GET /api", "POST /api", "GET /open/x", "GET /none")) {
        for (String header :
            List.of(
                "Accept: */*",
                bearer("x.y.z"),
                bearer(expired("a")),
                bearer(token("a", "alice", "reader")),
                bearer(token("b", "alice", "all")))) {
          for (int i = 0; i < 2; i++) {
            String rehearsed = code(pipeline.rehearse(inbound(NOW, host, line, header)));
            assertThat(code(pipeline.rehearse(inbound(NOW, host, line, header))))
                .isEqualTo(rehearsed);
            assertThat(code(host, line, header)).isEqualTo(rehearsed);
            codes.add(rehearsed);
          }
        }
      }
    }
    assertThat(codes)
        .contains(
            "admitted",
            "rate_limited",
            "forbidden",
            "wrong_tenant",
            "token_expired",
            "invalid_token",
            "missing_credentials",
            "no_route",
            "unknown_tenant");
  }

  /** A denial that is bound to somebody wins over what the token allows. */
  @Test
  void takesAwayByABinding() {
    configuration.delete("tenants/a/plugins/one");
    configuration.json(
        "tenants/a/roles/none", "{'id':'none','permissions':[{'paths':['/**'],'effect':'deny'}]}");
    configuration.json("tenants/a/bindings/b", "{'id':'b','subject':'mallory','roles':['none']}");
    assertThat(code("a.test", "GET /api", bearer(token("a", "mallory", "all"))))
        .isEqualTo("forbidden");
    assertThat(code("a.test", "GET /api", bearer(token("a", "alice", "all"))))
        .isEqualTo("admitted");
  }

  private List<String> roles(String line, String header) {
    return switch (run(NOW, "a.test", line, header)) {
      case Step.Go<Admitted>(Admitted admitted) -> admitted.principalOrNull().roles();
      case Step.Stop<Admitted>(Progress at, Refusal why) -> throw new AssertionError(why.code());
    };
  }

  /** A token verified for one tenant says nothing to another, whoever asked first. */
  @Test
  void keepsTenantsApartForOneToken() {
    configuration.delete("tenants/a/plugins/one");
    String alice = bearer(token("a", "alice", "reader", "all"));
    for (int i = 0; i < 3; i++) {
      assertThat(code("a.test", "GET /api", alice)).isEqualTo("admitted");
      assertThat(code("b.test", "GET /api", alice)).isEqualTo("wrong_tenant");
    }
  }

  /** RFC 6750 section 2.1; the scheme's letters do not matter (RFC 9110 section 11.1). */
  @ParameterizedTest
  @ValueSource(strings = {"Bearer", "bearer", "BEARER"})
  void takesBearerTokens(String scheme) {
    String header = "Authorization: " + scheme + " " + token("a", "x", "all");
    assertThat(code("a.test", "GET /api", header)).isEqualTo("admitted");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer",
        "Authorization: Bearer ",
        "Authorization: Basic YTpi",
        "Authorization: Bearerx y",
        "Authorization:",
        "authorization_: Bearer x",
        "Cookie: token=x"
      })
  void asksForCredentialsWhereThereAreNone(String header) {
    assertThat(code("a.test", "GET /api", header)).isEqualTo("missing_credentials");
  }

  /** Claim {@code pathname_slugs}, where the default slug pattern matches. */
  @ParameterizedTest
  @CsvSource({
    "/api/v1/shop/x,admitted",
    "/api/v1/other/x,wrong_tenant",
    "/api/v1/Shop/x,wrong_tenant",
    "/api/v1/%73hop/x,admitted",
    "/api/v1/shop/../other/x,wrong_tenant",
    "/api/v1/other,admitted",
    "/api/v2/other/x,admitted",
    "/api/v1,admitted"
  })
  void holdsATokenToItsSlugs(String path, String code) {
    Map<String, Object> claims =
        new LinkedHashMap<>(
            Jwts.claims("https://idp", "a", "alice", List.of("all"), NOW, Duration.ofMinutes(1)));
    claims.put("pathname_slugs", List.of("shop"));
    assertThat(code("a.test", "GET " + path, bearer(KEY.token(claims)))).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({
    "/api/shop/x,admitted",
    "/api/other/x,wrong_tenant",
    "/api/v1/shop/x,wrong_tenant",
    "/api/x/../other/x,wrong_tenant",
    "/api/other,wrong_tenant",
    "/api,admitted"
  })
  void findsTheSlugWhereTheTenantSays(String path, String code) {
    configuration.json("tenants/a", "{'id':'a','name':'a','slug_pattern':'^/api/([^/]+)'}");
    Map<String, Object> claims =
        new LinkedHashMap<>(
            Jwts.claims("https://idp", "a", "alice", List.of("all"), NOW, Duration.ofMinutes(1)));
    claims.put("pathname_slugs", List.of("shop"));
    assertThat(code("a.test", "GET " + path, bearer(KEY.token(claims)))).isEqualTo(code);
  }

  @Test
  void asksForRolesOnTheCanonicalPath() {
    configuration.delete("tenants/a/plugins/one");
    configuration.json(
        "tenants/a/roles/careful",
        "{'id':'careful','permissions':"
            + "[{'paths':['/**']},{'paths':['/api/admin/**'],'effect':'deny'}]}");
    String careful = bearer(token("a", "alice", "careful"));
    assertThat(code("a.test", "GET /api/x", careful)).isEqualTo("admitted");
    for (String path :
        List.of(
            "/api/admin",
            "/api/admin/",
            "/api//admin/x",
            "/api/%61dmin/x",
            "/api/x/../admin/x",
            "/api/x/%2e%2e/admin",
            "/api/./admin",
            "http://a.test/api/admin/x")) {
      assertThat(code("a.test", "GET " + path, careful)).as(path).isEqualTo("forbidden");
    }
  }

  @Test
  void namesTheTightestLimit() {
    configuration.json(
        "tenants/a/plugins/ten",
        "{'id':'ten','plugin':'rate_limit','order':1,'config':{'limit':10,'window_seconds':60}}");
    if (run(NOW, "a.test", "GET /open/x") instanceof Step.Go<Admitted>(Admitted admitted)) {
      assertThat(admitted.limit().limit().id()).isEqualTo("one");
      assertThat(admitted.limit().count().remaining()).isZero();
    } else {
      throw new AssertionError("refused");
    }
  }

  @ParameterizedTest
  @EnumSource(Refusal.ByCaller.class)
  void namesRefusalsAsTheContractDoes(Refusal.ByCaller refusal) {
    if (refusal == Refusal.ByCaller.NOT_CACHED) {
      assertThat(refusal.status()).isEqualTo(504); // RFC 9111 section 5.2.1.7
    } else {
      assertThat(refusal.status()).isBetween(400, 499);
    }
    assertThat(refusal.code()).isEqualTo(refusal.name().toLowerCase(Locale.ROOT));
  }
}
