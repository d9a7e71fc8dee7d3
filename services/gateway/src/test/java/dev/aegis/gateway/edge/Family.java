package dev.aegis.gateway.edge;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.aegis.chassis.StartFailure;
import dev.aegis.journal.ApiKeySecret;
import dev.aegis.journal.ObjectKey;
import dev.aegis.testkit.HttpMessage;
import dev.aegis.testkit.HttpProbe;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tenants in one gateway, each with a backend that answers with whose it is and what it was told of
 * the request, with an issuer of its own, and with routes to the upstreams of all.
 *
 * <p>Of each tenant {@code t} there are the upstream {@code of-t} and, on the same backend, {@code
 * open-t} with {@code descendants}, and the roles {@code of-t} and {@code open-t} likewise. At
 * every host {@code /none/<upstream>} leads there without asking who it is, {@code /jwt/<upstream>}
 * with a token, {@code /key/<upstream>} with an API key, and {@code /kept/<upstream>} with a cache.
 * Each tenant has one key, of a subject {@code svc} with its role {@code of-t}.
 */
final class Family implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a backend answered, or the code of a refusal. */
  record Answer(
      int status,
      @Nullable String backend,
      @Nullable String tenant,
      @Nullable String user,
      @Nullable String userTenant,
      @Nullable String roles,
      @Nullable String code) {}

  private final GatewayInProcess gateway;
  private final Map<String, StubUpstream> backends = new LinkedHashMap<>();
  private final Map<String, ApiKeySecret> keys = new LinkedHashMap<>();

  Family(List<String> tenants) throws StartFailure {
    gateway = GatewayInProcess.before("http://127.0.0.1:1");
    for (String id : tenants) {
      backends.put(id, StubUpstream.start((request, exchange) -> answer(id, request, exchange)));
      gateway.put("tenants/" + id, Map.of("id", id, "name", id));
    }
    for (String id : tenants) {
      for (String name : List.of("of-" + id, "open-" + id)) {
        Map<String, Object> more = Map.of("id", name, "descendants", name.startsWith("open"));
        Map<String, Object> upstream = new HashMap<>(more);
        upstream.put("targets", List.of(Map.of("url", backends.get(id).url())));
        gateway.put("tenants/" + id + "/upstreams/" + name, upstream);
        Map<String, Object> role = new HashMap<>(more);
        role.put("permissions", List.of(Map.of("paths", List.of("/**"))));
        gateway.put("tenants/" + id + "/roles/" + name, role);
      }
      issuer(id);
      key(id);
      for (String other : tenants) {
        for (String upstream : List.of("of-" + other, "open-" + other)) {
          route(id, "none", upstream, Map.of("auth", "none"));
          route(id, "jwt", upstream, Map.of());
          route(id, "key", upstream, Map.of("auth", "api_key"));
          route(id, "kept", upstream, Map.of("auth", "none", "cache", Map.of()));
        }
      }
    }
  }

  private static void answer(String id, HttpMessage request, StubUpstream.Exchange exchange)
      throws IOException {
    String told =
        String.join(
            "|",
            id,
            said(request, "X-Tenant-Id"),
            said(request, "X-User-Id"),
            said(request, "X-User-Tenant-Id"),
            said(request, "X-User-Roles"));
    exchange.reply(
        200, List.of("Cache-Control: max-age=60"), told.getBytes(StandardCharsets.UTF_8));
  }

  private static String said(HttpMessage request, String name) {
    return String.join(";", request.fields(name));
  }

  private void route(String tenant, String prefix, String upstream, Map<String, ?> more) {
    Map<String, Object> route = new HashMap<>(more);
    String id = prefix + "-" + upstream;
    route.put("id", id);
    route.put("paths", List.of("/" + prefix + "/" + upstream + "/**"));
    route.put("upstream", upstream);
    gateway.put("tenants/" + tenant + "/routes/" + id, route);
  }

  private static String secret(String tenant) {
    return "a shared key of more than thirty-two bytes of " + tenant;
  }

  private void issuer(String tenant) {
    ObjectKey key = ObjectKey.parse("tenants/" + tenant + "/issuers/of-" + tenant);
    gateway.put(
        key.toString(),
        Map.of(
            "id",
            key.id(),
            "issuer",
            "https://" + tenant,
            "algorithms",
            List.of("HS256"),
            "secret",
            JSON.convertValue(gateway.masterKey().seal(key, secret(tenant)).toJson(), Map.class)));
  }

  private void key(String tenant) {
    ApiKeySecret secret = ApiKeySecret.mint(new SecureRandom());
    keys.put(tenant, secret);
    gateway.put(
        "tenants/" + tenant + "/api-keys/main",
        Map.of(
            "id",
            "main",
            "name",
            "main",
            "subject",
            "svc",
            "roles",
            List.of("of-" + tenant),
            "secrets",
            List.of(Map.of("prefix", secret.prefix(), "last_four", secret.lastFour())),
            "hashes",
            List.of(secret.hash().toString())));
  }

  /** The header line that shows the key of a tenant. */
  String keyOf(String tenant) {
    return "X-API-Key: " + keys.get(tenant).text();
  }

  /** Puts a tenant into its place. */
  void place(String id, String kind, @Nullable String parent, String isolation) {
    Map<String, Object> tenant = new HashMap<>();
    tenant.put("id", id);
    tenant.put("name", id);
    tenant.put("kind", kind);
    tenant.put("parent", parent);
    tenant.put("isolation", isolation);
    tenant.put("hosts", List.of(id + ".own.org"));
    gateway.put("tenants/" + id, tenant);
  }

  /** A token that the issuer of {@code by} signed for {@code subject} of {@code tenant}. */
  static String token(
      String by, String tenant, String subject, List<String> roles, @Nullable List<String> slugs) {
    Map<String, Object> claims =
        new LinkedHashMap<>(
            Jwts.claims(
                "https://" + by, tenant, subject, roles, Instant.now(), Duration.ofMinutes(10)));
    if (slugs != null) {
      claims.put("pathname_slugs", slugs);
    }
    return Jwts.hmac("k", "HS256", secret(by).getBytes(StandardCharsets.UTF_8)).token(claims);
  }

  GatewayInProcess gateway() {
    return gateway;
  }

  StubUpstream backend(String tenant) {
    return backends.get(tenant);
  }

  /** Asks as somebody who would like to be taken for another. */
  static Answer ask(HttpProbe caller, String host, String path, @Nullable String token, String lie)
      throws IOException {
    return askWith(
        caller, host, path, token == null ? null : "Authorization: Bearer " + token, lie);
  }

  /** The same with the header line of a credential. */
  static Answer askWith(
      HttpProbe caller, String host, String path, @Nullable String credential, String lie)
      throws IOException {
    caller.send(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nX-Tenant-Id: "
            + lie
            + "\r\nX-User-Tenant-Id: "
            + lie
            + "\r\nX_User_Tenant_Id: "
            + lie
            + "\r\nX-User-Roles: of-"
            + lie
            + (credential == null ? "" : "\r\n" + credential)
            + "\r\n\r\n");
    HttpMessage reply = caller.read();
    if (reply.status() != 200) {
      String text = reply.text();
      int at = text.indexOf("\"code\":\"") + 8;
      String code = at < 8 ? "" : text.substring(at, text.indexOf('"', at));
      return new Answer(reply.status(), null, null, null, null, null, code);
    }
    String[] told = reply.text().split("\\|", -1);
    return new Answer(200, told[0], told[1], told[2], told[3], told[4], null);
  }

  @Override
  public void close() {
    gateway.close();
    backends.values().forEach(StubUpstream::close);
  }
}
