package dev.aegis.gateway.explain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.aegis.chassis.HttpListener;
import dev.aegis.chassis.ServiceToken;
import dev.aegis.chassis.StartFailure;
import dev.aegis.egress.Fetched;
import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.KeyUse;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Decisions;
import dev.aegis.gateway.pipeline.Handshake;
import dev.aegis.gateway.pipeline.Pipeline;
import dev.aegis.gateway.pipeline.Progress;
import dev.aegis.gateway.pipeline.Ruling;
import dev.aegis.gateway.settings.GatewaySettings;
import dev.aegis.gateway.signature.Signing;
import dev.aegis.gateway.snapshot.Configuration;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.MasterKey;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.Repository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of a request that nobody made. */
final class ExplainApiTest {
  private static final String TOKEN = "the token of the admin service";
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema DESCRIBED = described();
  private static final Jwts.Key KEY =
      Jwts.hmac("k", "HS256", Configuration.SECRET.getBytes(StandardCharsets.UTF_8));

  private static final MasterKey MASTER_KEY = MasterKey.parse(MasterKey.newText());

  private final Queue<String> asked = new ConcurrentLinkedQueue<>();
  private volatile Fetched said = new Fetched.Missed("nobody");
  private final Configuration configuration =
      new Configuration(
          (place, headers, form, limit) -> {
            asked.add(new String(form, StandardCharsets.UTF_8));
            return said;
          });
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpListener listener;

  @BeforeEach
  void start() throws StartFailure {
    configuration.tenant("a");
    configuration.json("tenants/a/routes/api", "{'id':'api','paths':['/api/**'],'upstream':'u'}");
    configuration.json(
        "tenants/a/roles/base",
        "{'id':'base','permissions':[{'methods':['GET'],'paths':['/api/x','/api/y/**']},"
            + "{'paths':['/api/y/secret'],'effect':'deny'}]}");
    configuration.json(
        "tenants/a/roles/reader", "{'id':'reader','permissions':[],'inherits':['base']}");
    configuration.json("tenants/a/bindings/b", "{'id':'b','subject':'alice','roles':['reader']}");
    configuration.json(
        "tenants/a/plugins/two",
        "{'id':'two','plugin':'rate_limit','config':{'limit':2,'window_seconds':60}}");
    ExplainApi api =
        new ExplainApi(
            configuration::snapshot,
            pipeline,
            "gateway-1",
            true,
            InstantSource.fixed(NOW),
            new Supposing("example.com", MASTER_KEY, "gateway-1", true, InstantSource.fixed(NOW)),
            new ServiceToken(TOKEN, "aegis-gateway"));
    listener =
        HttpListener.start(
            new HttpListener.Options(
                "management",
                "127.0.0.1",
                0,
                GatewaySettings.MANAGEMENT_PORT,
                1 << 20,
                10,
                Duration.ofMillis(100)),
            api::addTo);
  }

  @AfterEach
  void stop() {
    listener.close();
    configuration.close();
    client.close();
  }

  private HttpResponse<String> post(String body, String... authorization)
      throws IOException, InterruptedException {
    return postTo("/explain", body, authorization);
  }

  private HttpResponse<String> postTo(String path, String body, String... authorization)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + listener.port() + path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body));
    for (String each : authorization) {
      request.header("Authorization", each);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode explain(ObjectNode question) throws IOException, InterruptedException {
    HttpResponse<String> answer = post(question.toString(), "Bearer " + TOKEN);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode explanation = JSON.readTree(answer.body());
    assertThat(DESCRIBED.validate(explanation)).as(answer.body()).isEmpty();
    return explanation;
  }

  /** What the description of the admin API says of an explanation. */
  private static Schema described() {
    Path api = Path.of("services/admin/src/main/resources/dev/aegis/admin/api/openapi.json");
    try {
      JsonNode document = JSON.readTree(Files.readAllBytes(Repository.root().resolve(api)));
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(document.at("/components/schemas/Explanation"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode question(String method, String path, String... token) {
    ObjectNode question = JSON.createObjectNode();
    question.put("host", "a.test").put("method", method).put("path", path);
    ObjectNode headers = question.putObject("headers");
    for (String each : token) {
      headers.put("Authorization", "Bearer " + each);
    }
    return question;
  }

  private static String token(String subject, String... roles) {
    return KEY.token(
        Jwts.claims("https://idp", "a", subject, List.of(roles), NOW, Duration.ofMinutes(1)));
  }

  @Test
  void saysWhoMayDoItAndWhereItWouldGo() throws Exception {
    String token = token("alice");
    JsonNode answer = explain(question("GET", "/api/y/%7Ez?q=1", token));
    assertThat(answer)
        .isEqualTo(
            JSON.readTree(
                """
                {"node": "gateway-1", "revision": %d, "outcome": "admitted", "refusal": null,
                 "tenant": "a",
                 "route": {"id": "api", "auth": "jwt", "authorization": "enforce"},
                 "identity": {"subject": "alice", "tenant": "a", "roles": ["reader"]},
                 "rbac": {"outcome": "allowed",
                          "rule": {"role": "base", "inherited_through": ["reader"],
                                   "permission": 0, "path": "/api/y/**", "effect": "allow"},
                          "why": "permission 0 of role \\"base\\" allows /api/y/**"},
                 "external_authorization": null,
                 "limits": [{"id": "two", "limit": 2, "remaining": 2, "reset_seconds": 60}],
                 "plugins": [{"id": "two", "plugin": "rate_limit", "phases": ["limits"]}],
                 "upstream": "u", "upstream_path": "/api/y/~z", "target": "127.0.0.1:1",
                 "circuit": "closed"}
                """
                    .formatted(configuration.snapshot().revision())));
    assertThat(answer.toString()).doesNotContain(token);
  }

  /** Nobody is there to be asked, and nobody is. */
  @Test
  void saysWhoWouldBeAskedToo() throws Exception {
    configuration.json(
        "tenants/a/routes/asks",
        "{'id':'asks','paths':['/asks'],'upstream':'u','auth':'none',"
            + "'external_authorization':{'upstream':'u','path':'/check'}}");
    JsonNode answer = explain(question("GET", "/asks"));
    assertThat(answer.path("outcome").asText()).isEqualTo("admitted");
    assertThat(answer.path("external_authorization"))
        .isEqualTo(
            JSON.readTree("{\"upstream\": \"u\", \"path\": \"/check\", \"on_failure\": \"deny\"}"));
  }

  /** Those of an inherited one too, in their order; nobody of them is asked. */
  @Test
  void showsWhichPluginsWouldTakePart() throws Exception {
    configuration.json(
        "plugins/all",
        "{'id':'all','plugin':'correlation_id','order':200,'on_failure':'open','config':{}}");
    configuration.json(
        "tenants/a/plugins/door",
        "{'id':'door','plugin':'ip_restriction','route':'api','config':{'deny':['127.0.0.1']}}");
    configuration.json(
        "tenants/a/plugins/gone", "{'id':'gone','plugin':'not_there','order':1,'config':{}}");
    JsonNode answer = explain(question("GET", "/api/y/z", token("alice")));
    assertThat(answer.path("outcome").asText()).isEqualTo("admitted");
    assertThat(answer.path("plugins"))
        .isEqualTo(
            JSON.readTree(
                """
                [{"id": "gone", "plugin": "not_there", "phases": ["identify", "authorize"],
                  "order": 1, "on_failure": "closed", "state": "broken",
                  "scope": {"tenant": "a", "route": null, "upstream": null}},
                 {"id": "door", "plugin": "ip_restriction", "phases": ["authorize"], "order": 100,
                  "on_failure": "closed", "state": "in_force",
                  "scope": {"tenant": "a", "route": "api", "upstream": null}},
                 {"id": "all", "plugin": "correlation_id",
                  "phases": ["request_headers", "response_headers"], "order": 200,
                  "on_failure": "open", "state": "in_force",
                  "scope": {"tenant": null, "route": null, "upstream": null}},
                 {"id": "two", "plugin": "rate_limit", "phases": ["limits"]}]
                """));
    JsonNode nowhere = explain(question("GET", "/nowhere", token("alice")));
    assertThat(nowhere.path("plugins"))
        .extracting(each -> each.path("id").asText())
        .containsExactly("gone", "all");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET     | /api/y/secret | alice | forbidden          | denied  | permission 1 of role "base" denies /api/y/secret
          POST    | /api/x        | alice | forbidden          | denied  | no permission of these roles covers POST /api/x
          GET     | /api/x        | bob   | forbidden          | denied  | no permission of these roles covers GET /api/x
          GET     | /none         | alice | no_route           |         |
          GET     | /api/x        |       | missing_credentials|         |
          TRACE   | /api/x        | alice | method_not_allowed |         |
          GET     | /api/%2F      | alice | malformed_request  |         |
          GET     | /api/ x       | alice | malformed_request  |         |
          """)
  void saysWhyNot(
      String method, String path, String subject, String code, String outcome, String why)
      throws Exception {
    JsonNode answer =
        explain(subject == null ? question(method, path) : question(method, path, token(subject)));
    assertThat(answer.path("outcome").asText()).isEqualTo("refused");
    assertThat(answer.at("/refusal/code").asText()).isEqualTo(code);
    assertThat(answer.at("/rbac/outcome").asText(null)).isEqualTo(outcome);
    assertThat(answer.at("/rbac/why").asText(null)).isEqualTo(why);
    assertThat(answer.has("target")).isFalse();
  }

  @Test
  void countsNothing() throws Exception {
    String token = token("alice");
    for (int i = 0; i < 5; i++) {
      JsonNode answer = explain(question("GET", "/api/x", token));
      assertThat(answer.at("/limits/0/remaining").asInt()).isEqualTo(2);
      explain(question("DELETE", "/api/x", token));
    }
    for (Decisions.Outcome outcome : Decisions.Outcome.values()) {
      for (Decisions.Source source : Decisions.Source.values()) {
        assertThat(pipeline.decisions().count(outcome, source)).isZero();
      }
    }
  }

  /** Of a token that only its issuer can read, the issuer has to be asked. */
  @Test
  void asksTheIssuerOfAnOpaqueToken() throws Exception {
    configuration.askedIssuer("a");
    ObjectNode claims = JSON.createObjectNode().put("active", true).put("sub", "alice");
    claims.put("tenant_id", "a").put("exp", NOW.getEpochSecond() + 60);
    said = new Fetched.Document(JSON.writeValueAsBytes(claims), null);
    JsonNode answer = explain(question("GET", "/api/x", "opaque-1"));
    assertThat(answer.path("outcome").asText()).as(answer.toString()).isEqualTo("admitted");
    assertThat(answer.path("identity"))
        .isEqualTo(
            JSON.readTree("{\"subject\":\"alice\",\"tenant\":\"a\",\"roles\":[\"reader\"]}"));
    assertThat(answer.toString()).doesNotContain("opaque-1");
    // What it said is remembered, as it is for requests.
    assertThat(explain(question("DELETE", "/api/x", "opaque-1")).at("/refusal/code").asText())
        .isEqualTo("forbidden");
    assertThat(asked).containsExactly("token=opaque-1&token_type_hint=access_token");

    said = new Fetched.Document("{\"active\":false}".getBytes(StandardCharsets.UTF_8), null);
    assertThat(explain(question("GET", "/api/x", "opaque-2")).at("/refusal/code").asText())
        .isEqualTo("invalid_token");
    said = new Fetched.Missed("timeout");
    JsonNode unanswered = explain(question("GET", "/api/x", "opaque-3"));
    assertThat(unanswered.at("/refusal/code").asText()).isEqualTo("identity_unavailable");
    assertThat(unanswered.path("identity").isNull()).isTrue();
  }

  /** It is checked as a request's over http; its nonce stays good, and the key is not used. */
  @Test
  void checksASignatureAndUsesNothingUp() throws Exception {
    ApiKeySecret key = ApiKeySecret.mint(new SecureRandom());
    configuration.signingKey("a", NOW, key);
    configuration.json(
        "tenants/a/routes/signed",
        "{'id':'signed','paths':['/signed/**'],'upstream':'u','auth':'signature'}");
    String nonce = Signing.made(key, NOW) + ";nonce=\"once\"";
    for (int i = 0; i < 3; i++) {
      JsonNode answer = explain(signed(key, nonce, "http"));
      assertThat(answer.path("outcome").asText()).as(answer.toString()).isEqualTo("admitted");
      assertThat(answer.at("/identity/subject").asText()).isEqualTo("svc-1");
      assertThat(answer.at("/rbac/rule/role").asText()).isEqualTo("all");
      assertThat(answer.toString()).doesNotContain(key.text());
    }
    assertThat(configuration.snapshot().tenant("a.test").keys().uses().map(KeyUse::untold).toList())
        .containsExactly(0L);
    Map<String, ObjectNode> refused =
        Map.of(
            "invalid_token",
            signed(key, nonce, "https"),
            "unknown_key",
            signed(ApiKeySecret.mint(new SecureRandom()), "", "http"),
            "missing_credentials",
            question("GET", "/signed/x"));
    for (Map.Entry<String, ObjectNode> each : refused.entrySet()) {
      assertThat(explain(each.getValue()).at("/refusal/code").asText()).isEqualTo(each.getKey());
    }
  }

  private static ObjectNode signed(ApiKeySecret key, String parameters, String scheme) {
    ObjectNode question = question("GET", "/signed/x");
    String lines =
        Signing.lines(
            key,
            parameters.isEmpty() ? Signing.made(key, NOW) : parameters,
            "\"@method\": GET",
            "\"@authority\": a.test",
            "\"@path\": /signed/x",
            "\"@scheme\": " + scheme);
    for (String line : lines.split("\r\n")) {
      int colon = line.indexOf(": ");
      question.withObject("/headers").put(line.substring(0, colon), line.substring(colon + 2));
    }
    return question;
  }

  @Test
  void saysWhatARouteThatOnlyReportsWouldRefuse() throws Exception {
    configuration.json(
        "tenants/a/routes/api",
        "{'id':'api','paths':['/api/**'],'upstream':'u','authorization':'report'}");
    JsonNode answer = explain(question("POST", "/api/x", token("alice")));
    assertThat(answer.path("outcome").asText()).isEqualTo("admitted");
    assertThat(answer.at("/rbac/outcome").asText()).isEqualTo("would_refuse");
    assertThat(answer.at("/route/authorization").asText()).isEqualTo("report");
  }

  @Test
  void doesNotAskRolesOfAnotherTenantsPrincipal() throws Exception {
    String stranger =
        KEY.token(
            Jwts.claims("https://idp", "b", "alice", List.of("all"), NOW, Duration.ofMinutes(1)));
    JsonNode answer = explain(question("GET", "/api/x", stranger));
    assertThat(answer.at("/refusal/code").asText()).isEqualTo("wrong_tenant");
    assertThat(answer.at("/identity/tenant").asText()).isEqualTo("b");
    assertThat(answer.path("rbac").isNull()).isTrue();
  }

  @Test
  void sendsRedirectsNowhere() throws Exception {
    configuration.json(
        "tenants/a/routes/api",
        "{'id':'api','paths':['/api/**'],'auth':'none','redirect':{'to':'https://{host}/v2{path}'}}");
    JsonNode answer = explain(question("GET", "/api/x"));
    assertThat(answer.path("redirect"))
        .isEqualTo(JSON.readTree("{\"status\":308,\"location\":\"https://a.test/v2/api/x\"}"));
    assertThat(answer.path("identity").isNull()).isTrue();
    assertThat(answer.path("rbac").isNull()).isTrue();
  }

  /** As callers do where the operator lets them. */
  @Test
  void findsTheTenantThatIsNamed() throws Exception {
    ObjectNode question = question("GET", "/api/x", token("alice")).put("host", "test");
    assertThat(explain(question).at("/refusal/code").asText()).isEqualTo("unknown_tenant");
    question.withObject("/headers").put("X-Tenant-Id", "a");
    JsonNode answer = explain(question);
    assertThat(answer.path("outcome").asText()).isEqualTo("admitted");
    assertThat(answer.path("tenant").asText()).isEqualTo("a");
  }

  /** A principal of a tenant above is somebody else than the one of its name here. */
  @Test
  void showsTheLimitsOfAnAncestorsPrincipalAsItsOwn() throws Exception {
    configuration.tenant("top");
    configuration.issuer("top", "above", "https://above", Configuration.SECRET);
    configuration.json("tenants/top", "{'id':'top','name':'t','kind':'enterprise'}");
    configuration.json("tenants/a", "{'id':'a','name':'a','parent':'top','isolation':'shared'}");
    String own = token("alice");
    String above =
        KEY.token(
            Jwts.claims(
                "https://above", "top", "alice", List.of("base"), NOW, Duration.ofMinutes(1)));
    pipeline.run(inbound(own), (identified, arbiter) -> Ruling.Passes.BARE);
    assertThat(explain(question("GET", "/api/x", own)).at("/limits/0/remaining").asInt())
        .isEqualTo(1);
    JsonNode answer = explain(question("GET", "/api/x", above));
    assertThat(answer.at("/identity/tenant").asText()).isEqualTo("top");
    assertThat(answer.path("outcome").asText()).isEqualTo("admitted");
    assertThat(answer.at("/limits/0/remaining").asInt()).isEqualTo(2);
  }

  private Progress.Inbound inbound(String token) throws Exception {
    RequestHead head = new RequestHead();
    head.read(
        Pieces.of(
            "GET /api/x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer " + token + "\r\n\r\n"));
    return new Progress.Inbound(
        configuration.snapshot().tenant("a.test"),
        "id",
        head,
        "127.0.0.1",
        Handshake.PLAIN,
        NOW.toEpochMilli(),
        0);
  }

  @Test
  void takesTurnsFromNobody() throws Exception {
    configuration.json(
        "tenants/a/upstreams/u",
        "{'id':'u','targets':[{'url':'http://127.0.0.1:1'},{'url':'http://127.0.0.1:2'}]}");
    for (int i = 0; i < 4; i++) {
      JsonNode answer = explain(question("GET", "/api/x", token("alice")));
      assertThat(answer.path("target").asText()).isEqualTo("127.0.0.1:1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\\r\\nX: y\"}",
        "{\"host\":\"a.test\\r\\n\\r\\nGET /\",\"method\":\"GET\",\"path\":\"/\"}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"a\":\"b\\nc\"}}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"a\\n\":\"b\"}}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"a\":[1]}}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\",\"headers\":[]}",
        "{\"host\":\"a.test\",\"method\":\"GET\",\"path\":\"/\",\"header\":{}}"
      })
  void refusesWhatIsNoQuestion(String body) throws Exception {
    HttpResponse<String> answer = post(body, "Bearer " + TOKEN);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    JsonNode problem = JSON.readTree(answer.body());
    assertThat(problem.path("code").asText()).isEqualTo("invalid");
    assertThat(StreamSupport.stream(problem.path("violations").spliterator(), false)).isNotEmpty();
  }

  @Test
  void answersOnlyTheAdminService() throws Exception {
    String body = question("GET", "/api/x").toString();
    assertThat(post(body).statusCode()).isEqualTo(401);
    assertThat(post(body).body()).contains("missing_credentials");
    for (String wrong : List.of("Bearer x", TOKEN, "Basic " + TOKEN, "Bearer " + TOKEN + "x")) {
      assertThat(post(body, wrong).statusCode()).as(wrong).isEqualTo(401);
    }
    assertThat(post("no JSON", "Bearer " + TOKEN).statusCode()).isEqualTo(400);
    assertThat(post("x".repeat(300_000), "Bearer " + TOKEN).statusCode()).isEqualTo(400);
  }

  /** Whatever a header holds, it is in nothing that is said. */
  @Test
  void repeatsNoSecret() throws Exception {
    ObjectNode question = question("GET", "/api/x", "a-secret.b-secret.c-secret");
    question.withObject("/headers").put("X-API-Key", "key-secret").put("Cookie", "s=cookie-secret");
    Map<String, ObjectNode> questions =
        Map.of(
            "invalid_token",
            question,
            "malformed_request",
            question.deepCopy().put("path", "/api/%zz"));
    for (Map.Entry<String, ObjectNode> each : questions.entrySet()) {
      JsonNode answer = explain(each.getValue());
      assertThat(answer.at("/refusal/code").asText()).isEqualTo(each.getKey());
      assertThat(answer.toString()).doesNotContain("secret");
    }
  }

  /** What is asked about it is not in force, and does not come to be. */
  @Test
  void aSupposedConfigurationIsJudgedAndForgotten() throws Exception {
    String supposed =
        """
        {"objects": [
          {"key": "tenants/s", "body": {"id": "s", "name": "S", "hosts": ["s.test"]}},
          {"key": "tenants/s/upstreams/u",
           "body": {"id": "u", "targets": [{"url": "http://10.0.0.1"}]}},
          {"key": "tenants/s/routes/open",
           "body": {"id": "open", "paths": ["/open"], "upstream": "u", "auth": "none"}},
          {"key": "tenants/s/routes/closed",
           "body": {"id": "closed", "paths": ["/closed"], "upstream": "u"}}],
         "requests": [
          {"host": "s.test", "method": "GET", "path": "/open"},
          {"host": "s.test", "method": "GET", "path": "/closed"},
          {"host": "a.test", "method": "GET", "path": "/api/x"}]}
        """;
    HttpResponse<String> answer = postTo("/explain/supposed", supposed, "Bearer " + TOKEN);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    JsonNode answers = JSON.readTree(answer.body()).path("answers");
    assertThat(answers.at("/0/route/id").asText()).isEqualTo("open");
    assertThat(answers.at("/0/upstream").asText()).isEqualTo("u");
    assertThat(answers.at("/1/refusal/code").asText()).isEqualTo("missing_credentials");
    assertThat(answers.at("/2/refusal/code").asText()).isEqualTo("unknown_tenant");
    ObjectNode real = question("GET", "/open").put("host", "s.test");
    assertThat(explain(real).at("/refusal/code").asText()).isEqualTo("unknown_tenant");
    assertThat(postTo("/explain/supposed", supposed).statusCode()).isEqualTo(401);
    for (String wrong :
        new String[] {
          "{\"objects\":[{\"key\":\"x\",\"body\":{}}]}",
          "{\"objects\":[{\"key\":\"tenants/s\"}]}",
          "{\"requests\":[{}]}"
        }) {
      assertThat(postTo("/explain/supposed", wrong, "Bearer " + TOKEN).statusCode()).isEqualTo(422);
    }
  }
}
