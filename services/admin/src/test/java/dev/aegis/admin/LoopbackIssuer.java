package dev.aegis.admin;

import dev.aegis.admin.access.Grant;
import dev.aegis.admin.settings.IssuerSettings;
import dev.aegis.chassis.Settings;
import dev.aegis.egress.Network;
import dev.aegis.testkit.FreePorts;
import dev.aegis.testkit.Jwts;
import dev.aegis.testkit.StubUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An OpenID issuer on this machine that shows what a test says, and can be away. */
final class LoopbackIssuer implements AutoCloseable {
  static final String AUDIENCE = "aegis-admin";
  static final Jwts.Key KEY = Jwts.key("first", "RS256");

  private final int port = FreePorts.next();
  private volatile String keySet = Jwts.keySet(KEY);
  private @Nullable StubUpstream server;
  private int asked;

  LoopbackIssuer() {
    comeBack();
  }

  /** Answers from now on. */
  void comeBack() {
    server = StubUpstream.start(port, (request, exchange) -> answer(request.target(), exchange));
  }

  /** Refuses connections from now on. */
  void goAway() {
    StubUpstream running = server;
    server = null;
    if (running != null) {
      asked += keysAsked(running);
      running.close();
    }
  }

  /** Its keys are these from now on. */
  void shows(Jwts.Key... keys) {
    keySet = Jwts.keySet(keys);
  }

  /** How often it was asked for its keys. */
  int asked() {
    StubUpstream running = server;
    return asked + (running == null ? 0 : keysAsked(running));
  }

  private static int keysAsked(StubUpstream running) {
    return (int)
        running.received().stream().filter(request -> request.target().equals("/keys")).count();
  }

  private void answer(String target, StubUpstream.Exchange exchange) throws IOException {
    String body =
        switch (target) {
          case "/keys" -> keySet;
          case "/.well-known/openid-configuration" ->
              "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}".formatted(name(), name());
          default -> throw new IllegalArgumentException("asked for " + target);
        };
    exchange.reply(200, List.of(), body.getBytes(StandardCharsets.UTF_8));
  }

  String name() {
    return "http://127.0.0.1:" + port;
  }

  /** Claims that are right for an hour; a test may change them. */
  Map<String, Object> claims(String subject, List<String> groups) {
    Instant now = Instant.now();
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", name());
    claims.put("aud", AUDIENCE);
    claims.put("sub", subject);
    claims.put("groups", groups);
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.plus(Duration.ofHours(1)).getEpochSecond());
    return claims;
  }

  /** A right token of somebody in these groups. */
  String token(String subject, String... groups) {
    return KEY.token(claims(subject, List.of(groups)));
  }

  /** Has an admin service take its tokens. */
  Settings trusted(Settings settings, String grants) {
    return settings
        .with(IssuerSettings.ISSUER, Optional.of(name()))
        .with(IssuerSettings.AUDIENCE, Optional.of(AUDIENCE))
        .with(IssuerSettings.ALLOWED_NETWORKS, Network.parseList("127.0.0.0/8"))
        .with(IssuerSettings.OPERATORS, Grant.parseList(grants));
  }

  @Override
  public void close() {
    goAway();
  }
}
