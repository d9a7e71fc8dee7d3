package dev.aegis.gateway.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.aegis.gateway.http1.Pieces;
import dev.aegis.gateway.http1.RequestHead;
import dev.aegis.gateway.signature.RequestSignature.Reading;
import dev.aegis.journal.SigningAlgorithm;
import dev.aegis.tokens.VerificationKey;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read of a signature, and what of it is taken. */
final class RequestSignatureTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final String COVERED = "(\"@method\" \"@authority\" \"@path\" \"@query\")";
  private static final String SIGNATURE = "=:" + "A".repeat(43) + "=:";

  private static RequestHead head(String text) {
    RequestHead head = new RequestHead();
    try {
      head.read(Pieces.of(text + "\r\n"));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return head;
  }

  /** RFC 9421 appendix B.2.5, with the secret of B.1.5. */
  @Test
  void theExampleOfTheRfcHolds() {
    String input =
        "(\"date\" \"@authority\" \"content-type\")"
            + ";created=1618884473;keyid=\"test-shared-secret\"";
    RequestHead request =
        head(
            "POST /foo?param=Value&Pet=dog HTTP/1.1\r\nHost: example.com\r\n"
                + "Date: Tue, 20 Apr 2021 02:07:55 GMT\r\nContent-Type: application/json\r\n"
                + "Content-Length: 18\r\n");
    byte[] made = Base64.getDecoder().decode("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    byte[] secret =
        Base64.getDecoder()
            .decode(
                "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==");
    Dictionary.InnerList list = Dictionary.lists("sig-b25=" + input).get("sig-b25");
    assertThat(list.text()).isEqualTo(input);
    RequestSignature signature =
        new RequestSignature(list.items(), list.text(), "test-shared-secret", null, made);
    VerificationKey key = VerificationKey.shared(secret, SigningAlgorithm.HS256);
    assertThat(key.verifies(signature.base(request, true), made)).isTrue();
    made[0]++;
    assertThat(key.verifies(signature.base(request, true), made)).isFalse();
  }

  private static String outcome(String head, String input, String signature) {
    String lines = "Signature-Input: " + input + "\r\nSignature: " + signature + "\r\n";
    return switch (RequestSignature.read(head(head + lines), NOW)) {
      case Reading.Missing() -> "missing";
      case Reading.Unsound(String reason) -> reason;
      case Reading.Found(RequestSignature found) -> "found";
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "a=C;created=1800000000;keyid=\"k\"|found",
        "a=C;created=1799999701;keyid=\"k\"|found",
        "a=C;created=1799999700;keyid=\"k\"|its time is over",
        "a=C;created=1800000030;keyid=\"k\"|found",
        "a=C;created=1800000031;keyid=\"k\"|it was made in the future",
        "a=C;created=1800000000;expires=1800000001;keyid=\"k\"|found",
        "a=C;created=1800000000;expires=1800000000;keyid=\"k\"|its time is over",
        "a=C;created=1800000000;expires=\"never\";keyid=\"k\"|its time is over",
        "a=C;created=1800000000;keyid=\"k\";alg=\"hmac-sha256\";tag=\"t\";nonce=\"n\"|found",
        "a=C;created=1800000000;keyid=\"k\";alg=\"rsa-pss-sha512\"|alg is not hmac-sha256",
        "a=C;created=1800000000;keyid=\"k\";alg=hmac-sha256|alg is not hmac-sha256",
        "a=C;created=1800000000;keyid=\"k\";nonce=7|nonce is not a string of at most 128 characters",
        "a=C;created=1800000000;keyid=\"k\";other=1|a parameter is not known",
        "a=C;created=1800000000|created or keyid is missing",
        "a=C;keyid=\"k\"|created or keyid is missing",
        "a=C;created=\"1800000000\";keyid=\"k\"|created or keyid is missing",
        "a=C;created;keyid=\"k\"|created or keyid is missing",
        "a=C;created=1800000000;created=1800000000;keyid=\"k\"|?",
        "a=C;created=01800000000;keyid=\"k\"|?",
        "a=C;created=1800000000.0;keyid=\"k\"|?",
        "a=C;created=-0;keyid=\"k\"|?",
        "a=C;created=9999999999999999;keyid=\"k\"|?",
        "a=C; created=1800000000;keyid=\"k\"|?",
        "a=C;created=1800000000;keyid=\"k|?",
        "a=C;created=1800000000;keyid=\"k\\x\"|?",
        "a=C;created=1800000000;keyid=\"k\",|?",
        "a=C;created=1800000000;keyid=\"k\" b|?",
        "a=C;created=1800000000;keyid=\"k\",a=C|?",
        "A=C;created=1800000000;keyid=\"k\"|?",
        "a=(\"@method\"  \"@authority\");created=1800000000;keyid=\"k\"|?",
        "a=(\"@method\";created=1800000000;keyid=\"k\"|?",
        "a=(@method);created=1800000000;keyid=\"k\"|?",
        "a|?",
        "=|?",
        "a=:AAAA:|?",
        "a=(\"@method\" \"@authority\" \"@request-target\");created=1800000000;keyid=\"k\"|found",
        "a=(\"@method\" \"@target-uri\");created=1800000000;keyid=\"k\"|found",
        "a=(\"@method\" \"@request-target\");created=1800000000;keyid=\"k\"|cover",
        "a=(\"@authority\" \"@target-uri\");created=1800000000;keyid=\"k\"|cover",
        "a=(\"@method\" \"@authority\" \"@path\");created=1800000000;keyid=\"k\"|cover",
        "a=();created=1800000000;keyid=\"k\"|cover",
        "a=(\"@method\" \"@method\");created=1800000000;keyid=\"k\"|a component is repeated",
        "a=(\"@method\";req);created=1800000000;keyid=\"k\"|a component has parameters",
        "a=(\"@query-param\";name=\"q\");created=1800000000;keyid=\"k\"|a component has parameters",
        "a=(\"@status\");created=1800000000;keyid=\"k\"|a component is not known",
        "a=(\"@signature-params\");created=1800000000;keyid=\"k\"|a component is not known",
        "a=(\"Date\");created=1800000000;keyid=\"k\"|a component is not known",
        "a=(\"\");created=1800000000;keyid=\"k\"|a component is not known",
        "a=(\"x\\\"y\");created=1800000000;keyid=\"k\"|a component is not known"
      })
  void whatIsTaken(String input, String expected) {
    String given = input.replace("C", COVERED);
    String outcome = outcome("GET /x?q HTTP/1.1\r\nHost: a.test\r\n", given, "a" + SIGNATURE);
    switch (expected) {
      case "?" -> assertThat(outcome).isEqualTo("Signature or Signature-Input is not understood");
      case "cover" ->
          assertThat(outcome).isEqualTo("it does not cover method, authority, path and query");
      default -> assertThat(outcome).isEqualTo(expected);
    }
  }

  @Test
  void ofSeveralTheOneWithOurNameCounts() {
    String ours = COVERED + ";created=1800000000;keyid=\"k\"";
    String get = "GET / HTTP/1.1\r\nHost: a.test\r\n";
    String theirs = "b=(\"x\";sf;key=\"a\");created=?0;keyid=*;x=:AAAA:";
    String both = "aegis" + SIGNATURE + ", b" + SIGNATURE;
    assertThat(outcome(get, theirs + " ,\taegis=" + ours, both)).isEqualTo("found");
    assertThat(outcome(get, theirs + ",c=" + ours, both)).startsWith("no signature has the label");
    assertThat(outcome(get, "aegis=" + ours, "b" + SIGNATURE)).startsWith("no signature has");
    for (String broken : List.of("aegis=:A:", "aegis=:AAB=:", "aegis=AAAA", "aegis=:AAAA", "")) {
      assertThat(outcome(get, "aegis=" + ours, broken)).contains("not understood");
    }
    assertThat(outcome(get, "aegis=" + ours + ";tag=\"" + "t".repeat(5_000) + "\"", both))
        .contains("not understood");
    assertThat(RequestSignature.read(head(get + "Signature: " + both + "\r\n"), NOW))
        .isInstanceOf(Reading.Unsound.class);
    assertThat(RequestSignature.read(head(get), NOW)).isInstanceOf(Reading.Missing.class);
  }

  @Test
  void aBodyIsCoveredByItsDigest() {
    String post = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n";
    String rest = ";created=1800000000;keyid=\"k\"";
    String with = "a=" + COVERED.replace(")", " \"content-digest\")") + rest;
    String digest = "Content-Digest: " + Signing.digest("hello") + "\r\n";
    assertThat(outcome(post + digest, with, "a" + SIGNATURE)).isEqualTo("found");
    for (String each :
        List.of("", "Content-Digest: sha-512=:AAAA:\r\n", "Content-Digest: sha-256=:AAAA:\r\n")) {
      assertThat(outcome(post + each, with, "a" + SIGNATURE)).startsWith("it does not cover the");
    }
    assertThat(outcome(post + digest + digest, with, "a" + SIGNATURE))
        .startsWith("it does not cover the body");
    assertThat(outcome(post + digest, "a=" + COVERED + rest, "a" + SIGNATURE))
        .startsWith("it does not cover the body");
    String chunked = post.replace("Content-Length: 5", "Transfer-Encoding: chunked");
    assertThat(outcome(chunked + digest, "a=" + COVERED + rest, "a" + SIGNATURE))
        .startsWith("it does not cover the body");
  }
}
