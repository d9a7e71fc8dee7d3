package dev.aegis.plugins.builtin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.aegis.plugin.BodyEdit;
import dev.aegis.plugin.Filter;
import dev.aegis.plugin.Request;
import dev.aegis.plugin.Verdict;
import dev.aegis.plugins.builtin.WebhookVerification.Algorithm;
import dev.aegis.plugins.builtin.WebhookVerification.Config;
import dev.aegis.plugins.builtin.WebhookVerification.Encoding;
import dev.aegis.plugins.builtin.WebhookVerification.Scheme;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signed webhooks: the vectors that the schemes' documents publish, and what is not signed so. */
final class WebhookVerificationTest {
  // The example of Standard Webhooks 1.0 and its libraries.
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  private static final long TIME = 1_614_265_330;
  private static final String PAYLOAD = "{\"test\": 2432232314}";
  private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

  private long now = TIME;

  private Filter filter(Config config) {
    return new WebhookVerification(() -> Instant.ofEpochSecond(now)).configure(config);
  }

  private static Config config(Scheme scheme, boolean replays, String... secrets) {
    return new Config(
        scheme, List.of(secrets), 300, replays, "", Algorithm.SHA256, Encoding.HEX, "", 1_048_576);
  }

  private Filter standard() {
    return filter(config(Scheme.STANDARD_WEBHOOKS, true, SECRET));
  }

  private static Asked sent(String id, String time, String signature) {
    return Asked.with("Webhook-Id", id, "webhook-timestamp", time, "WEBHOOK-SIGNATURE", signature);
  }

  /** What becomes of a request: first of its head, then of its body in two pieces. */
  private static String result(Filter filter, Request request, String body) {
    Verdict early = ((Filter.Authorizing) filter).authorize(request);
    BodyEdit edit = ((Filter.EditingRequestBody) filter).editRequestBody(request);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    int half = bytes.length / 2;
    for (byte[] piece :
        List.of(Arrays.copyOf(bytes, half), Arrays.copyOfRange(bytes, half, bytes.length))) {
      if (piece.length > 0) {
        edit.piece(piece, out::writeBytes);
      }
    }
    Verdict late = edit.end(out::writeBytes);
    assertThat(out.toByteArray()).isEqualTo(bytes);
    return early instanceof Verdict.Refuse ? told(early) : told(late);
  }

  private static String told(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Pass pass -> "passes";
      case Verdict.Refuse refuse -> refuse.status() + " " + refuse.detail();
    };
  }

  private static byte[] mac(String algorithm, String secret, String signed) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
      return mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String hex(String secret, String signed) {
    return HexFormat.of().formatHex(mac("HmacSHA256", secret, signed));
  }

  @Test
  void takesWhatStandardWebhooksPublishes() {
    assertThat(result(standard(), sent(ID, "" + TIME, SIGNATURE), PAYLOAD)).isEqualTo("passes");
    assertThat(
            result(
                standard(),
                sent(ID, "" + TIME, "v1a,AAAA v2,x v1," + "A".repeat(43) + "= " + SIGNATURE),
                PAYLOAD))
        .isEqualTo("passes");
    Filter rotating =
        filter(config(Scheme.STANDARD_WEBHOOKS, true, "whsec_" + "QUFB".repeat(8), SECRET));
    assertThat(result(rotating, sent(ID, "" + TIME, SIGNATURE), PAYLOAD)).isEqualTo("passes");
    assertThat(result(standard(), sent(ID, "" + TIME, SIGNATURE), PAYLOAD + " "))
        .isEqualTo("401 The webhook's signature does not match");
    assertThat(result(standard(), sent(ID, "" + TIME, SIGNATURE), ""))
        .isEqualTo("401 The webhook's signature does not match");
    assertThat(result(standard(), sent(ID + "0", "" + TIME, SIGNATURE), PAYLOAD))
        .isEqualTo("401 The webhook's signature does not match");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1O",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=AAAA",
        "v1,",
        "v1",
        "",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,*** v1,\u0000"
      })
  void refusesSignaturesThatAreNone(String signature) {
    assertThat(result(standard(), sent(ID, "" + TIME, signature), PAYLOAD))
        .isEqualTo("401 The webhook's signature cannot be read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaN",
        "",
        "-1614265330",
        "+1614265330",
        "1614265330.0",
        "1e9",
        " 1614265330",
        "0x60378C72",
        "1614265330000000",
        "16142653\u0663\u0660"
      })
  void refusesTimesThatAreNone(String time) {
    assertThat(result(standard(), sent(ID, time, SIGNATURE), PAYLOAD))
        .isEqualTo("401 The webhook's signature cannot be read");
  }

  @ParameterizedTest
  @CsvSource({"300,true", "301,false", "-300,true", "-301,false", "0,true", "100000,false"})
  void holdsTimesAgainstItsOwn(long after, boolean passes) {
    now = TIME + after;
    assertThat(result(standard(), sent(ID, "" + TIME, SIGNATURE), PAYLOAD))
        .isEqualTo(passes ? "passes" : "401 The webhook is out of time");
  }

  @Test
  void takesOneLineOfEachFieldAlone() {
    for (String name : List.of("webhook-id", "webhook-timestamp", "webhook-signature")) {
      Asked good = sent(ID, "" + TIME, SIGNATURE);
      List<String> lines = new ArrayList<>(good.lines());
      lines.addAll(List.of(name, good.header(name)));
      assertThat(result(standard(), new Asked("", lines), PAYLOAD))
          .isEqualTo("401 The webhook's signature cannot be read");
    }
    assertThat(result(standard(), Asked.with("webhook-id", ID), PAYLOAD))
        .isEqualTo("401 The webhook is not signed");
    assertThat(result(standard(), Asked.with(), PAYLOAD))
        .isEqualTo("401 The webhook is not signed");
  }

  /** What is signed is the same bytes, cut elsewhere. */
  @Test
  void noPartOfWhatIsSignedMovesIntoAnother() {
    String signed = "a.1614265330.1614265000.x";
    String mac = Base64.getEncoder().encodeToString(mac("HmacSHA256", "AAA".repeat(8), signed));
    Filter filter = filter(config(Scheme.STANDARD_WEBHOOKS, true, "whsec_" + "QUFB".repeat(8)));
    assertThat(result(filter, sent("a", "1614265330", "v1," + mac), "1614265000.x"))
        .isEqualTo("passes");
    assertThat(result(filter, sent("a.1614265330", "1614265000", "v1," + mac), "x"))
        .isEqualTo("401 The webhook's signature cannot be read");
  }

  @Test
  void takesEachOneOnceWhicheverSignaturesItHas() {
    String other = "whsec_" + "QUFB".repeat(8);
    Filter filter = filter(config(Scheme.STANDARD_WEBHOOKS, false, other, SECRET));
    Filter second = filter(config(Scheme.STANDARD_WEBHOOKS, true, other));
    String signed = ID + "." + TIME + "." + PAYLOAD;
    String byOther =
        "v1," + Base64.getEncoder().encodeToString(mac("HmacSHA256", "AAA".repeat(8), signed));
    assertThat(result(second, sent(ID, "" + TIME, byOther), PAYLOAD)).isEqualTo("passes");
    assertThat(result(filter, sent(ID, "" + TIME, SIGNATURE + " " + byOther), PAYLOAD))
        .isEqualTo("passes");
    now += 299;
    for (String again : List.of(SIGNATURE, byOther, SIGNATURE + " " + byOther)) {
      assertThat(result(filter, sent(ID, "" + TIME, again), PAYLOAD))
          .isEqualTo("401 The webhook came before");
    }
    assertThat(result(filter, sent(ID, "" + TIME, "v1," + "A".repeat(43) + "="), PAYLOAD))
        .as("is not told whether it came before")
        .isEqualTo("401 The webhook's signature does not match");
  }

  /** The head came in time; who holds the body back must not outwait what is remembered. */
  @Test
  void isOutOfTimeWhenItsBodyEndsTooLate() {
    Filter filter = filter(config(Scheme.STANDARD_WEBHOOKS, false, SECRET));
    Asked request = sent(ID, "" + TIME, SIGNATURE);
    now = TIME + 299;
    assertThat(((Filter.Authorizing) filter).authorize(request)).isEqualTo(Verdict.PASS);
    BodyEdit edit = ((Filter.EditingRequestBody) filter).editRequestBody(request);
    edit.piece(PAYLOAD.getBytes(StandardCharsets.UTF_8), bytes -> {});
    now = TIME + 302;
    assertThat(told(edit.end(bytes -> {}))).isEqualTo("401 The webhook is out of time");
  }

  @Test
  void fieldsThatPluginsDoNotSeeAreNotTaken() {
    assertThatThrownBy(
            () ->
                new Config(
                    Scheme.HMAC,
                    List.of("s"),
                    300,
                    true,
                    "Signature",
                    Algorithm.SHA256,
                    Encoding.HEX,
                    "",
                    1_048_576))
        .hasMessageContaining("plugins do not see");
  }

  @Test
  void remembersNoLongerThanIsNeeded() {
    SeenSignatures seen = new SeenSignatures();
    for (int i = 0; i < 70_000; i++) {
      assertThat(seen.first(new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)}, 10, 5))
          .isTrue();
    }
    assertThat(seen.size()).isEqualTo(65_536);
    assertThat(seen.first(new byte[] {1}, 20, 11)).isTrue();
    assertThat(seen.size()).isEqualTo(1);
    assertThat(seen.first(new byte[] {2}, 10, 30)).as("out of time while it came").isTrue();
    assertThat(seen.size()).isZero();
  }

  @Test
  void takesWhatGitHubPublishes() {
    String mac = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    Filter filter = filter(config(Scheme.GITHUB, false, "It's a Secret to Everybody"));
    for (int i = 0; i < 2; i++) { // nothing in it says that it is another one
      assertThat(
              result(filter, Asked.with("X-Hub-Signature-256", "sha256=" + mac), "Hello, World!"))
          .isEqualTo("passes");
    }
    for (String wrong :
        List.of(mac, "sha1=" + mac, "sha256=", "sha256=" + mac.substring(2), "sha256= " + mac)) {
      assertThat(result(filter, Asked.with("X-Hub-Signature-256", wrong), "Hello, World!"))
          .isEqualTo("401 The webhook's signature cannot be read");
    }
    assertThat(result(filter, Asked.with("X-Hub-Signature-256", "sha256=" + mac), "Hello, World"))
        .isEqualTo("401 The webhook's signature does not match");
    assertThat(result(filter, Asked.with("X-Hub-Signature", "sha1=" + mac), "Hello, World!"))
        .isEqualTo("401 The webhook is not signed");
  }

  @Test
  void takesWhatStripeDocuments() {
    String secret = "whsec_test_secret";
    Filter filter = filter(config(Scheme.STRIPE, false, secret));
    String good = hex(secret, TIME + "." + PAYLOAD);
    String zero = "0".repeat(64);
    assertThat(stripe(filter, "t=" + TIME + ",v1=" + zero + ",v1=" + good + ",v0=" + zero))
        .isEqualTo("passes");
    assertThat(stripe(filter, "t=" + TIME + ", v1=" + good))
        .isEqualTo("401 The webhook came before");
    assertThat(stripe(filter, "t=" + TIME + ",v1=" + zero))
        .isEqualTo("401 The webhook's signature does not match");
    for (String wrong :
        List.of(
            "t=" + TIME + ",v0=" + good,
            "v1=" + good,
            "t=" + TIME,
            "t=" + TIME + ",t=" + TIME + ",v1=" + good,
            "t=NaN,v1=" + good,
            "t=" + TIME + ";v1=" + good,
            "")) {
      assertThat(stripe(filter, wrong))
          .as(wrong)
          .isEqualTo("401 The webhook's signature cannot be read");
    }
    now += 301;
    assertThat(stripe(filter, "t=" + TIME + ",v1=" + good))
        .isEqualTo("401 The webhook is out of time");
  }

  private static String stripe(Filter filter, String signature) {
    return result(filter, Asked.with("Stripe-Signature", signature), PAYLOAD);
  }

  @Test
  void takesOtherMacsOfBodies() {
    Filter filter =
        filter(
            new Config(
                Scheme.HMAC,
                List.of("s"),
                300,
                false,
                "X-Mac",
                Algorithm.SHA512,
                Encoding.BASE64,
                "m:",
                100));
    String mac = Base64.getEncoder().encodeToString(mac("HmacSHA512", "s", PAYLOAD));
    assertThat(((Filter.EditingRequestBody) filter).holds()).isEqualTo(100);
    assertThat(result(filter, Asked.with("x-mac", "m:" + mac), PAYLOAD)).isEqualTo("passes");
    assertThat(result(filter, Asked.with("x-mac", mac), PAYLOAD))
        .isEqualTo("401 The webhook's signature cannot be read");
  }

  @Test
  void refusesWhatItCannotVerifyBy() {
    assertThatThrownBy(() -> config(Scheme.STANDARD_WEBHOOKS, false, "whsec_no Base64"))
        .hasMessageContaining("whsec_")
        .hasMessageNotContaining("no Base64");
    assertThatThrownBy(() -> config(Scheme.STANDARD_WEBHOOKS, false, "whsec_"))
        .hasMessageContaining("empty");
    assertThatThrownBy(() -> config(Scheme.GITHUB, false)).hasMessageContaining("1 to 10");
    assertThatThrownBy(() -> config(Scheme.HMAC, false, "s")).hasMessageContaining("header");
  }
}
