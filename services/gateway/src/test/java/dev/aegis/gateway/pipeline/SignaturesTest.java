package dev.aegis.gateway.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.identity.SharedTokens;
import dev.aegis.gateway.identity.VerifiedTokens;
import dev.aegis.gateway.pipeline.Progress.Admitted;
import dev.aegis.gateway.pipeline.Progress.Inbound;
import dev.aegis.gateway.signature.Signing;
import dev.aegis.gateway.snapshot.Configuration;
import dev.aegis.journal.ApiKeySecret;
import java.security.SecureRandom;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is let in by a signature of the request. */
final class SignaturesTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Configuration configuration = new Configuration();
  private final Pipeline pipeline = new Pipeline(new VerifiedTokens<>(), SharedTokens.NONE);
  private final ApiKeySecret key = ApiKeySecret.mint(RANDOM);

  @BeforeEach
  void configure() {
    for (String tenant : new String[] {"a", "b"}) {
      configuration.tenant(tenant);
      for (String auth : new String[] {"signature", "api_key", "any"}) {
        configuration.json(
            "tenants/" + tenant + "/routes/" + auth,
            ("{'id':'X','paths':['/X/**'],'upstream':'u','auth':'X'}").replace("X", auth));
      }
    }
    configuration.signingKey("a", NOW, key);
  }

  @AfterEach
  void close() {
    configuration.close();
  }

  private Inbound inbound(Instant now, String text, boolean secure) {
    RequestHead head = new RequestHead();
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
        0,
        secure);
  }

  private String outcome(Step<Admitted> step) {
    return switch (step) {
      case Step.Go<Admitted>(Admitted admitted) -> {
        Caller caller = admitted.callerOrNull();
        yield caller == null
            ? "nobody"
            : caller.principal().subject() + " by " + caller.credential().text();
      }
      case Step.Stop<Admitted>(Progress at, Refusal.InvalidToken why) -> why.reason();
      case Step.Stop<Admitted>(Progress at, Refusal why) -> why.code();
    };
  }

  private Step<Admitted> run(Inbound inbound) {
    return pipeline.run(inbound, (identified, arbiter) -> Ruling.Passes.BARE);
  }

  private String outcome(Instant now, String text) {
    return outcome(run(inbound(now, text, false)));
  }

  private static String signed(ApiKeySecret key, String more) {
    return Signing.lines(
        key,
        Signing.made(key, NOW) + more,
        "\"@method\": GET",
        "\"@authority\": a.test",
        "\"@path\": /signature/x",
        "\"@query\": ?q=1",
        "\"x-note\": one, two");
  }

  private static String request(String signature) {
    return "GET /signature/x?q=1 HTTP/1.1\r\nHost: a.test\r\nX-Note: one\r\nX-Note: \t two \r\n"
        + signature;
  }

  private long used() {
    return configuration
        .snapshot()
        .tenant("a.test")
        .keys()
        .uses()
        .findFirst()
        .orElseThrow()
        .untold();
  }

  @Test
  void whoSignsIsTheSubjectOfItsKey() {
    String forged = request(signed(key, "")).replace("GET /", "PUT /");
    assertThat(outcome(NOW, forged)).isEqualTo("signature: it is not the key's");
    assertThat(used()).isZero();
    assertThat(outcome(NOW, request(signed(key, "")))).isEqualTo("svc-1 by signature");
    assertThat(used()).isEqualTo(NOW.toEpochMilli());
    assertThat(outcome(NOW, request(""))).isEqualTo("missing_credentials");
    ApiKeySecret other = ApiKeySecret.mint(RANDOM);
    assertThat(outcome(NOW, request(signed(other, "")))).isEqualTo("unknown_key");
  }

  @Test
  void aSecretThatSignsIsNeverShownAndOneThatIsShownNeverSigns() {
    for (String auth : new String[] {"api_key", "any"}) {
      String shown = "GET /" + auth + "/x HTTP/1.1\r\nHost: a.test\r\nX-API-Key: ";
      assertThat(outcome(NOW, shown + key.text() + "\r\n")).isEqualTo("unknown_key");
    }
    ApiKeySecret plain = ApiKeySecret.mint(RANDOM);
    configuration.json(
        "tenants/a/api-keys/plain",
        "{'id':'plain','name':'p','subject':'p','roles':['all'],'secrets':[{'prefix':'"
            + plain.prefix()
            + "','last_four':'"
            + plain.lastFour()
            + "'}],'hashes':['"
            + plain.hash()
            + "']}");
    assertThat(outcome(NOW, request(signed(plain, "")))).isEqualTo("unknown_key");
    assertThat(outcome(NOW, request("X-API-Key: " + plain.text() + "\r\n")))
        .isEqualTo("missing_credentials");
  }

  @Test
  void anotherTenantsKeyIsUnknown() {
    String signature =
        Signing.lines(
            key,
            Signing.made(key, NOW),
            "\"@method\": GET",
            "\"@authority\": b.test",
            "\"@path\": /signature/x");
    String text = "GET /signature/x HTTP/1.1\r\nHost: b.test\r\n" + signature;
    assertThat(outcome(NOW, text)).isEqualTo("unknown_key");
    configuration.signingKey("b", NOW, key);
    assertThat(outcome(NOW, text)).isEqualTo("svc-1 by signature");
  }

  @Test
  void keysRotateEndAndAreRevoked() {
    ApiKeySecret newer = ApiKeySecret.mint(RANDOM);
    configuration.signingKey("a", NOW.plusSeconds(10), newer, key);
    for (ApiKeySecret each : new ApiKeySecret[] {newer, key}) {
      assertThat(outcome(NOW, request(signed(each, "")))).isEqualTo("svc-1 by signature");
    }
    Instant after = NOW.plusSeconds(10);
    assertThat(outcome(after, request(signed(key, "")))).isEqualTo("unknown_key");
    assertThat(outcome(after, request(signed(newer, "")))).isEqualTo("svc-1 by signature");
    // What did not change is kept, and what its roles allow is not remembered beyond a change.
    configuration.json("tenants/a/roles/all", "{'id':'all','permissions':[{'paths':['/no']}]}");
    assertThat(outcome(NOW, request(signed(newer, "")))).isEqualTo("forbidden");
    configuration.tenant("a");
    assertThat(outcome(NOW, request(signed(newer, "")))).isEqualTo("svc-1 by signature");
    configuration.delete("tenants/a/api-keys/signs");
    assertThat(outcome(NOW, request(signed(newer, "")))).isEqualTo("unknown_key");
  }

  @Test
  void aKeyThatCannotBeOpenedSignsNothingAndIsFound() {
    configuration.json(
        "tenants/a/api-keys/signs",
        "{'id':'signs','name':'p','subject':'p','signing':true,'secrets':[{'prefix':'"
            + key.prefix()
            + "','last_four':'x'}],'hashes':[{'sha256':'"
            + key.hash()
            + "','sealed':{'key_id':'other','ciphertext':'AAAA'}}]}");
    assertThat(outcome(NOW, request(signed(key, "")))).isEqualTo("unknown_key");
    for (int i = 0; i < 2; i++) { // it is said for as long as it is so
      assertThat(configuration.snapshot().findings())
          .anyMatch(finding -> finding.message().startsWith("its signatures are refused"));
      configuration.tenant("a");
    }
  }

  @Test
  void noCoveredByteCanBeChanged() {
    String text = request(signed(key, ";nonce=\"n\";tag=\"t\""));
    int begin = text.indexOf("Signature-Input: aegis=") + "Signature-Input: aegis=".length();
    int second = text.indexOf("Signature: aegis=:") + "Signature: aegis=:".length();
    int tried = 0;
    for (int i = 0; i < text.length(); i++) {
      boolean note = i > text.indexOf("one\r") - 1 && i < text.indexOf("one\r") + 3;
      boolean query = i > text.indexOf("?q") && i < text.indexOf(" HTTP");
      boolean method = i < 3;
      boolean path = i > text.indexOf("/signature/") + 10 && i < text.indexOf('?');
      boolean list = i >= begin && i < text.indexOf('\r', begin);
      boolean bytes = i >= second && i < text.indexOf(":\r", second);
      if (!(note || query || method || path || list || bytes)) {
        continue;
      }
      for (char c : new char[] {'a', 'Z', '0', '1'}) {
        if (text.charAt(i) != c) {
          String changed = text.substring(0, i) + c + text.substring(i + 1);
          assertThat(outcome(NOW, changed)).as(changed).doesNotContain("by signature");
          tried++;
        }
      }
    }
    assertThat(tried).isGreaterThan(500);
    assertThat(outcome(NOW, text)).isEqualTo("svc-1 by signature");
  }

  @Test
  void aNonceIsTakenOnceAndOnlyByWhatSigned() {
    String once = request(signed(key, ";nonce=\"n1\""));
    String forged = once.replace("?q=1", "?q=2");
    assertThat(outcome(NOW, forged)).isEqualTo("signature: it is not the key's");
    assertThat(outcome(pipeline.rehearse(inbound(NOW, once, false))))
        .isEqualTo("svc-1 by signature");
    assertThat(outcome(NOW, once)).isEqualTo("svc-1 by signature");
    for (Instant later : new Instant[] {NOW, NOW.plusSeconds(299)}) {
      assertThat(outcome(later, once)).isEqualTo("signature: its nonce was seen before");
    }
    assertThat(outcome(NOW.plusSeconds(300), once)).isEqualTo("signature: its time is over");
    assertThat(outcome(NOW, request(signed(key, ";nonce=\"n2\"")))).isEqualTo("svc-1 by signature");
    String without = request(signed(key, ""));
    for (int i = 0; i < 2; i++) { // nobody can tell the second one from the first
      assertThat(outcome(NOW, without)).isEqualTo("svc-1 by signature");
    }
  }

  /** RFC 9421 section 2.2: the path and query as sent, the authority and scheme normalized. */
  @Test
  void derivedComponentsAreThoseOfTheRfc() {
    String text = "GET HTTP://A.test:443/signature/%41?x HTTP/1.1\r\nHost: A.Test:443\r\n";
    String signature =
        Signing.lines(
            "any-label",
            key,
            Signing.made(key, NOW),
            "\"@scheme\": https",
            "\"@method\": GET",
            "\"@authority\": a.test",
            "\"@path\": /signature/%41",
            "\"@query\": ?x",
            "\"@target-uri\": https://a.test/signature/%41?x");
    String origin = text.replace("HTTP://A.test:443", "");
    assertThat(outcome(run(inbound(NOW, origin + signature, true))))
        .isEqualTo("svc-1 by signature");
    assertThat(outcome(NOW, origin + signature)).isEqualTo("signature: it is not the key's");
    String target =
        Signing.lines(
            key,
            Signing.made(key, NOW),
            "\"@method\": GET",
            "\"@authority\": a.test",
            "\"@request-target\": HTTP://A.test:80/signature/%41?x");
    assertThat(outcome(NOW, text.replace("443", "80") + target)).isEqualTo("svc-1 by signature");
    String missing =
        Signing.lines(
            key,
            Signing.made(key, NOW),
            "\"@method\": GET",
            "\"@authority\": a.test",
            "\"@request-target\": /signature/%41?x",
            "\"x-none\": ");
    assertThat(outcome(NOW, origin.replace(":443", "") + missing))
        .isEqualTo("signature: a covered field is not there");
  }
}
